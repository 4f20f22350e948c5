// Loads the clips of tiles near the visible part of the page, lets go of far ones, and plays only visible ones.

/** @import { Tile } from "./tile.js" */

const NEAR = "300px"; // how far from being seen a clip is loaded
const FAR = "1500px"; // and let go
const HIDDEN_MS = 60_000; // a gallery that nobody has seen for so long lets go of all

export class Sight {
  /**
   * @param {Element} root of the gallery
   * @param {Element} scroll what the tiles are scrolled in
   * @param {Map<number, Tile>} tiles
   * @param {() => boolean} isComparing then no tile lets go
   */
  constructor(root, scroll, tiles, isComparing) {
    this.tiles = tiles;
    this.onScreen = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.hiding = undefined;
    const onChange = (/** @type {IntersectionObserverEntry[]} */ entries) => {
      for (const { isIntersecting } of entries) this.appear(isIntersecting);
    };
    this.screen = new IntersectionObserver(onChange, { rootMargin: "200px" });
    this.observers = [
      this.watch(scroll, "0px", (tile, on) => this.see(tile, on)),
      this.watch(scroll, NEAR, (tile, on) => this.approach(tile, on)),
      this.watch(scroll, FAR, (tile, on) => !on && this.onScreen && !isComparing() && tile.unload()),
    ];
    this.screen.observe(root);
  }

  /**
   * @param {Element} root
   * @param {string} rootMargin
   * @param {(tile: Tile, on: boolean) => unknown} change
   */
  watch(root, rootMargin, change) {
    const changed = (/** @type {IntersectionObserverEntry[]} */ entries) => {
      for (const { target, isIntersecting } of entries) {
        const tile = this.tiles.get(Number(target.getAttribute("data-cell")));
        if (tile) change(tile, isIntersecting);
      }
    };
    return new IntersectionObserver(changed, { root, rootMargin });
  }

  /** @param {Tile} tile */
  add(tile) {
    for (const observer of this.observers) observer.observe(tile.node);
  }

  /** @param {Tile} tile */
  remove(tile) {
    for (const observer of this.observers) observer.unobserve(tile.node);
  }

  /** @param {boolean} on */
  appear(on) {
    this.onScreen = on;
    clearTimeout(this.hiding);
    if (!on) this.hiding = setTimeout(() => this.letGo(), HIDDEN_MS);
    for (const tile of this.tiles.values()) {
      if (on && tile.near) tile.load();
      tile.follow();
    }
  }

  letGo() {
    for (const tile of this.tiles.values()) tile.unload();
  }

  /**
   * @param {Tile} tile
   * @param {boolean} on
   */
  see(tile, on) {
    tile.isSeen = on;
    tile.follow();
  }

  /**
   * @param {Tile} tile
   * @param {boolean} on
   */
  approach(tile, on) {
    tile.near = on;
    if (on && this.onScreen) tile.load();
  }

  dispose() {
    clearTimeout(this.hiding);
    for (const observer of [this.screen, ...this.observers]) observer.disconnect();
  }
}
