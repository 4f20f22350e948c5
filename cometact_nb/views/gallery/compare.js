// Two clips over each other with a divider, side by side, or as their difference.

import { h, put } from "../base/dom.js";
import { endedMark } from "./tile.js";

/**
 * @import { Clip, GalleryCell } from "../base/wire.d.ts"
 * @import { GalleryView } from "./view.js"
 * @typedef {GalleryCell & { clip: Clip }} Choice
 * @typedef {"wipe" | "side" | "difference"} Mode
 */

const MODES = /** @type {[Mode, string][]} */ ([
  ["wipe", "Wipe"],
  ["side", "Side by side"],
  ["difference", "Difference"],
]);

/** @param {"a" | "b"} side */
function makeSide(side) {
  const video = h("video", { class: side, playsinline: true, preload: "auto", "aria-hidden": "true", tabindex: "-1" });
  video.muted = true;
  return { video, side, name: h("span", {}), ended: endedMark() };
}

export class Compare {
  /** @param {GalleryView} view */
  constructor(view) {
    this.view = view;
    this.open = false;
    this.at = 50; // where the divider is, percent
    /** @type {Mode} */
    this.mode = "wipe";
    /** @type {Choice[]} */
    this.choices = []; // the two that are compared
    this.turn = {}; // stands for one comparison: what an older one still waits for is void
    this.sides = [makeSide("a"), makeSide("b")];
    this.divider = this.makeDivider();
    const videos = this.sides.map(({ video }) => video);
    this.pair = h("div", { class: "pair", onpointerdown: (event) => this.drag(event) }, ...videos, this.divider);
    this.radios = MODES.map(([mode, label]) => {
      const input = h("input", { type: "radio", name: `modes-${view.id}`, value: mode, onchange: () => this.setMode(mode) });
      return { mode, input, label: h("label", {}, input, label) };
    });
    this.statusLine = h("div", { class: "fine", role: "status" });
    this.node = this.build();
    this.setMode("wipe");
    this.move(50);
  }

  makeDivider() {
    const attributes = {
      class: "divider",
      role: "slider",
      tabindex: "0",
      "aria-label": "Divider",
      "aria-orientation": "horizontal",
      "aria-valuemin": "0",
      "aria-valuemax": "100",
      onkeydown: (/** @type {KeyboardEvent} */ event) => this.key(event),
    };
    return h("div", attributes, h("span", { class: "knob" }));
  }

  build() {
    const labels = this.radios.map((radio) => radio.label);
    const modes = h("div", { class: "modes", role: "radiogroup", "aria-label": "How to compare" }, ...labels);
    const swap = h("button", { type: "button", onclick: () => this.swap() }, "Swap");
    const leave = h("button", { type: "button", onclick: () => this.close() }, "Back to the gallery");
    const names = this.sides.map(({ side, name, ended }) => h("span", { class: `name ${side}` }, name, " ", ended));
    return h(
      "div",
      { class: "compare", hidden: true, role: "group", "aria-label": "Comparison of two clips" },
      h("div", { class: "bar" }, modes, swap, leave),
      this.pair,
      h("div", { class: "names" }, ...names),
      this.statusLine,
    );
  }

  /** @param {Choice[]} choices two cells that have a clip */
  async show(choices) {
    const { view } = this;
    this.open = true;
    this.choices = choices;
    view.enterComparison();
    this.node.hidden = false;
    put(this.statusLine, "Loading…");
    this.name(choices);
    const shape = choices[0].clip;
    this.pair.style.setProperty("--shape", String((shape.width || 16) / (shape.height || 9)));
    this.divider.focus();
    const turn = {};
    this.turn = turn;
    await Promise.all(choices.map((choice, side) => this.fill(this.sides[side].video, choice, turn)));
    if (this.turn === turn && this.statusLine.textContent === "Loading…") put(this.statusLine, "");
  }

  /** @param {Choice[]} choices */
  name(choices) {
    const [a, b] = choices.map((choice) => this.view.nameOf(choice));
    put(this.sides[0].name, a);
    put(this.sides[1].name, b);
    this.divider.setAttribute("aria-label", `Divider: ${a} on its left, ${b} on its right`);
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Choice} choice
   * @param {object} turn
   */
  async fill(video, { index, clip }, turn) {
    try {
      const url = await this.view.clips.acquire(index, true);
      if (this.turn !== turn) return;
      await new Promise((resolve, reject) => {
        video.addEventListener("loadeddata", resolve, { once: true });
        video.addEventListener("error", () => reject(new Error("The browser cannot play this clip.")), { once: true });
        video.src = url;
      });
      if (this.turn === turn) await this.view.lock.add(video, clip);
    } catch (error) {
      if (this.turn === turn) put(this.statusLine, error instanceof Error ? error.message : String(error));
    }
  }

  close() {
    if (!this.open) return;
    this.open = false;
    this.turn = {};
    this.node.hidden = true;
    for (const { video } of this.sides) {
      this.view.lock.remove(video);
      video.removeAttribute("src");
      video.load();
    }
    for (const { index } of this.choices) this.view.clips.release(index);
    this.view.leaveComparison();
  }

  swap() {
    const swapped = [...this.choices].reverse();
    this.close();
    this.show(swapped);
    this.view.choosing.set(swapped.map(({ index }) => index));
  }

  markEnded() {
    this.sides.forEach(({ ended }, side) => {
      ended.hidden = !this.view.lock.isPast(this.choices[side].clip);
    });
  }

  /** @param {Mode} mode */
  setMode(mode) {
    this.mode = mode;
    this.pair.dataset.mode = mode;
    for (const radio of this.radios) radio.input.checked = radio.mode === mode;
    this.divider.hidden = mode !== "wipe";
  }

  nextMode() {
    const at = MODES.findIndex(([mode]) => mode === this.mode);
    this.setMode(MODES[(at + 1) % MODES.length][0]);
  }

  /** @param {number} at percent from the left */
  move(at) {
    this.at = Math.max(0, Math.min(100, at));
    this.pair.style.setProperty("--at", `${this.at}%`);
    this.divider.setAttribute("aria-valuenow", String(Math.round(this.at)));
    this.divider.setAttribute("aria-valuetext", `${Math.round(this.at)} % from the left`);
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: this.at - 2, ArrowRight: this.at + 2, PageDown: this.at - 10, PageUp: this.at + 10, Home: 0, End: 100 };
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(to);
  }

  /** @param {PointerEvent} event */
  drag(event) {
    if (this.mode !== "wipe" || event.button !== 0) return;
    event.preventDefault();
    const follow = (/** @type {PointerEvent} */ { clientX }) => {
      const box = this.pair.getBoundingClientRect();
      this.move(((clientX - box.left) / box.width) * 100);
    };
    const stop = () => {
      for (const name of ["pointerup", "pointercancel"]) this.pair.removeEventListener(name, stop);
      this.pair.removeEventListener("pointermove", follow);
    };
    this.pair.setPointerCapture(event.pointerId);
    this.pair.addEventListener("pointermove", follow);
    for (const name of ["pointerup", "pointercancel"]) this.pair.addEventListener(name, stop);
    this.divider.focus();
    follow(event);
  }
}
