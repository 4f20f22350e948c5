// The bar that plays all clips as one, and the keys that do the same.

import { h, put } from "../base/dom.js";
import { icon, press } from "./tile.js";

/**
 * @import { FrameLock } from "./frame_lock.js"
 * @import { Icon } from "./tile.js"
 * @typedef {object} Stage what it plays
 * @property {FrameLock} lock
 * @property {[string, string][]} keys of its own, each with what it does, for the list of keys
 * @property {() => HTMLVideoElement | null | undefined} voice the video that is heard
 * @property {() => void} markEnded marks the clips that are over
 * @property {() => Record<string, () => unknown>} commands the present effect of each key of its own
 * @property {(event: KeyboardEvent) => void} [textKey] is called for a key where text is typed
 * @property {(event: KeyboardEvent) => void} [arrow] is called for an arrow on a tile
 */

const SPEEDS = [0.1, 0.25, 0.5, 1, 1.5, 2];
const KEYS = [
  ["Space or K", "play, pause"],
  [", and .", "one frame back, forward"],
  ["Home, End", "first, last frame"],
  ["[ and ]", "slower, faster"],
  ["L", "loop"],
  ["M", "sound of the current clip"],
];

export class Player {
  /** @param {Stage} stage */
  constructor(stage) {
    const { lock } = stage;
    this.stage = stage;
    this.lock = lock;
    this.muted = true;
    this.drawn = false; // what the button was last drawn for
    this.toggle = this.button("play", "Play", () => this.playOrPause());
    this.toggle.classList.add("play");
    this.scrubber = this.makeScrubber();
    this.where = h("span", { class: "where" });
    this.speed = this.makeSpeed();
    this.loop = this.button("loop", "Loop", () => this.setLoop(!lock.loop));
    this.sound = this.button("mute", "Sound of the current clip", () => this.setMuted(!this.muted));
    this.apart = h("span", { class: "apart", title: "The largest difference between two clips' times, measured while they play" });
    this.node = h(
      "div",
      { class: "player", role: "group", "aria-label": "Player of all clips" },
      this.button("back", "One frame back", () => lock.step(-1)),
      this.toggle,
      this.button("forth", "One frame forward", () => lock.step(1)),
      this.scrubber,
      this.where,
      this.speed,
      this.loop,
      this.sound,
      this.apart,
    );
    const keys = [...KEYS, ...stage.keys].map(([key, what]) => h("li", {}, h("kbd", {}, key), ` ${what}`));
    this.help = h("details", { class: "help" }, h("summary", {}, "Keys"), h("ul", {}, ...keys));
    this.setLoop(true);
    this.setMuted(true);
  }

  makeScrubber() {
    /** @type {HTMLInputElement} */
    const scrubber = h("input", {
      type: "range",
      min: "0",
      max: "0",
      value: "0",
      step: "1",
      "aria-label": "Frame",
      oninput: () => this.lock.seek(Number(scrubber.value)),
    });
    return scrubber;
  }

  makeSpeed() {
    const options = SPEEDS.map((speed) => h("option", { value: String(speed), selected: speed === 1 }, `${speed} ×`));
    /** @type {HTMLSelectElement} */
    const speed = h(
      "select",
      { "aria-label": "Speed", title: "Speed", onchange: () => this.lock.setRate(Number(speed.value)) },
      ...options,
    );
    return speed;
  }

  /**
   * @param {Icon} image
   * @param {string} label
   * @param {() => unknown} onclick
   */
  button(image, label, onclick) {
    return h("button", { type: "button", class: "icon", "aria-label": label, title: label, onclick }, icon(image));
  }

  playOrPause() {
    if (this.lock.playing) this.lock.pause();
    else this.lock.play();
  }

  /** @param {boolean} on */
  setLoop(on) {
    this.lock.loop = on;
    press(this.loop, on);
  }

  /** @param {boolean} muted */
  setMuted(muted) {
    this.muted = muted;
    press(this.sound, !muted);
    this.sound.replaceChildren(icon(muted ? "mute" : "sound"));
    this.hear();
  }

  // One voice at a time: the current clip's.
  hear() {
    const voice = this.muted ? null : this.stage.voice();
    for (const video of this.lock.players.keys()) video.muted = video !== voice;
  }

  /** @param {number} by steps of speed */
  faster(by) {
    const at = SPEEDS.indexOf(this.lock.rate) + by;
    if (!SPEEDS[at]) return;
    this.speed.value = String(SPEEDS[at]);
    this.lock.setRate(SPEEDS[at]);
  }

  draw() {
    const { stage, lock } = this;
    if (this.drawn !== lock.playing) {
      this.drawn = lock.playing;
      const label = lock.playing ? "Pause" : "Play";
      this.toggle.replaceChildren(icon(lock.playing ? "pause" : "play"));
      Object.assign(this.toggle, { title: label }).setAttribute("aria-label", label);
    }
    const text = `Frame ${lock.frame + 1} of ${lock.frames}`;
    this.scrubber.max = String(lock.frames - 1);
    this.scrubber.value = String(lock.frame);
    this.scrubber.setAttribute("aria-valuetext", text);
    put(this.where, `${lock.frame + 1} / ${lock.frames} · ${(lock.frame / lock.fps).toFixed(2)} s`);
    const many = lock.playing && lock.players.size > 1;
    put(this.apart, many ? `± ${((lock.spread * lock.fps) / 2).toFixed(2)} frames` : "");
    stage.markEnded();
    this.hear();
  }

  /**
   * The present effect of each key.
   * @returns {Record<string, () => unknown>}
   */
  commands() {
    const { lock } = this;
    return {
      k: () => this.playOrPause(),
      " ": () => this.playOrPause(),
      ",": () => lock.step(-1),
      ".": () => lock.step(1),
      Home: () => lock.seek(0),
      End: () => lock.seek(lock.frames - 1),
      "[": () => this.faster(-1),
      "]": () => this.faster(1),
      l: () => this.setLoop(!lock.loop),
      m: () => this.setMuted(!this.muted),
      ...this.stage.commands(),
    };
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const { target, key } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || !(target instanceof Element)) return;
    if (target.matches("textarea, input[type=text]")) {
      this.stage.textKey?.(event);
      return;
    }
    const own =
      target.matches("select") ||
      (target.matches("input[type=range]") && (key === "Home" || key === "End" || key.startsWith("Arrow"))) ||
      (key === " " && target.matches("button, summary, input[type=radio]"));
    const command = own ? undefined : this.commands()[key.length === 1 ? key.toLowerCase() : key];
    if (command) {
      event.preventDefault();
      command();
    } else if (key.startsWith("Arrow")) this.stage.arrow?.(event);
  }
}
