// The controls of the knobs. Each knob of the table has one by itself: chips where its values are few, else a place to
// type. Those below say more of three of them; a new knob needs nothing here.

import { h, put } from "../base/dom.js";
import { Chips } from "./chips.js";
import { Intensity } from "./intensity.js";
import { typedValue } from "./values.js";

/**
 * @import { Choice, Knob } from "../base/wire.d.ts"
 * @import { Notes } from "./notes.js"
 * @import { Control, Option, Owner } from "./owner.d.ts"
 */

/**
 * A value and how it looks.
 * @param {Choice} value
 * @param {string} text
 * @returns {Option}
 */
function plain(value, text) {
  return [value, text];
}

/**
 * A ratio drawn to scale, and its name.
 * @param {Choice} value
 * @param {string} ratio
 * @returns {Option}
 */
function shape(value, ratio) {
  const [width, height] = ratio.split(":").map(Number);
  const scale = 21 / Math.sqrt(width * height || 1);
  const drawn = h("span", { class: "shape", "aria-hidden": "true" });
  Object.assign(drawn.style, { width: `${width * scale}px`, height: `${height * scale}px` });
  return [value, h("span", { class: "frame" }, width && height ? drawn : ""), ratio.replace(":", " × ")];
}

/**
 * One of few values for a request, several for a sweep.
 * @implements {Control}
 */
class Chosen {
  /**
   * @param {Owner} owner
   * @param {Notes} notes
   * @param {Knob} knob
   * @param {(value: Choice, text: string) => Option} look
   */
  constructor(owner, notes, knob, look = plain) {
    this.look = look;
    const picked = (/** @type {HTMLInputElement} */ input) => {
      if (owner.values.sweep) this.chips.several(input);
      owner.edited();
    };
    const options = knob.options.map(({ value, text }) => look(value, text));
    /** @type {Chips} */
    this.chips = new Chips(owner.id, knob.name, knob.title, [[null, "Not sent"], ...options], notes.list(knob.name), picked);
    /** @type {HTMLElement} */
    this.root = this.chips.set;
    notes.controls.set(knob.name, this.chips.set);
  }

  /**
   * @param {boolean} sweep
   * @returns {Choice | Choice[]}
   */
  read(sweep) {
    return sweep ? this.chips.several() : this.chips.one;
  }

  /**
   * A value that is out of bounds gets a chip of its own.
   * @param {unknown} held
   * @param {boolean} sweep
   */
  fill(held, sweep) {
    const values = /** @type {Choice[]} */ (sweep ? held : [held]);
    for (const value of values) if (!this.chips.has(value)) this.chips.add(...this.look(value, String(value)));
    this.chips.mode(sweep);
    this.chips.check(values);
  }
}

/** A slider for one request, chips for a sweep. */
class Levels extends Chosen {
  /**
   * @param {Owner} owner
   * @param {Notes} notes
   * @param {Knob} knob
   */
  constructor(owner, notes, knob) {
    super(owner, notes, knob);
    const words = knob.options.map(({ value, text }) => text.replace(`${value} `, ""));
    this.slider = new Intensity(owner.id, knob.title, words, () => owner.edited());
    notes.controls.set(knob.name, this.slider.range);
    const list = notes.lists.get(knob.name) ?? null; // beside the slider or the chips
    this.root = h("div", { class: "field" }, this.slider.root, this.chips.set, list);
  }

  /**
   * @override
   * @param {boolean} sweep
   */
  read(sweep) {
    return sweep ? super.read(sweep) : this.slider.value;
  }

  /**
   * @override
   * @param {unknown} held
   * @param {boolean} sweep
   */
  fill(held, sweep) {
    super.fill(held, sweep);
    this.slider.fill(/** @type {number | null} */ (sweep ? null : held));
    this.slider.root.hidden = sweep;
    this.chips.set.hidden = !sweep;
  }

  touch() {
    this.slider.touch();
  }

  draw() {
    this.slider.draw();
  }
}

/**
 * A value that is typed; several with commas for a sweep.
 * @implements {Control}
 */
class Typed {
  /**
   * @param {Owner} owner
   * @param {Notes} notes
   * @param {Knob} knob
   * @param {Set<string>} dirty
   * @param {...(Node | null)} more what stands below it
   */
  constructor(owner, notes, knob, dirty, ...more) {
    this.owner = owner;
    this.knob = knob;
    this.dirty = dirty;
    const id = `${owner.id}-${knob.name}`;
    this.input = h("input", {
      type: "text",
      inputmode: knob.whole ? "numeric" : "text",
      id,
      autocomplete: "off",
      "aria-describedby": `${id}-notes`,
      oninput: () => owner.edited(knob.name),
      onchange: () => owner.edited(),
    });
    notes.controls.set(knob.name, this.input);
    this.root = h("div", { class: "field" }, h("label", { for: id }, knob.title), this.input, ...more, notes.list(knob.name));
  }

  /**
   * @param {boolean} sweep
   * @returns {Choice}
   */
  read(sweep) {
    const text = this.input.value.trim();
    return sweep ? text : typedValue(this.knob, text);
  }

  /**
   * @param {unknown} held
   * @param {boolean} sweep
   */
  fill(held, sweep) {
    const text = String(held ?? "");
    if (!this.dirty.has(this.knob.name) && this.input.value.trim() !== text) this.input.value = text;
    const several = this.knob.whole ? "or several: 1,2,5:8" : "or several, with commas";
    this.input.placeholder = sweep ? `not sent; ${several}` : "not sent: the service chooses";
  }
}

/** A seed may be drawn at random, and drawn anew for each submission. */
class Seed extends Typed {
  /**
   * @param {Owner} owner
   * @param {Notes} notes
   * @param {Knob} knob
   * @param {Set<string>} dirty
   */
  constructor(owner, notes, knob, dirty) {
    const random = h("button", { type: "button", class: "small", onclick: () => this.random() });
    random.append(h("span", {}, "Random"), h("span", { class: "unseen" }, " seed"));
    const lock = h("input", { type: "checkbox", id: `${owner.id}-seed-lock`, onchange: () => owner.edited() });
    const locking = h("label", { class: "inline", for: lock.id }, lock, " Lock: keep it for the next submission");
    super(owner, notes, knob, dirty, h("div", { class: "row" }, random, locking));
    this.word = random.firstChild;
    this.lock = lock;
    this.locking = locking;
  }

  /**
   * @override
   * @param {unknown} held
   * @param {boolean} sweep
   */
  fill(held, sweep) {
    super.fill(held, sweep);
    this.lock.checked = this.owner.values.seed_locked;
    this.locking.hidden = sweep;
    put(this.word, sweep ? "Add random" : "Random");
  }

  beside() {
    return { seed_locked: this.lock.checked };
  }

  random() {
    const drawn = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    const before = this.input.value.trim();
    this.input.value = before && this.owner.values.sweep ? `${before},${drawn}` : drawn;
    this.owner.edited();
  }
}

/**
 * The control of a knob.
 * @param {Knob} knob
 * @param {Owner} owner
 * @param {Notes} notes
 * @param {Set<string>} dirty the fields that are being typed
 * @returns {Control}
 */
export function controlOf(knob, owner, notes, dirty) {
  if (knob.name === "expression_intensity") return new Levels(owner, notes, knob);
  if (knob.name === "ratio") return new Chosen(owner, notes, knob, shape);
  if (knob.name === "seed") return new Seed(owner, notes, knob, dirty);
  return knob.options.length ? new Chosen(owner, notes, knob) : new Typed(owner, notes, knob, dirty);
}
