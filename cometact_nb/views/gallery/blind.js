// Rating without knowing: parameters hidden, order shuffled by a seed, and at the end what the stars say of each value.

import { h, put } from "../base/dom.js";

/**
 * @import { Axis, GalleryCell } from "../base/wire.d.ts"
 * @import { RatedCell } from "./host.d.ts"
 * @import { GalleryView } from "./view.js"
 * @typedef {{ axis: string, label: string, count: number, mean: number }} Result
 */

/**
 * A number that looks random and is the same for the same seed and cell, so that clips which come later do not
 * move the others.
 * @param {number} seed
 * @param {number} index
 */
function mixed(seed, index) {
  let x = (seed ^ Math.imul(index + 1, 0x9e3779b1)) >>> 0;
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b);
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35);
  return (x ^ (x >>> 16)) >>> 0;
}

/**
 * Every cell's number in the shuffled order, from 1.
 * @param {Iterable<Pick<GalleryCell, "index">>} cells
 * @param {number} seed
 * @param {number[]} over the cells that had ended without a clip when the rating began: they come last, so that the
 *   numbers of the others have no holes
 */
export function blindNumbers(cells, seed, over = []) {
  const out = new Set(over);
  const late = (/** @type {number} */ index) => Number(out.has(index));
  const order = [...cells].sort(
    (a, b) => late(a.index) - late(b.index) || mixed(seed, a.index) - mixed(seed, b.index) || a.index - b.index,
  );
  return new Map(order.map((cell, place) => [cell.index, place + 1]));
}

/**
 * For each value of each axis, the mean of the stars that were given blind.
 * @param {Pick<RatedCell, "place" | "rating">[]} cells
 * @param {Axis[]} axes
 */
export function blindResults(cells, axes) {
  /** @type {Result[]} */
  const rows = [];
  axes.forEach((axis, place) => {
    axis.values.forEach((label, value) => {
      const stars = cells
        .filter((cell) => cell.place[place] === value && cell.rating.blind_stars)
        .map((cell) => cell.rating.blind_stars ?? 0);
      if (stars.length) rows.push({ axis: axis.label, label, count: stars.length, mean: stars.reduce((a, b) => a + b, 0) / stars.length });
    });
  });
  return rows;
}

export class BlindBar {
  /** @param {GalleryView} view */
  constructor(view) {
    this.view = view;
    this.statusLine = h("span", { role: "status" });
    this.reveal = h(
      "button",
      { type: "button", class: "primary", onclick: () => view.blind && view.setBlind({ ...view.blind, revealed: true }) },
      "Reveal",
    );
    this.leave = h("button", { type: "button", onclick: () => view.setBlind(null) }, "Leave");
    this.results = h("div", { class: "results" });
    this.node = h(
      "div",
      { class: "blind", hidden: true },
      h("div", { class: "bar" }, h("strong", {}, "Blind rating"), this.statusLine, this.reveal, this.leave),
      this.results,
    );
  }

  draw() {
    const { view } = this;
    const { blind } = view;
    this.node.hidden = !blind;
    if (!blind) return;
    const clips = [...view.cells.values()].filter((cell) => cell.clip);
    const rated = clips.filter((cell) => cell.rating.blind_stars).length;
    const explanation = blind.revealed ? "These are the clips and what you gave them." : "Parameters are hidden, the order is shuffled.";
    put(this.statusLine, `${explanation} ${rated} of ${clips.length} rated (shuffle ${blind.seed}).`);
    this.reveal.hidden = blind.revealed;
    put(this.leave, blind.revealed ? "Done" : "Leave");
    this.results.replaceChildren(...(blind.revealed ? [this.table(blindResults(clips, view.axes))] : []));
  }

  /** @param {Result[]} rows */
  table(rows) {
    if (!rows.length) return h("p", {}, "No clip was rated blind.");
    const head = ["Parameter", "Value", "Mean of stars", "Clips"].map((name) => h("th", { scope: "col" }, name));
    const body = rows.map((row) =>
      h(
        "tr",
        {},
        h("th", { scope: "row" }, row.axis),
        h("td", {}, row.label),
        h("td", {}, row.mean.toFixed(1)),
        h("td", {}, String(row.count)),
      ),
    );
    return h("table", {}, h("thead", {}, h("tr", {}, ...head)), h("tbody", {}, ...body));
  }
}
