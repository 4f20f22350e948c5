// The cells of a sweep in the browser: a table for each band, or a list. Each cell is a button; only what
// changed is drawn. One cell is in the tab order, arrows go to the others.

import { h } from "../base/dom.js";

/**
 * @import { Buffer, SweepGrid } from "../base/wire.d.ts"
 * @typedef {object} Cell
 * @property {HTMLButtonElement} button
 * @property {HTMLElement} pic
 * @property {HTMLElement} bar
 * @property {HTMLElement} word
 * @property {string} [kind] its letter in the code that was drawn last
 * @property {boolean} [visible]
 * @property {string} [url] of its poster; "" when it has none, undefined until that is known
 * @typedef {SweepGrid["bands"][number]} Band
 */

const DRAWN = 1000; // cells that are drawn; totals are over all

/**
 * "r42+": a letter for what the cell is, its progress in percent, and whether it was bought before.
 * @param {string} code
 */
export function readCode(code) {
  return { kind: code[0], percent: parseInt(code.slice(1), 10), reused: code.endsWith("+") };
}

export class Grid {
  /**
   * @param {SweepGrid} grid
   * @param {(index: number) => void} opened a cell was clicked
   * @param {(index: number) => void} onSeen a finished cell without a poster came into sight
   */
  constructor(grid, opened, onSeen) {
    this.grid = grid;
    this.onSeen = onSeen;
    /** @type {Map<number, Cell>} */
    this.cells = new Map();
    /** @type {string[]} */
    this.codes = [];
    this.root = h("div", { class: "bands" });
    this.root.style.setProperty("--ratio", grid.ratio);
    this.sight = new IntersectionObserver((entries) => this.sighted(entries), { rootMargin: "160px" });
    for (const band of grid.bands) if (this.cells.size < DRAWN) this.root.append(grid.rows ? this.table(band) : this.list(band));
    const left = grid.labels.length - this.cells.size;
    if (left > 0)
      this.root.append(h("p", { class: "fine" }, `${left.toLocaleString("en")} more cells are not drawn; sweep.cells has them all.`));
    this.root.addEventListener("click", ({ target }) => {
      const cell = this.buttonAt(target);
      if (!cell) return;
      this.focus(cell);
      opened(Number(cell.dataset.cell));
    });
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.querySelector(".cell")?.setAttribute("tabindex", "0");
  }

  /** @param {Band} band */
  table({ title, cells }) {
    const { grid } = this;
    const corner = h("td", { class: "corner" }, `${grid.rows} ↓ ${grid.columns} →`);
    const head = h("tr", {}, corner, ...grid.column_labels.map((text) => h("th", { scope: "col" }, text)));
    const rows = [];
    for (const [at, line] of cells.entries()) {
      if (this.cells.size >= DRAWN) break;
      const drawn = line.map((index) => h("td", {}, ...(index === null ? [] : [this.cell(index)])));
      rows.push(h("tr", {}, h("th", { scope: "row" }, grid.row_labels[at]), ...drawn));
    }
    const table = h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows));
    table.prepend(h("caption", title ? {} : { class: "unseen" }, title || `Cells by ${grid.rows} and ${grid.columns}`));
    return h("div", { class: "band" }, table);
  }

  /** @param {Band} band */
  list({ cells }) {
    const indexes = cells[0].filter((index) => index !== null).slice(0, DRAWN);
    const name = (/** @type {number} */ index) => this.grid.labels[index] || `Cell ${index + 1}`;
    return h("ul", { class: "band list" }, ...indexes.map((index) => h("li", {}, this.cell(index, name(index)))));
  }

  /** @param {number} index */
  cell(index, name = "") {
    const pic = h("span", { class: "pic" });
    const bar = h("span", { class: "bar" });
    const word = h("span", { class: "word" });
    const button = h("button", { type: "button", class: "cell", "data-cell": index, tabindex: "-1" }, pic, bar, word);
    if (name) button.append(h("span", { class: "name" }, name));
    this.cells.set(index, { button, pic, bar, word });
    this.sight.observe(button);
    return button;
  }

  /** @param {string[]} codes */
  draw(codes) {
    for (const [index, cell] of this.cells) {
      if (codes[index] === this.codes[index] || codes[index] === undefined) continue;
      this.drawCell(index, cell, codes[index]);
    }
    this.codes = codes;
  }

  /**
   * @param {number} index
   * @param {Cell} cell
   * @param {string} code
   */
  drawCell(index, cell, code) {
    const { kind, percent, reused } = readCode(code);
    const [word, tone] = this.grid.kinds[kind];
    const known = Number.isFinite(percent);
    const text = `${word}${known ? ` ${percent} %` : ""}${reused ? ", reused" : ""}`;
    if (cell.kind !== kind) {
      cell.button.dataset.kind = kind;
      cell.button.style.setProperty("--tone", tone);
      if (cell.kind === "d") this.picture(index, null);
    }
    cell.kind = kind;
    cell.word.textContent = text;
    cell.bar.style.setProperty("--done", String(kind === "d" ? 1 : known ? percent / 100 : 0));
    cell.button.setAttribute("aria-label", `Cell ${index + 1}: ${this.grid.labels[index] || "one of one"}. ${text}`);
    if (cell.visible && kind === "d") this.want(index, cell);
  }

  /** @param {IntersectionObserverEntry[]} entries */
  sighted(entries) {
    for (const { target, isIntersecting } of entries) {
      const index = Number(target.getAttribute("data-cell"));
      const cell = this.cells.get(index);
      if (!cell) continue;
      cell.visible = isIntersecting;
      if (isIntersecting && cell.kind === "d") this.want(index, cell);
    }
  }

  /**
   * @param {number} index
   * @param {Cell} cell
   */
  want(index, cell) {
    if (cell.url === undefined) this.onSeen(index);
  }

  /**
   * A poster's bytes; none where there is no picture, null to forget the one that was shown.
   * @param {number} index
   * @param {Buffer | null | undefined} bytes
   */
  picture(index, bytes) {
    const cell = this.cells.get(index);
    if (!cell) return;
    if (cell.url) URL.revokeObjectURL(cell.url);
    cell.url = bytes === null ? undefined : "";
    cell.pic.replaceChildren();
    if (!bytes?.byteLength) return;
    cell.url = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
    cell.pic.append(h("img", { src: cell.url, alt: "", decoding: "async", draggable: "false" }));
  }

  /** @param {number | null} index of the cell that is open */
  mark(index) {
    for (const [at, { button }] of this.cells) {
      if (at === index) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }

  /** @param {HTMLElement} button */
  focus(button) {
    this.root.querySelector('.cell[tabindex="0"]')?.setAttribute("tabindex", "-1");
    button.setAttribute("tabindex", "0");
    button.focus();
  }

  /**
   * @param {EventTarget | null} target
   * @returns {HTMLElement | null}
   */
  buttonAt(target) {
    return target instanceof Element ? target.closest(".cell") : null;
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const here = this.buttonAt(event.target);
    if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
    /** @type {HTMLElement[]} */
    const all = [...this.cells.values()].map(({ button }) => button);
    const at = all.indexOf(here);
    const across = this.across(here, all);
    /** @type {Record<string, number>} */
    const steps = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + across, ArrowUp: at - across, Home: 0, End: all.length - 1 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    if (all[to]) this.focus(all[to]);
  }

  /**
   * The number of cells in one row on the page.
   * @param {HTMLElement} here
   * @param {HTMLElement[]} all
   */
  across(here, all) {
    const row = here.closest("tr");
    if (row) return row.querySelectorAll(".cell").length;
    const top = all[0].offsetTop;
    const next = all.findIndex((cell) => cell.offsetTop > top);
    return next < 0 ? all.length : next;
  }

  dispose() {
    this.sight.disconnect();
    for (const { url } of this.cells.values()) if (url) URL.revokeObjectURL(url);
  }
}
