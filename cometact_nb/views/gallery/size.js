// The size of the tiles: as large as all of them fit, or as the user chooses.

import { h } from "../base/dom.js";

/**
 * @import { Clip, Size } from "../base/wire.d.ts"
 * @import { GalleryView } from "./view.js"
 * @typedef {object} Place in pixels
 * @property {number} width of the place for all tiles
 * @property {number} height of the same
 * @property {number} shape of a picture, width by height
 * @property {number} below what stands below a picture
 */

const SIZES = /** @type {[Size, string, number][]} */ ([
  ["fit", "Fit", 0],
  ["small", "Small", 150],
  ["medium", "Medium", 212],
  ["large", "Large", 340],
  ["huge", "Huge", 620],
]);
const GAP = 8;
const FRAME = 12; // a tile's padding and border, both sides
const LEAST = 104; // smaller than that nobody sees a face
const MOST = 620;
const SMALL = 204; // a narrower tile has no line for its buttons
const AROUND = 130; // what JupyterLab has above and below a notebook
const LOWEST = 220; // a place that is lower than that is scrolled
const IN_FRAME = 0.6; // of the screen: a frame is as high as what is in it, so it cannot say how much is seen

/** @param {number} width */
function bounded(width) {
  return Math.floor(Math.max(LEAST, Math.min(MOST, width)));
}

/**
 * The greatest width of tiles at which so many rows and columns fit.
 * @param {Place} place
 * @param {number} rows
 * @param {number} columns
 */
export function fitGrid({ width, height, shape, below }, rows, columns) {
  const across = (width - GAP * (columns - 1)) / columns;
  const down = (height - GAP * (rows - 1)) / rows - below - FRAME;
  return bounded(Math.min(across, down * shape + FRAME));
}

/**
 * The greatest width of so many tiles that flow from line to line.
 * @param {Place} place
 * @param {number} count
 */
export function fitFlow(place, count) {
  let best = 0;
  for (let columns = 1; columns <= Math.max(1, count); columns++) {
    best = Math.max(best, fitGrid(place, Math.ceil(count / columns), columns));
  }
  return best || MOST;
}

/**
 * Width by height of most of the clips.
 * @param {Clip[]} clips
 */
export function commonShape(clips) {
  const counts = new Map();
  for (const { width, height } of clips) if (width && height) counts.set(width / height, (counts.get(width / height) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 16 / 9;
}

export class Sizer {
  /** @param {GalleryView} view */
  constructor(view) {
    this.view = view;
    this.width = 0;
    const options = SIZES.map(([size, label]) => h("option", { value: size }, label));
    /** @type {HTMLSelectElement} */
    const select = h("select", { onchange: () => view.change({ size: /** @type {Size} */ (select.value) }) }, ...options);
    this.select = select;
    this.full = h("button", { type: "button", "aria-pressed": "false", onclick: () => this.toggleFull() }, "Full screen");
    this.node = h("span", { class: "sizes" }, h("label", {}, "Size ", select), document.fullscreenEnabled ? this.full : null);
    this.observer = new ResizeObserver(() => this.narrowed());
    this.apply = this.apply.bind(this);
    addEventListener("resize", this.apply);
    document.addEventListener("fullscreenchange", this.apply);
  }

  /** @param {Element} root */
  watch(root) {
    this.observer.observe(root);
  }

  // Its height is ours to set, so only another width says that the place has changed.
  narrowed() {
    const { offsetWidth } = this.view.root;
    if (offsetWidth === this.width) return;
    this.width = offsetWidth;
    this.apply();
  }

  get isFull() {
    return document.fullscreenElement === this.view.root;
  }

  toggleFull() {
    const turned = this.isFull ? document.exitFullscreen() : this.view.root.requestFullscreen();
    turned.catch(() => this.view.say("This page may not fill the screen."));
  }

  apply() {
    const { root, scroll, choice } = this.view;
    if (!root.isConnected) return;
    const size = choice.size ?? "fit";
    this.select.value = size;
    this.full.setAttribute("aria-pressed", String(this.isFull));
    const height = this.height();
    const tile = SIZES.find(([name]) => name === size)?.[2] || this.fit(height);
    scroll.classList.toggle("small", tile < SMALL);
    root.style.setProperty("--tile", `${tile}px`);
    scroll.style.setProperty("--tall", `${height}px`);
  }

  // The part of the screen for the tiles.
  height() {
    const { root, stage } = this.view;
    const others = [...root.children].reduce(
      (sum, node) => sum + (node instanceof HTMLElement && node !== stage ? node.offsetHeight : 0),
      2,
    );
    const visible = this.isFull ? innerHeight : window.parent === window ? innerHeight - AROUND : screen.availHeight * IN_FRAME;
    return Math.max(LOWEST, visible - others);
  }

  /** @param {number} height */
  fit(height) {
    const { scroll, shape, order } = this.view;
    const style = getComputedStyle(scroll);
    const width = scroll.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    const side = scroll.querySelector(".row > .label");
    const head = scroll.querySelector(".row.head > .column");
    const top =
      parseFloat(style.paddingTop) + parseFloat(style.paddingBottom) + (head instanceof HTMLElement ? head.offsetHeight + GAP : 0);
    const label = side instanceof HTMLElement ? side.offsetWidth + GAP : 0;
    const caption = this.view.hasCaptions ? 22 : 0;
    const place = { width: width - label - 1, height: height - top - 1, shape, below: caption };
    const { rows, columns } = this.view.lines;
    const fit = (/** @type {Place} */ room) => (columns ? fitGrid(room, rows, columns) : fitFlow(room, order.length));
    const roomy = fit({ ...place, below: caption + 32 }); // with a line of buttons below each picture
    return roomy >= SMALL ? roomy : Math.min(fit(place), SMALL - 1);
  }

  dispose() {
    this.observer.disconnect();
    removeEventListener("resize", this.apply);
    document.removeEventListener("fullscreenchange", this.apply);
  }
}
