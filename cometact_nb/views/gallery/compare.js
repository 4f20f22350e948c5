// Two clips over each other with a divider, side by side, or as their difference.

import { h, put } from "../base/dom.js";
import { endedMark } from "./tile.js";

const MODES = { wipe: "Wipe", side: "Side by side", difference: "Difference" };

export class Compare {
  constructor(view) {
    this.view = view;
    this.open = false;
    this.at = 50;
    this.mode = "wipe";
    this.build();
  }

  build() {
    this.sides = ["a", "b"].map((side) => ({
      video: h("video", { class: side, playsinline: true, preload: "auto", "aria-hidden": "true", tabindex: "-1" }),
      side,
      name: h("span", {}),
      ended: endedMark(),
    }));
    for (const { video } of this.sides) video.muted = true;
    this.divider = h(
      "div",
      {
        class: "divider",
        role: "slider",
        tabindex: "0",
        "aria-label": "Divider",
        "aria-orientation": "horizontal",
        "aria-valuemin": "0",
        "aria-valuemax": "100",
        onkeydown: (event) => this.key(event),
      },
      h("span", { class: "knob" }),
    );
    this.pair = h(
      "div",
      { class: "pair", onpointerdown: (event) => this.drag(event) },
      ...this.sides.map(({ video }) => video),
      this.divider,
    );
    const id = `modes-${this.view.id}`;
    this.radios = Object.entries(MODES).map(([mode, label]) => {
      const input = h("input", { type: "radio", name: id, value: mode, onchange: () => this.setMode(mode) });
      return { mode, input, label: h("label", {}, input, label) };
    });
    const modes = h(
      "div",
      { class: "modes", role: "radiogroup", "aria-label": "How to compare" },
      ...this.radios.map((radio) => radio.label),
    );
    const swap = h("button", { type: "button", onclick: () => this.swap() }, "Swap");
    this.leave = h("button", { type: "button", onclick: () => this.close() }, "Back to the gallery");
    this.said = h("div", { class: "fine", role: "status" });
    this.node = h(
      "div",
      { class: "compare", hidden: true, role: "group", "aria-label": "Comparison of two clips" },
      h("div", { class: "bar" }, modes, swap, this.leave),
      this.pair,
      h("div", { class: "names" }, ...this.sides.map(({ side, name, ended }) => h("span", { class: `name ${side}` }, name, " ", ended))),
      this.said,
    );
    this.setMode("wipe");
    this.move(50);
  }

  async show(indices) {
    const { view } = this;
    this.open = true;
    this.indices = indices;
    view.enterComparison();
    this.node.hidden = false;
    const cells = indices.map((index) => view.cells.get(index));
    put(this.said, "Loading…");
    this.name(cells);
    const shape = cells[0].clip;
    this.pair.style.setProperty("--shape", String((shape.width || 16) / (shape.height || 9)));
    this.divider.focus();
    const turn = (this.turn = {});
    await Promise.all(cells.map((cell, side) => this.fill(side, cell, turn)));
    if (this.turn === turn && this.said.textContent === "Loading…") put(this.said, "");
  }

  name(cells) {
    this.sides.forEach(({ name }, side) => put(name, this.view.nameOf(cells[side])));
    const [a, b] = cells.map((cell) => this.view.nameOf(cell));
    this.divider.setAttribute("aria-label", `Divider: ${a} on its left, ${b} on its right`);
  }

  async fill(side, cell, turn) {
    const { video } = this.sides[side];
    try {
      const url = await this.view.acquire(cell.index, true);
      if (this.turn !== turn) return;
      await new Promise((resolve, reject) => {
        video.addEventListener("loadeddata", resolve, { once: true });
        video.addEventListener("error", () => reject(new Error("The browser cannot play this clip.")), { once: true });
        video.src = url;
      });
      if (this.turn === turn) await this.view.lock.add(video, cell.clip);
    } catch (error) {
      if (this.turn === turn) put(this.said, error.message);
    }
  }

  close() {
    if (!this.open) return;
    this.open = false;
    this.turn = null;
    this.node.hidden = true;
    for (const { video } of this.sides) {
      this.view.lock.remove(video);
      video.removeAttribute("src");
      video.load();
    }
    for (const index of this.indices) this.view.release(index);
    this.view.leaveComparison();
  }

  swap() {
    const { indices } = this;
    this.close();
    this.show([...indices].reverse());
    this.view.chosen = [...indices].reverse();
  }

  setMode(mode) {
    this.mode = mode;
    this.pair.dataset.mode = mode;
    for (const radio of this.radios) radio.input.checked = radio.mode === mode;
    this.divider.hidden = mode !== "wipe";
  }

  nextMode() {
    const modes = Object.keys(MODES);
    this.setMode(modes[(modes.indexOf(this.mode) + 1) % modes.length]);
  }

  move(at) {
    this.at = Math.max(0, Math.min(100, at));
    this.pair.style.setProperty("--at", `${this.at}%`);
    this.divider.setAttribute("aria-valuenow", String(Math.round(this.at)));
    this.divider.setAttribute("aria-valuetext", `${Math.round(this.at)} % from the left`);
  }

  key(event) {
    const to = { ArrowLeft: this.at - 2, ArrowRight: this.at + 2, PageDown: this.at - 10, PageUp: this.at + 10, Home: 0, End: 100 }[
      event.key
    ];
    if (to === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.move(to);
  }

  drag(event) {
    if (this.mode !== "wipe" || event.button !== 0) return;
    event.preventDefault();
    const follow = ({ clientX }) => {
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
