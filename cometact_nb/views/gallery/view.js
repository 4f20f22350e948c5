// The clips of a sweep on the axes the user picks. `host` is where they come from: a kernel, or files beside a page.
//
//   host.title {name, sandbox}, host.axes [{name, label, values}], host.choice {rows, columns, picks, blind}
//   host.save(choice), host.clip(index, urgent) and host.poster(index) promise an address, host.free(index, promise)
//   host.rate(index, change), missing where ratings cannot be kept

import { h, keepKeys, put } from "../base/dom.js";
import { BlindBar, blindNumbers } from "./blind.js";
import { Compare } from "./compare.js";
import { FrameLock } from "./frame_lock.js";
import { Player } from "./player.js";
import { Tile } from "./tile.js";

const MOST_TILES = 400; // more at once help nobody and cost a page its patience
const NEAR = "300px"; // how far from being seen a clip is loaded
const FAR = "1500px"; // and let go
const HIDDEN_MS = 60_000; // a gallery that nobody has seen for so long lets go of all
const CHOOSE_TWO = "Choose two clips to compare: the button with two panes below a clip, or C.";
let galleries = 0;

// Width by height of most of the clips.
function commonShape(clips) {
  const counts = new Map();
  for (const { width, height } of clips) if (width && height) counts.set(width / height, (counts.get(width / height) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0] ?? 16 / 9;
}

export class GalleryView {
  constructor(el, host) {
    this.host = host;
    this.id = ++galleries;
    this.cells = new Map();
    this.tiles = new Map();
    this.held = new Map();
    this.chosen = [];
    this.current = null;
    this.onScreen = false;
    this.choice = host.choice;
    this.lock = new FrameLock(() => this.player?.draw());
    this.compare = new Compare(this);
    this.blindBar = new BlindBar(this);
    this.player = new Player(this);
    this.build(el);
    this.observe();
    this.leaveKeys = keepKeys(this.root);
    this.player.draw();
  }

  get axes() {
    return this.host.axes;
  }

  get blind() {
    return this.choice.blind;
  }

  build(el) {
    const { name, sandbox } = this.host.title;
    this.count = h("span", { class: "count", role: "status" });
    this.pickers = h("div", { class: "pickers" });
    this.startBlind = this.host.rate
      ? h(
          "button",
          { type: "button", onclick: () => this.setBlind({ seed: Math.floor(Math.random() * 9000) + 1000, revealed: false }) },
          "Rate blind",
        )
      : null;
    this.comparing = h("button", { type: "button", onclick: () => this.startComparison() }, "Compare");
    this.scroll = h("div", { class: "scroll" });
    this.note = h("div", { class: "fine", role: "status" });
    this.said = h("div", { class: "said", role: "status" });
    this.bar = h("div", { class: "bar" }, this.pickers, h("span", { class: "acts" }, this.startBlind, this.comparing));
    this.root = h(
      "section",
      { class: "cometact-gallery", "aria-label": `Gallery of sweep ${name}`, onkeydown: (event) => this.player.key(event) },
      h("div", { class: "head" }, h("h3", {}, name), sandbox ? h("strong", { class: "badge" }, "SANDBOX") : null, this.count),
      this.bar,
      this.said,
      this.blindBar.node,
      this.scroll,
      this.compare.node,
      this.note,
      this.player.node,
      this.player.help,
    );
    this.root.frameLock = this.lock; // for those who want to measure it
    el.append(this.root);
  }

  // --- what is near, far, seen ---------------------------------------------------------------------

  observe() {
    const watch = (rootMargin, change, root = this.scroll) =>
      new IntersectionObserver(
        (entries) => {
          for (const { target, isIntersecting } of entries) change(this.tiles.get(Number(target.dataset.cell)), isIntersecting);
        },
        { root, rootMargin },
      );
    this.screen = watch("200px", (_, on) => this.appear(on), null);
    this.observers = [
      watch("0px", (tile, on) => tile && this.see(tile, on)),
      watch(NEAR, (tile, on) => tile && this.approach(tile, on)),
      watch(FAR, (tile, on) => tile && !on && this.onScreen && !this.compare.open && tile.unload()),
    ];
    this.screen.observe(this.root);
  }

  appear(on) {
    this.onScreen = on;
    clearTimeout(this.hiding);
    if (!on) this.hiding = setTimeout(() => this.tiles.forEach((tile) => tile.unload()), HIDDEN_MS);
    for (const tile of this.tiles.values()) {
      if (on && tile.near) tile.load();
      tile.follow();
    }
  }

  see(tile, on) {
    tile.seen = on;
    tile.follow();
  }

  approach(tile, on) {
    tile.near = on;
    if (on && this.onScreen) tile.load();
  }

  // A clip's address, loaded once for all who show it.
  acquire(index, urgent = false) {
    const held = this.held.get(index) ?? { users: 0, url: this.host.clip(index, urgent) };
    held.users++;
    this.held.set(index, held);
    return held.url;
  }

  release(index) {
    const held = this.held.get(index);
    if (!held || --held.users) return;
    this.held.delete(index);
    this.host.free(index, held.url);
  }

  // --- cells and where they stand ------------------------------------------------------------------

  setCells(cells) {
    const clips = () => [...this.cells.values()].filter((cell) => cell.clip).length;
    const before = clips();
    const fresh = cells.some((cell) => !this.cells.has(cell.index));
    for (const cell of cells) {
      this.cells.set(cell.index, cell);
      this.tiles.get(cell.index)?.update(cell);
    }
    if (fresh || (this.blind && clips() !== before)) this.arrange();
    else this.measure();
    this.tally();
  }

  // A rating that was not kept: as it was before.
  takeBack(index, rating) {
    const cell = this.cells.get(index);
    if (!cell) return;
    const tile = this.tiles.get(index);
    if (tile) tile.setRating(rating);
    else this.cells.set(index, { ...cell, rating });
    this.blindBar.draw();
  }

  tally() {
    const counts = new Map();
    for (const { clip, status } of this.cells.values()) if (!clip) counts.set(status, (counts.get(status) ?? 0) + 1);
    const clips = [...this.cells.values()].filter((cell) => cell.clip).length;
    const others = [...counts].map(([status, count]) => `${count} ${status.toLowerCase()}`);
    put(this.count, [`${clips} of ${this.cells.size} clips`, ...others].join(" · "));
    this.blindBar.draw();
  }

  axis(name) {
    return this.axes.findIndex((axis) => axis.name === name);
  }

  // The cells that the pickers leave; in a grid each axis that is not laid out has one value.
  picked() {
    const { rows, columns, picks } = this.choice;
    const fixed = this.axes.map((axis, place) => {
      if (rows && (axis.name === rows || axis.name === columns)) return null;
      return picks[axis.name] ?? (rows ? 0 : null);
    });
    this.free = fixed.map((value) => value === null);
    return [...this.cells.values()].filter((cell) => cell.place.every((value, place) => fixed[place] === null || fixed[place] === value));
  }

  arrange() {
    const focused = this.scroll.contains(document.activeElement) ? this.current?.index : null;
    this.numbers = this.blind ? blindNumbers(this.cells.values(), this.blind.seed) : null;
    const flows = this.blind || !this.choice.rows;
    const cells = this.blind
      ? [...this.cells.values()].filter((cell) => cell.clip).sort((a, b) => this.numbers.get(a.index) - this.numbers.get(b.index))
      : this.picked();
    const shown = cells.slice(0, MOST_TILES);
    this.drawPickers();
    this.keep(shown);
    this.order = flows ? this.flow(shown) : this.grid(shown);
    put(
      this.note,
      cells.length > shown.length
        ? `The first ${MOST_TILES} of ${cells.length} cells. Pick values to see others.`
        : cells.length
          ? ""
          : "No clip here yet.",
    );
    this.setCurrent(this.tiles.get(focused ?? this.current?.index) ?? this.order[0] ?? null, focused !== null);
    this.measure();
    this.blindBar.draw();
    if (this.lock.playing) this.lock.run(); // a video that was moved has stopped
  }

  keep(shown) {
    const wanted = new Set(shown.map((cell) => cell.index));
    for (const [index, tile] of this.tiles) {
      if (wanted.has(index)) continue;
      tile.unload();
      for (const observer of this.observers) observer.unobserve(tile.node);
      this.tiles.delete(index);
    }
    for (const cell of shown) {
      const known = this.tiles.get(cell.index);
      if (known) known.draw();
      else {
        const tile = new Tile(this, cell);
        this.tiles.set(cell.index, tile);
        for (const observer of this.observers) observer.observe(tile.node);
      }
    }
  }

  flow(shown) {
    const tiles = shown.map((cell) => this.tiles.get(cell.index));
    this.scroll.replaceChildren(h("div", { class: "flow" }, ...tiles.map((tile) => tile.node)));
    return tiles;
  }

  grid(shown) {
    const [down, across] = [this.axis(this.choice.rows), this.axis(this.choice.columns)];
    const at = new Map(shown.map((cell) => [`${cell.place[down]} ${across < 0 ? 0 : cell.place[across]}`, this.tiles.get(cell.index)]));
    const columns = across < 0 ? [""] : this.axes[across].values;
    const order = [];
    const head = h(
      "div",
      { class: "row head" },
      h("span", { class: "corner" }),
      ...columns.map((label) => h("span", { class: "column" }, label)),
    );
    const body = this.axes[down].values.map((label, row) => {
      const tiles = columns.map((_, column) => at.get(`${row} ${column}`));
      order.push(...tiles.filter(Boolean));
      return h(
        "div",
        { class: "row", role: "group", "aria-label": `${this.axes[down].label} ${label}` },
        h("span", { class: "label" }, label),
        ...tiles.map((tile) => tile?.node ?? h("div", { class: "tile hole" }, "not in this sweep")),
      );
    });
    const table = h("div", { class: "grid" }, head, ...body);
    table.style.setProperty("--columns", String(columns.length));
    this.scroll.replaceChildren(table);
    return order;
  }

  drawPickers() {
    const { rows, columns, picks } = this.choice;
    const focused = this.pickers.contains(document.activeElement) ? document.activeElement.name : "";
    const select = (name, label, options, value, change) =>
      h(
        "label",
        {},
        label,
        h(
          "select",
          { name, onchange: (event) => change(event.target.value) },
          ...options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)),
        ),
      );
    const names = this.axes.map((axis) => [axis.name, axis.label]);
    const laidOut = [rows, columns];
    const nodes =
      !this.axes.length || this.blind
        ? []
        : [
            select("rows", "Rows ", [["", "none"], ...names], rows, (name) => this.layOut("rows", name)),
            ...(rows ? [select("columns", "Columns ", [["", "none"], ...names], columns, (name) => this.layOut("columns", name))] : []),
            ...this.axes
              .filter((axis) => (rows ? !laidOut.includes(axis.name) : true) && axis.values.length > 1)
              .map((axis) =>
                select(
                  `pick-${axis.name}`,
                  `${axis.label} `,
                  [...(rows ? [] : [["", "all"]]), ...axis.values.map((text, place) => [String(place), text])],
                  String(picks[axis.name] ?? (rows ? 0 : "")),
                  (value) => this.pick(axis.name, value),
                ),
              ),
          ];
    this.pickers.replaceChildren(...nodes);
    if (focused) this.pickers.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
    if (this.startBlind) this.startBlind.hidden = Boolean(this.blind);
  }

  layOut(side, name) {
    const other = side === "rows" ? "columns" : "rows";
    const change = { [side]: name };
    if (name && this.choice[other] === name) change[other] = this.choice[side];
    this.change(change);
  }

  pick(name, value) {
    const picks = { ...this.choice.picks };
    if (value === "") delete picks[name];
    else picks[name] = Number(value);
    this.change({ picks });
  }

  setBlind(blind) {
    this.chosen = [];
    this.change({ blind });
    this.tally();
    this.drawComparing();
  }

  change(change) {
    this.choice = { ...this.choice, ...change };
    this.host.save(this.choice);
    this.arrange();
  }

  // Another view of the same gallery, or Python, has chosen.
  follow(choice) {
    if (JSON.stringify(choice) === JSON.stringify(this.choice)) return;
    this.choice = choice;
    this.compare.close();
    this.arrange();
    this.tally();
  }

  measure() {
    const shown = this.compare.open
      ? this.compare.indices.map((index) => this.cells.get(index))
      : [...this.tiles.values()].map((tile) => tile.cell);
    const clips = shown.map((cell) => cell.clip).filter(Boolean);
    this.lock.measure(clips);
    this.root.style.setProperty("--shape", String(commonShape(clips)));
    this.player.draw();
  }

  markEnded() {
    for (const { ended, video, cell } of this.tiles.values()) ended.hidden = !video || !this.lock.isPast(cell.clip);
    if (!this.compare.open) return;
    this.compare.sides.forEach(({ ended }, side) => (ended.hidden = !this.lock.isPast(this.cells.get(this.compare.indices[side]).clip)));
  }

  // --- names ---------------------------------------------------------------------------------------

  nameOf(cell) {
    if (this.blind && !this.blind.revealed) return `Clip ${this.numbers.get(cell.index)}`;
    return (
      cell.place.map((value, place) => `${this.axes[place].label} ${this.axes[place].values[value]}`).join(", ") || `Cell ${cell.index + 1}`
    );
  }

  captionOf(cell) {
    if (this.blind) return `Clip ${this.numbers.get(cell.index)}${this.blind.revealed ? ` · ${this.nameOf(cell)}` : ""}`;
    if (this.choice.rows) return "";
    const told = this.axes.map(({ label, values }, place) => {
      const value = values[cell.place[place]];
      return /^[\d.]+$|^(on|off|not set)$/.test(value) ? `${label} ${value}` : value; // others tell what they are of
    });
    return told.filter((_, place) => this.free[place]).join(" · ");
  }

  // --- the current clip, and comparing -------------------------------------------------------------

  setCurrent(tile, focus = false) {
    if (this.current !== tile) {
      for (const [old, on] of [
        [this.current, false],
        [tile, true],
      ]) {
        if (!old) continue;
        old.node.setAttribute("tabindex", on ? "0" : "-1");
        old.node.classList.toggle("current", on);
        for (const button of old.node.querySelectorAll("button")) button.setAttribute("tabindex", on ? "0" : "-1");
      }
      this.current = tile;
      this.player.hear();
    }
    if (focus) tile?.node.focus({ preventScroll: false });
  }

  moveCurrent(key) {
    const place = this.order.indexOf(this.current);
    if (key === "ArrowLeft" || key === "ArrowRight")
      return this.setCurrent(this.order[place + (key === "ArrowLeft" ? -1 : 1)] ?? this.current, true);
    const here = this.current.node.getBoundingClientRect();
    const down = key === "ArrowDown";
    const next = (down ? this.order.slice(place + 1) : this.order.slice(0, place).reverse()).find(({ node }) => {
      const box = node.getBoundingClientRect();
      return (down ? box.top >= here.bottom : box.bottom <= here.top) && box.left < here.right && box.right > here.left;
    });
    if (next) this.setCurrent(next, true);
  }

  voice() {
    return this.compare.open ? this.compare.sides[0].video : this.current?.video;
  }

  chooseForComparison(tile) {
    if (!tile.cell.clip) return;
    const { index } = tile;
    this.chosen = this.chosen.includes(index) ? this.chosen.filter((other) => other !== index) : [...this.chosen, index].slice(-2);
    for (const other of this.tiles.values()) other.draw();
    this.drawComparing();
  }

  drawComparing() {
    put(this.comparing, this.chosen.length ? `Compare (${this.chosen.length} of 2)` : "Compare");
    this.comparing.classList.toggle("primary", this.chosen.length === 2);
    if (this.chosen.length === 2 && this.said.textContent === CHOOSE_TWO) put(this.said, "");
  }

  startComparison() {
    if (this.compare.open) return;
    const chosen = this.chosen.filter((index) => this.cells.get(index)?.clip);
    if (chosen.length !== 2) return put(this.said, CHOOSE_TWO);
    put(this.said, "");
    this.compare.show(chosen);
  }

  enterComparison() {
    this.scroll.hidden = this.bar.hidden = true;
    for (const tile of this.tiles.values()) tile.follow();
    this.measure();
  }

  leaveComparison() {
    this.scroll.hidden = this.bar.hidden = false;
    for (const tile of this.tiles.values()) tile.follow();
    this.measure();
    this.current?.node.focus();
  }

  say(text) {
    put(this.said, text);
  }

  dispose() {
    this.leaveKeys();
    clearTimeout(this.hiding);
    for (const observer of [this.screen, ...this.observers]) observer.disconnect();
    this.lock.dispose();
    for (const tile of this.tiles.values()) tile.unload();
    if (this.compare.open) this.compare.close();
    this.root.remove();
  }
}
