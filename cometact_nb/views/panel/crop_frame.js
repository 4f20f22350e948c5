// A frame over a picture for the part that is kept: it moves, its sides and corners are drawn, by pointer or keys.

import { h, put } from "../base/dom.js";
import { SIDES, sideText } from "./crop.js";
import { drag } from "./timeline.js";
import { seconds } from "./trim.js";

/** @import { Crop, Side } from "./crop.js" */

/** @type {["left" | "right", "top" | "bottom"][]} */
const CORNERS = [
  ["left", "top"],
  ["right", "top"],
  ["left", "bottom"],
  ["right", "bottom"],
];

export class CropFrame {
  /** @param {() => void} changed is called after a move */
  constructor(changed) {
    this.changed = changed;
    /** @type {Crop | null} */
    this.crop = null;
    this.isOff = false;
    const onpointerdown = (/** @type {PointerEvent} */ event) => this.grabWhole(event);
    this.whole = h("div", { class: "whole", onpointerdown });
    /** @type {Map<Side, HTMLElement>} */
    this.sides = new Map(SIDES.map((side) => [side, this.side(side)]));
    const corners = CORNERS.map(([across, down]) => this.corner(across, down));
    this.root = h("div", { class: "crop", hidden: true }, this.whole, ...this.sides.values(), ...corners);
    this.text = h("div", { class: "facts" });
  }

  /** @param {Side} side */
  side(side) {
    const onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (this.isOff || event.ctrlKey || event.metaKey || event.altKey || !this.crop?.press(side, event.key, event.shiftKey)) return;
      event.preventDefault();
      this.moved();
    };
    const isAcross = side === "left" || side === "right";
    const onpointerdown = (/** @type {PointerEvent} */ event) => this.grab(event, ({ x, y }) => this.crop?.drag(side, isAcross ? x : y));
    const facts = {
      "aria-label": `${side[0].toUpperCase()}${side.slice(1)} side`,
      "aria-orientation": isAcross ? "horizontal" : "vertical",
    };
    return h("div", { role: "slider", tabindex: 0, class: `side ${side}`, ...facts, onkeydown, onpointerdown });
  }

  /**
   * @param {"left" | "right"} across
   * @param {"top" | "bottom"} down
   */
  corner(across, down) {
    const onpointerdown = (/** @type {PointerEvent} */ event) => this.grab(event, ({ x, y }) => this.crop?.corner(across, down, x, y));
    return h("div", { class: `corner ${across} ${down}`, "aria-hidden": "true", onpointerdown });
  }

  /**
   * @param {PointerEvent} event
   * @param {(at: { x: number, y: number }) => void} move takes fractions of the picture
   */
  grab(event, move) {
    if (this.isOff || event.button !== 0 || !(event.currentTarget instanceof HTMLElement)) return;
    event.preventDefault();
    event.currentTarget.focus();
    drag(event.currentTarget, event, (now) => {
      move(this.place(now));
      this.moved();
    });
  }

  /** @param {PointerEvent} event */
  grabWhole(event) {
    let last = this.place(event);
    this.grab(event, (now) => {
      this.crop?.shift(now.x - last.x, now.y - last.y);
      last = now;
    });
  }

  /** @param {PointerEvent} event */
  place({ clientX, clientY }) {
    const { left, top, width, height } = this.root.getBoundingClientRect();
    return { x: (clientX - left) / (width || 1), y: (clientY - top) / (height || 1) };
  }

  moved() {
    this.draw();
    this.changed();
  }

  /** @param {Crop} crop */
  show(crop) {
    this.crop = crop;
    this.root.hidden = false;
    this.draw();
  }

  draw() {
    const { crop } = this;
    if (!crop) return;
    for (const [side, element] of this.sides) {
      const [least, most] = crop.bounds(side);
      this.root.style.setProperty(`--${side}`, `${100 * crop.box[side]}%`);
      const facts = { "aria-valuemin": least, "aria-valuemax": most, "aria-valuenow": crop.box[side] };
      for (const [name, value] of Object.entries(facts)) element.setAttribute(name, seconds(value));
      element.setAttribute("aria-valuetext", sideText(side, crop.box[side]));
      element.setAttribute("aria-disabled", String(this.isOff));
    }
    put(this.text, crop.sentence);
  }

  /** @param {boolean} isOff */
  disable(isOff) {
    this.isOff = isOff;
    this.draw();
  }
}
