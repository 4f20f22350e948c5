// A clip's time with two handles for the part that is kept, over pictures of it.

import { h, put } from "../base/dom.js";
import { drawTurned, sizeOf } from "./footage.js";
import { seconds } from "./trim.js";

/**
 * @import { Footage } from "./footage.js"
 * @import { Edge, Trim } from "./trim.js"
 */

const PICTURES = 8;
const HIGH = 44; // of the strip, CSS pixels
/** @type {Record<Edge, string>} */
const NAMES = { start: "Start of the part", end: "End of the part" };

export class Timeline {
  /** @param {(at: number) => void} changed is called after a move with the moment to show, seconds */
  constructor(changed) {
    this.changed = changed;
    /** @type {Trim | null} */
    this.trim = null;
    this.isOff = false;
    this.strip = h("canvas", { class: "strip", "aria-hidden": "true", height: HIGH });
    this.part = h("div", { class: "kept" });
    this.head = h("div", { class: "playhead", hidden: true });
    this.handles = { start: this.handle("start"), end: this.handle("end") };
    this.track = h("div", { class: "timeline" }, this.strip, this.part, this.head, this.handles.start, this.handles.end);
    this.text = h("div", { class: "facts" });
    this.root = h("div", {}, this.track, this.text);
  }

  /** @param {Edge} edge */
  handle(edge) {
    const onkeydown = (/** @type {KeyboardEvent} */ event) => {
      if (this.isOff || event.ctrlKey || event.metaKey || event.altKey || !this.trim?.press(edge, event.key, event.shiftKey)) return;
      event.preventDefault();
      this.moved(edge);
    };
    const onpointerdown = (/** @type {PointerEvent} */ event) => this.grab(edge, event);
    return h("div", { role: "slider", tabindex: 0, class: `handle ${edge}`, "aria-label": NAMES[edge], onkeydown, onpointerdown });
  }

  /**
   * @param {Edge} edge
   * @param {PointerEvent} event
   */
  grab(edge, event) {
    if (this.isOff || event.button !== 0) return;
    const handle = this.handles[edge];
    const move = (/** @type {PointerEvent} */ { clientX }) => {
      const { left, width } = this.track.getBoundingClientRect();
      this.trim?.move(edge, ((clientX - left) / (width || 1)) * this.trim.duration);
      this.moved(edge);
    };
    event.preventDefault();
    handle.focus();
    drag(handle, event, move);
  }

  /** @param {Edge} edge */
  moved(edge) {
    this.draw();
    if (this.trim) this.changed(this.trim[edge]);
  }

  /** @param {Trim} trim */
  show(trim) {
    this.trim = trim;
    this.draw();
  }

  draw() {
    const { trim } = this;
    if (!trim) return;
    const share = (/** @type {number} */ at) => `${(100 * at) / (trim.duration || 1)}%`;
    this.track.style.setProperty("--from", share(trim.start));
    this.track.style.setProperty("--to", share(trim.end));
    for (const edge of /** @type {Edge[]} */ (["start", "end"])) {
      const [least, most] = trim.bounds(edge);
      const handle = this.handles[edge];
      const facts = { "aria-valuemin": least, "aria-valuemax": most, "aria-valuenow": trim[edge] };
      for (const [name, value] of Object.entries(facts)) handle.setAttribute(name, seconds(value));
      handle.setAttribute("aria-valuetext", `${seconds(trim[edge])} seconds, the part has ${seconds(trim.length)} seconds`);
      handle.setAttribute("aria-disabled", String(this.isOff || !trim.isPossible));
    }
    put(this.text, trim.sentence);
    this.text.classList.toggle("warning", !trim.isPossible);
  }

  /** @param {number | null} at the moment that plays, seconds */
  play(at) {
    this.head.hidden = at === null;
    if (at !== null && this.trim) this.track.style.setProperty("--at", `${(100 * at) / this.trim.duration}%`);
  }

  /**
   * Draw pictures of the whole clip.
   * @param {Footage} footage
   * @param {number} turn degrees clockwise
   */
  async fill(footage, turn) {
    const { strip, trim } = this;
    const width = Math.max(200, Math.round(strip.getBoundingClientRect().width) || 400);
    strip.width = width;
    const pen = strip.getContext("2d");
    const one = document.createElement("canvas");
    for (let index = 0; pen && trim && index < PICTURES; index++) {
      const source = await footage.frame(((index + 0.5) / PICTURES) * trim.duration, false);
      if (footage.isOver || strip.width !== width) return;
      if (!source || !sizeOf(source)[0]) continue;
      drawTurned(one, source, turn, 160);
      const across = width / PICTURES;
      const share = Math.max(across / one.width, HIGH / one.height); // fills its place, the rest is cut off
      const [cutX, cutY] = [across / share, HIGH / share];
      pen.drawImage(one, (one.width - cutX) / 2, (one.height - cutY) / 2, cutX, cutY, index * across, 0, across, HIGH);
    }
  }

  /** @param {boolean} isOff */
  disable(isOff) {
    this.isOff = isOff;
    this.draw();
  }
}

/**
 * Follow a pointer that was pressed on an element until it is let go.
 * @param {HTMLElement} element
 * @param {PointerEvent} event
 * @param {(event: PointerEvent) => void} move
 */
export function drag(element, event, move) {
  const end = () => {
    element.removeEventListener("pointermove", move);
    for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) element.removeEventListener(name, end);
  };
  element.setPointerCapture(event.pointerId);
  element.addEventListener("pointermove", move);
  for (const name of ["pointerup", "pointercancel", "lostpointercapture"]) element.addEventListener(name, end);
}
