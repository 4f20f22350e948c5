// The cells of a sweep in the browser: a table for each band, or a list. Each cell is a button; only what
// changed is drawn. One cell is in the tab order, arrows go to the others.

import { h } from "../base/dom.js";

const DRAWN = 1000; // cells that are drawn; totals are over all

export class Grid {
  constructor(grid, opened, seen) {
    this.grid = grid;
    this.seen = seen;
    this.cells = new Map();
    this.codes = [];
    this.root = h("div", { class: "bands" });
    this.root.style.setProperty("--ratio", grid.ratio);
    this.sight = new IntersectionObserver((entries) => this.sighted(entries), { rootMargin: "160px" });
    for (const band of grid.bands) if (this.cells.size < DRAWN) this.root.append(grid.rows ? this.table(band) : this.list(band));
    const left = grid.labels.length - this.cells.size;
    if (left > 0)
      this.root.append(h("p", { class: "fine" }, `${left.toLocaleString("en")} more cells are not drawn; sweep.cells has them all.`));
    this.root.addEventListener("click", ({ target }) => {
      const cell = target.closest(".cell");
      if (cell) this.focus(cell), opened(Number(cell.dataset.cell));
    });
    this.root.addEventListener("keydown", (event) => this.key(event));
    this.root.querySelector(".cell")?.setAttribute("tabindex", "0");
  }

  table({ title, cells }) {
    const { grid } = this;
    const corner = h("td", { class: "corner" }, `${grid.rows} ↓ ${grid.columns} →`);
    const head = h("tr", {}, corner, ...grid.column_labels.map((text) => h("th", { scope: "col" }, text)));
    const rows = [];
    for (const [at, line] of cells.entries()) {
      if (this.cells.size >= DRAWN) break;
      rows.push(
        h(
          "tr",
          {},
          h("th", { scope: "row" }, grid.row_labels[at]),
          ...line.map((index) => h("td", {}, ...(index === null ? [] : [this.cell(index)]))),
        ),
      );
    }
    const table = h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows));
    table.prepend(h("caption", title ? {} : { class: "unseen" }, title || `Cells by ${grid.rows} and ${grid.columns}`));
    return h("div", { class: "band" }, table);
  }

  list({ cells }) {
    const shown = cells[0].filter((index) => index !== null).slice(0, DRAWN);
    return h(
      "ul",
      { class: "band list" },
      ...shown.map((index) => h("li", {}, this.cell(index, this.grid.labels[index] || `Cell ${index + 1}`))),
    );
  }

  cell(index, name = "") {
    const pic = h("span", { class: "pic" });
    const bar = h("span", { class: "bar" });
    const word = h("span", { class: "word" });
    const button = h("button", { type: "button", class: "cell", "data-cell": String(index), tabindex: "-1" }, pic, bar, word);
    if (name) button.append(h("span", { class: "name" }, name));
    this.cells.set(index, { button, pic, bar, word });
    this.sight.observe(button);
    return button;
  }

  // "r42+": a letter for what the cell is, its progress in percent, and whether it was bought before.
  static read(code) {
    return { kind: code[0], percent: parseInt(code.slice(1), 10), reused: code.endsWith("+") };
  }

  draw(codes) {
    for (const [index, cell] of this.cells) {
      if (codes[index] === this.codes[index] || codes[index] === undefined) continue;
      const { kind, percent, reused } = Grid.read(codes[index]);
      const [said, tone] = this.grid.kinds[kind];
      const known = Number.isFinite(percent);
      const text = `${said}${known ? ` ${percent} %` : ""}${reused ? ", reused" : ""}`;
      if (cell.kind !== kind) {
        cell.button.dataset.kind = kind;
        cell.button.style.setProperty("--tone", tone);
        if (cell.kind === "d") this.picture(index, null);
      }
      cell.kind = kind;
      cell.word.textContent = text;
      cell.bar.style.setProperty("--done", kind === "d" ? 1 : known ? percent / 100 : 0);
      cell.button.setAttribute("aria-label", `Cell ${index + 1}: ${this.grid.labels[index] || "one of one"}. ${text}`);
      if (cell.visible && kind === "d") this.want(index);
    }
    this.codes = codes;
  }

  sighted(entries) {
    for (const { target, isIntersecting } of entries) {
      const index = Number(target.dataset.cell);
      const cell = this.cells.get(index);
      cell.visible = isIntersecting;
      if (isIntersecting && cell.kind === "d") this.want(index);
    }
  }

  want(index) {
    const cell = this.cells.get(index);
    if (cell.url === undefined) this.seen(index);
  }

  // A poster's bytes; none where there is no picture, null to forget the one that was shown.
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

  mark(index) {
    for (const [at, { button }] of this.cells) button.toggleAttribute("aria-current", at === index);
  }

  focus(button) {
    this.root.querySelector('.cell[tabindex="0"]')?.setAttribute("tabindex", "-1");
    button.setAttribute("tabindex", "0");
    button.focus();
  }

  key(event) {
    const here = event.target.closest(".cell");
    if (!here || event.ctrlKey || event.metaKey || event.altKey) return;
    const all = [...this.root.querySelectorAll(".cell")];
    const at = all.indexOf(here);
    const across = this.across(here, all);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, ArrowDown: at + across, ArrowUp: at - across, Home: 0, End: all.length - 1 }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    if (all[to]) this.focus(all[to]);
  }

  // How many cells one row has, as the page shows it.
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
