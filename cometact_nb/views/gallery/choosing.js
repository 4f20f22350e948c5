// Holds the choice of two clips to compare.

import { h, put } from "../base/dom.js";

/**
 * @import { GalleryView } from "./view.js"
 * @import { Tile } from "./tile.js"
 */

const CHOOSE_TWO = "Choose two clips to compare: the button with two panes below a clip, or C.";

export class Choosing {
  /** @param {GalleryView} view */
  constructor(view) {
    this.view = view;
    /** @type {number[]} */
    this.chosen = [];
    this.button = h("button", { type: "button", onclick: () => this.compare() }, "Compare");
  }

  /** @param {number} index */
  has(index) {
    return this.chosen.includes(index);
  }

  /** @param {number[]} chosen */
  set(chosen) {
    this.chosen = chosen;
    this.draw();
  }

  /** @param {Tile} tile */
  turn(tile) {
    if (!tile.cell.clip) return;
    const { index } = tile;
    this.chosen = this.has(index) ? this.chosen.filter((other) => other !== index) : [...this.chosen, index].slice(-2);
    for (const other of this.view.tiles.values()) other.draw();
    this.draw();
  }

  draw() {
    const { statusLine } = this.view;
    put(this.button, this.chosen.length ? `Compare (${this.chosen.length} of 2)` : "Compare");
    this.button.classList.toggle("primary", this.chosen.length === 2);
    if (this.chosen.length === 2 && statusLine.textContent === CHOOSE_TWO) put(statusLine, "");
  }

  compare() {
    const { compare, cells } = this.view;
    if (compare.open) return;
    const known = this.chosen.map((index) => cells.get(index));
    const chosen = known.flatMap((cell) => (cell?.clip ? [{ ...cell, clip: cell.clip }] : []));
    this.view.say(chosen.length === 2 ? "" : CHOOSE_TWO);
    if (chosen.length === 2) compare.show(chosen);
  }
}
