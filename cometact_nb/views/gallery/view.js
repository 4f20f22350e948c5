// The clips of a sweep on the axes the user picks.

import { h, keepKeys, put } from "../base/dom.js";
import { holdFocus } from "../base/gone.js";
import { BlindBar, blindNumbers } from "./blind.js";
import { Choosing } from "./choosing.js";
import { Clips } from "./clips.js";
import { Compare } from "./compare.js";
import { Filter, isRearranged, isWanted } from "./filter.js";
import { FrameLock } from "./frame_lock.js";
import { stageOf } from "./keys.js";
import { flow, grid, neighbour } from "./layout.js";
import { Pickers } from "./pickers.js";
import { Player } from "./player.js";
import { References } from "./references.js";
import { inRound, Rounds, withRating } from "./rounds.js";
import { Sight } from "./sight.js";
import { commonShape, Sizer } from "./size.js";
import { Tile } from "./tile.js";

/**
 * @import { Blind, GalleryCell, Layout, Rating, Round } from "../base/wire.d.ts"
 * @import { Host, RatedCell } from "./host.d.ts"
 */

const MOST_TILES = 400; // more at once help nobody and cost a page its patience
let galleries = 0;

export class GalleryView {
  /**
   * @param {Element} el
   * @param {Host} host
   */
  constructor(el, host) {
    this.host = host;
    this.id = ++galleries;
    /** @type {Map<number, RatedCell>} */
    this.cells = new Map(); // each with its rating in the round that is shown
    /** @type {Map<number, Tile>} */
    this.tiles = new Map(); // of the cells that are shown
    /** @type {Tile[]} */
    this.order = []; // the same as they lie
    this.lines = { rows: 0, columns: 0 }; // of the grid; no columns where tiles flow
    this.shape = 16 / 9; // of most clips, width by height
    /** @type {Map<number, number>} */
    this.numbers = new Map(); // what cells are called while their names are hidden
    /** @type {boolean[]} */
    this.free = []; // whether tiles differ in an axis
    /** @type {Tile | null} */
    this.current = null;
    this.isGone = false; // the kernel: nothing is kept any more
    this.choice = host.choice;
    this.clips = new Clips(host);
    this.lock = new FrameLock(() => this.player?.draw());
    this.compare = new Compare(this);
    this.blindBar = new BlindBar(this);
    this.player = new Player(stageOf(this));
    this.pickers = new Pickers((change) => this.change(change));
    this.filter = new Filter(() => this.arrange());
    this.rounds = new Rounds(this);
    this.choosing = new Choosing(this);
    this.references = new References(this);
    this.sizer = new Sizer(this);
    this.count = h("span", { class: "count", role: "status" });
    this.scroll = h("div", { class: "scroll" });
    this.stage = h("div", { class: "stage" }, this.references.node, this.scroll);
    this.note = h("div", { class: "fine", role: "status" });
    this.statusLine = h("div", { class: "said", role: "status" });
    this.startBlind = host.rate ? h("button", { type: "button", onclick: () => this.hideNames() }, "Rate blind") : null;
    const acts = h("span", { class: "acts" }, this.references.button, this.startBlind, this.choosing.button, this.sizer.node);
    this.bar = h("div", { class: "bar" }, this.pickers.node, this.filter.node, this.rounds.node, acts);
    this.root = this.build();
    el.append(this.root);
    this.sizer.watch(this.root);
    this.sight = new Sight(this.root, this.scroll, this.tiles, () => this.compare.open);
    this.leaveKeys = keepKeys(this.root);
    this.player.draw();
  }

  get axes() {
    return this.host.axes;
  }

  get blind() {
    return this.choice.blind;
  }

  get onScreen() {
    return this.sight.onScreen;
  }

  build() {
    const { name, sandbox, label } = this.host.title;
    const badge = sandbox ? h("strong", { class: "badge" }, "SANDBOX") : null;
    const root = h("section", { class: "cometact-gallery", "aria-label": label ?? `Gallery of ${name}` });
    root.append(
      h("div", { class: "head" }, h("strong", { class: "title" }, name), badge, this.count),
      this.bar,
      this.statusLine,
      this.blindBar.node,
    );
    root.append(this.stage, this.compare.node, this.note, this.player.node, this.player.help, this.rounds.results);
    root.addEventListener("keydown", (event) => this.player.key(event));
    return Object.assign(root, { frameLock: this.lock }); // for those who want to measure it
  }

  hideNames() {
    const over = [...this.cells.values()].filter((cell) => cell.over).map(({ index }) => index);
    this.setBlind({ seed: Math.floor(Math.random() * 9000) + 1000, revealed: false, over });
    this.scroll.scrollTop = 0;
    this.setCurrent(this.order[0] ?? null, true);
  }

  // --- cells and where they stand ------------------------------------------------------------------

  countClips() {
    return [...this.cells.values()].filter((cell) => cell.clip).length;
  }

  /** @param {GalleryCell[]} cells all of them, or those that have changed */
  setCells(cells) {
    const before = this.countClips();
    const rated = cells.map((cell) => inRound(cell, this.choice));
    const fresh = rated.some((cell) => isRearranged(this.cells.get(cell.index), cell, this.filter.criteria));
    for (const cell of rated) this.put(cell);
    if (fresh || (this.blind && this.countClips() !== before)) this.arrange();
    else this.measure();
    this.tally();
  }

  /** @param {RatedCell} cell */
  put(cell) {
    this.cells.set(cell.index, cell);
    this.tiles.get(cell.index)?.update(cell);
  }

  /**
   * A rating as it is to be seen: given just now, or not kept and as it was before.
   * @param {number} index
   * @param {Round} round
   * @param {Rating} rating
   */
  setRating(index, round, rating) {
    const cell = this.cells.get(index);
    if (!cell) return;
    this.put(inRound({ ...cell, ratings: withRating(cell, round, rating) }, this.choice));
    this.blindBar.draw();
    this.rounds.draw();
  }

  /**
   * There is no kernel any more that would keep a rating.
   * @param {Element} note says so
   */
  lose(note) {
    const focus = holdFocus(this.root);
    this.isGone = true;
    this.startBlind?.remove();
    for (const tile of this.tiles.values()) tile.draw();
    this.rounds.draw();
    this.statusLine.after(note);
    focus(this.current?.node); // where keys go on playing
  }

  tally() {
    const counts = new Map();
    for (const { clip, status } of this.cells.values()) if (!clip) counts.set(status, (counts.get(status) ?? 0) + 1);
    const others = [...counts].map(([status, count]) => `${count} ${status.toLowerCase()}`);
    this.filter.draw(this.cells.values());
    this.rounds.draw();
    put(this.count, [`${this.countClips()} of ${this.cells.size} clips`, ...others].join(" · "));
    this.blindBar.draw();
  }

  /** @param {string} name */
  axis(name) {
    return this.axes.findIndex((axis) => axis.name === name);
  }

  // The cells that the pickers leave; in a grid each axis that is not laid out has one value.
  picked() {
    const { rows, columns, picks } = this.choice;
    const fixed = this.axes.map((axis) => {
      if (rows && (axis.name === rows || axis.name === columns)) return null;
      return picks[axis.name] ?? (rows ? 0 : null);
    });
    this.free = fixed.map((value) => value === null);
    return [...this.cells.values()].filter((cell) => cell.place.every((value, place) => fixed[place] === null || fixed[place] === value));
  }

  /** @param {Blind} blind */
  shuffled({ seed, over }) {
    const numbers = blindNumbers(this.cells.values(), seed, over);
    const number = (/** @type {RatedCell} */ { index }) => numbers.get(index) ?? 0;
    this.numbers = numbers;
    return [...this.cells.values()].filter((cell) => cell.clip).sort((a, b) => number(a) - number(b));
  }

  arrange() {
    const focused = this.scroll.contains(document.activeElement);
    const isFiltered = this.filter.isOn && !this.blind;
    const all = this.blind ? this.shuffled(this.blind) : this.picked();
    const cells = isFiltered ? all.filter((cell) => isWanted(cell, this.filter.criteria)) : all;
    const visible = cells.slice(0, MOST_TILES);
    this.pickers.draw(this.blind ? [] : this.axes, this.choice);
    this.filter.node.hidden = Boolean(this.blind); // stars and favourites would give a clip away
    if (this.startBlind) this.startBlind.hidden = Boolean(this.blind);
    this.keep(visible);
    this.lay(isFiltered);
    const left = isFiltered && cells.length < all.length ? `${cells.length} of ${all.length} are shown.` : "";
    const most = cells.length > visible.length ? `The first ${MOST_TILES} of ${cells.length} cells. Pick values to see others.` : left;
    put(this.note, cells.length || isFiltered ? most : "No clip here yet.");
    const known = this.current && this.tiles.get(this.current.index);
    this.setCurrent(known ?? this.order[0] ?? null, focused);
    this.measure();
    this.blindBar.draw();
    if (this.lock.playing) this.lock.run(); // a video that was moved has stopped
  }

  /**
   * Have a tile for each of these cells, in their order, and for no others.
   * @param {RatedCell[]} visible
   */
  keep(visible) {
    const indexes = new Set(visible.map((cell) => cell.index));
    for (const tile of this.tiles.values()) if (!indexes.has(tile.index)) this.drop(tile);
    for (const cell of visible) {
      const known = this.tiles.get(cell.index);
      this.tiles.delete(cell.index);
      this.tiles.set(cell.index, known ?? this.make(cell));
      known?.draw();
    }
  }

  /** @param {Tile} tile */
  drop(tile) {
    tile.unload();
    this.sight.remove(tile);
    this.tiles.delete(tile.index);
  }

  /** @param {RatedCell} cell */
  make(cell) {
    const tile = new Tile(this, cell);
    this.sight.add(tile);
    return tile;
  }

  /** @param {boolean} isFiltered */
  lay(isFiltered) {
    const tiles = [...this.tiles.values()];
    const { rows, columns } = this.choice;
    const laid = this.blind || !rows ? flow(tiles) : grid(tiles, this.axes, this.axis(rows), this.axis(columns), isFiltered);
    this.order = laid.order;
    this.lines = laid;
    this.scroll.replaceChildren(laid.node);
  }

  get hasCaptions() {
    return Boolean(this.order[0] && this.captionOf(this.order[0].cell));
  }

  /** @param {Blind | null} blind */
  setBlind(blind) {
    this.choosing.set([]);
    this.change({ blind });
  }

  /** @param {Partial<Layout>} change */
  change(change) {
    this.host.save({ ...this.choice, ...change });
    this.take({ ...this.choice, ...change });
  }

  /**
   * Another view of the same gallery, or Python, has chosen.
   * @param {Layout} choice
   */
  follow(choice) {
    if (JSON.stringify(choice) === JSON.stringify(this.choice)) return;
    this.compare.close();
    this.take(choice);
  }

  /** @param {Layout} choice */
  take(choice) {
    this.choice = choice;
    for (const cell of this.cells.values()) this.put(inRound(cell, choice));
    this.arrange();
    this.tally();
  }

  measure() {
    const visible = this.compare.open ? this.compare.choices : [...this.tiles.values()].map((tile) => tile.cell);
    const clips = visible.map((cell) => cell.clip).filter((clip) => clip !== null);
    this.lock.measure(clips);
    this.shape = commonShape(clips);
    this.root.style.setProperty("--shape", String(this.shape));
    this.sizer.apply();
    this.player.draw();
  }

  markEnded() {
    for (const { ended, video, cell } of this.tiles.values()) ended.hidden = !video || !cell.clip || !this.lock.isPast(cell.clip);
    if (this.compare.open) this.compare.markEnded();
  }

  // --- names ---------------------------------------------------------------------------------------

  /** @param {GalleryCell} cell */
  nameOf(cell) {
    if (this.blind && !this.blind.revealed) return `Clip ${this.numbers.get(cell.index)}`;
    return (
      cell.place.map((value, place) => `${this.axes[place].label} ${this.axes[place].values[value]}`).join(", ") || `Cell ${cell.index + 1}`
    );
  }

  /** @param {GalleryCell} cell */
  captionOf(cell) {
    if (this.blind) return `Clip ${this.numbers.get(cell.index)}${this.blind.revealed ? ` · ${this.nameOf(cell)}` : ""}`;
    if (this.choice.rows) return "";
    const parts = this.axes.map(({ label, values }, place) => {
      const value = values[cell.place[place]];
      return /^[\d.]+$|^(on|off|not set)$/.test(value) ? `${label} ${value}` : value; // others tell what they are of
    });
    return parts.filter((_, place) => this.free[place]).join(" · ");
  }

  // --- the current clip, and comparing -------------------------------------------------------------

  /**
   * @param {Tile | null} tile
   * @returns {void}
   */
  setCurrent(tile, focus = false) {
    if (this.current !== tile) {
      if (this.current) this.mark(this.current, false);
      if (tile) this.mark(tile, true);
      this.current = tile;
      this.player.hear();
    }
    if (focus) tile?.node.focus({ preventScroll: false });
  }

  /**
   * Its buttons are in the tab order while a tile is the current one.
   * @param {Tile} tile
   * @param {boolean} on
   */
  mark({ node }, on) {
    node.setAttribute("tabindex", on ? "0" : "-1");
    node.classList.toggle("current", on);
    for (const button of node.querySelectorAll("button")) button.setAttribute("tabindex", on ? "0" : "-1");
  }

  /** @param {string} key an arrow */
  moveCurrent(key) {
    const next = this.current && neighbour(this.order, this.current, key);
    if (next) this.setCurrent(next, true);
  }

  voice() {
    return this.compare.open ? this.compare.sides[0].video : this.current?.video;
  }

  enterComparison() {
    this.scroll.hidden = this.bar.hidden = true;
    this.references.pause();
    for (const tile of this.tiles.values()) tile.follow();
    this.measure();
  }

  leaveComparison() {
    this.scroll.hidden = this.bar.hidden = false;
    this.references.resume();
    for (const tile of this.tiles.values()) tile.follow();
    this.measure();
    this.current?.node.focus();
  }

  /** @param {string} text */
  say(text) {
    put(this.statusLine, text);
  }

  dispose() {
    this.leaveKeys();
    this.sight.dispose();
    this.sizer.dispose();
    this.references.release();
    this.lock.dispose();
    this.sight.letGo();
    if (this.compare.open) this.compare.close();
    this.root.remove();
  }
}
