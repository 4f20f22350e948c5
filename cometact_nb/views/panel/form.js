// The controls of a request's form: its two inputs and its knobs.

import { h, put } from "../base/dom.js";
import { Chips } from "./chips.js";
import { Intensity } from "./intensity.js";
import { uploadBar } from "./uploads.js";
import { CHOSEN, TYPED, whole } from "./values.js";

/**
 * @import { Choice, Chosen, FormValues, Role } from "../base/wire.d.ts"
 * @import { Notes } from "./notes.js"
 * @import { Option, Owner } from "./owner.d.ts"
 * @import { Previews } from "./previews.js"
 */

/** @type {Record<Role, string>} */
const HINTS = {
  character: "https://… an image or a video with one face",
  reference: "https://… a video of the performance, 3–30 s",
};

/**
 * A ratio drawn to scale, and its name.
 * @param {string} ratio
 */
function shape(ratio) {
  const [width, height] = ratio.split(":").map(Number);
  const scale = 21 / Math.sqrt(width * height || 1);
  const drawn = h("span", { class: "shape", "aria-hidden": "true" });
  Object.assign(drawn.style, { width: `${width * scale}px`, height: `${height * scale}px` });
  return [h("span", { class: "frame" }, width && height ? drawn : ""), ratio.replace(":", " × ")];
}

export class Form {
  /**
   * @param {Owner} owner
   * @param {Notes} notes
   * @param {Previews} previews
   */
  constructor(owner, notes, previews) {
    this.owner = owner;
    this.notes = notes;
    this.previews = previews;
    /** @type {Set<string>} */
    this.dirty = new Set(); // text that is being typed and was not sent yet
    this.texts = { character: this.address("character"), reference: this.address("reference"), seed: this.seed() };
    this.uploads = { character: uploadBar(), reference: uploadBar() };
    this.type = h(
      "select",
      { id: `${owner.id}-character-type`, onchange: () => owner.edited() },
      h("option", { value: "" }, "told by its name"),
      h("option", { value: "image" }, "image"),
      h("option", { value: "video" }, "video"),
    );
    this.unlisted = h("input", { type: "checkbox", id: `${owner.id}-unlisted`, onchange: () => owner.edited() });
    this.why = h("span", {});
    this.consent = this.makeConsent();
    this.random = h("button", { type: "button", class: "small", onclick: () => this.drawSeed() });
    this.random.append(h("span", {}, "Random"), h("span", { class: "unseen" }, " seed"));
    this.lock = h("input", { type: "checkbox", id: `${owner.id}-seed-lock`, onchange: () => owner.edited() });
    const lock = " Lock: keep it for the next submission";
    this.locking = h("label", { class: "inline", for: this.lock.id }, this.lock, lock);
    this.intensity = new Intensity(owner.id, owner.choices.intensity, () => owner.edited());
    this.chips = this.makeChips();
    for (const field of TYPED) notes.controls.set(field, this.texts[field]);
    notes.controls.set("expression_intensity", this.intensity.range);
  }

  // --- inputs --------------------------------------------------------------------------------------

  /**
   * One line for one request, several for a sweep.
   * @param {Role} role
   */
  address(role) {
    const { owner } = this;
    const id = `${owner.id}-${role}`;
    const oneLine = (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && !owner.values.sweep && event.preventDefault();
    return h("textarea", {
      id,
      class: "address",
      rows: 1,
      placeholder: HINTS[role],
      spellcheck: "false",
      autocomplete: "off",
      "aria-describedby": `${id}-notes`,
      oninput: () => owner.edited(role),
      onchange: () => owner.edited(),
      onkeydown: oneLine,
    });
  }

  inputs() {
    return h("div", { class: "column" }, this.input("character", "Character"), this.input("reference", "Reference"), this.consent);
  }

  /**
   * @param {Role} role
   * @param {string} label
   */
  input(role, label) {
    const row = h("div", { class: "row" }, ...this.chooser(role));
    if (role === "character") row.prepend(h("label", { class: "inline", for: this.type.id }, "It is "), this.type);
    const text = this.texts[role];
    const [notes, seen] = [this.notes.list(role), this.previews.boxes[role]];
    return h("div", { class: "field" }, h("label", { for: text.id }, label), text, row, this.uploads[role], notes, seen);
  }

  /** @param {Role} role */
  chooser(role) {
    const accept = role === "reference" ? "video/*" : "image/*,video/*";
    /** @type {HTMLInputElement} */
    const file = h("input", { type: "file", class: "file", tabindex: "-1", "aria-hidden": "true", accept, onchange: () => chosen() });
    const chosen = () => {
      this.owner.upload(role, file.files?.[0]);
      file.value = "";
    };
    const choose = h("button", { type: "button", class: "small", onclick: () => file.click() }, "Local file…");
    choose.append(h("span", { class: "unseen" }, ` as ${role}`));
    return [choose, file];
  }

  makeConsent() {
    const label = h("label", { for: this.unlisted.id }, this.unlisted, " Try it all the same. ");
    return h("div", { class: "field consent", hidden: true }, label, this.why);
  }

  // --- knobs ---------------------------------------------------------------------------------------

  makeChips() {
    const { ratios, intensity } = this.owner.choices;
    /** @type {Option} */
    const none = [null, "Not sent"];
    const ratioOptions = ratios.map((ratio) => /** @type {Option} */ ([ratio, ...shape(ratio)]));
    const levels = intensity.map((word, at) => /** @type {Option} */ ([at + 1, `${at + 1} ${word}`]));
    return {
      body_control: this.group("body_control", "Body control", [none, [true, "On"], [false, "Off"]]),
      expression_intensity: this.group("expression_intensity", "Expression intensity", [none, ...levels]),
      ratio: this.group("ratio", "Ratio", [none, ...ratioOptions]),
      public_figure_threshold: this.group("public_figure_threshold", "Moderation of public figures", [
        none,
        ["auto", "auto"],
        ["low", "low: less strict"],
      ]),
    };
  }

  /**
   * @param {Chosen} field
   * @param {string} legend
   * @param {Option[]} options
   */
  group(field, legend, options) {
    const picked = (/** @type {HTMLInputElement} */ input) => {
      if (this.owner.values.sweep) this.chips[field].several(input);
      this.owner.edited();
    };
    /** @type {Chips} */
    const chips = new Chips(this.owner.id, field, legend, options, this.notes.list(field), picked);
    return chips;
  }

  /** @param {Node} takes how often a sweep asks for each request */
  knobs(takes) {
    const { body_control, expression_intensity, ratio, public_figure_threshold } = this.chips;
    const notes = this.notes.lists.get("expression_intensity") ?? null; // beside the slider or the chips
    const intensity = h("div", { class: "field" }, this.intensity.root, expression_intensity.set, notes);
    return h("div", { class: "column" }, body_control.set, intensity, ratio.set, this.seedField(), takes, public_figure_threshold.set);
  }

  seed() {
    const id = `${this.owner.id}-seed`;
    return h("input", {
      type: "text",
      inputmode: "numeric",
      id,
      placeholder: "not sent: the service chooses",
      autocomplete: "off",
      "aria-describedby": `${id}-notes`,
      oninput: () => this.owner.edited("seed"),
      onchange: () => this.owner.edited(),
    });
  }

  seedField() {
    const { seed } = this.texts;
    const row = h("div", { class: "row" }, this.random, this.locking);
    return h("div", { class: "field" }, h("label", { for: seed.id }, "Seed"), seed, row, this.notes.list("seed"));
  }

  drawSeed() {
    const { seed } = this.texts;
    const drawn = String(crypto.getRandomValues(new Uint32Array(1))[0]);
    const before = seed.value.trim();
    seed.value = before && this.owner.values.sweep ? `${before},${drawn}` : drawn;
    this.owner.edited();
  }

  // --- values --------------------------------------------------------------------------------------

  /**
   * What the controls of one request say, in the place of what `before` says.
   * @param {FormValues} before
   * @returns {FormValues}
   */
  read(before) {
    const chosen = /** @type {Record<Chosen, Choice>} */ (Object.fromEntries(CHOSEN.map((field) => [field, this.chips[field].one])));
    return {
      ...this.readCommon(before),
      character: this.texts.character.value.trim(),
      reference: this.texts.reference.value.trim(),
      ...chosen,
      expression_intensity: this.intensity.value,
      seed: whole(this.texts.seed.value.trim()),
    };
  }

  /**
   * What a request and a sweep have in common.
   * @template {FormValues} Values
   * @param {Values} before
   */
  readCommon(before) {
    const type = /** @type {FormValues["character_type"]} */ (this.type.value);
    return { ...before, character_type: type, seed_locked: this.lock.checked, allow_unlisted: this.unlisted.checked };
  }

  /** @param {FormValues} values */
  fill(values) {
    for (const field of TYPED) {
      const text = String((values.sweep ? values.axes[field] : values[field]) ?? "");
      if (!this.dirty.has(field) && this.texts[field].value.trim() !== text) this.texts[field].value = text;
    }
    this.type.value = values.character_type;
    this.lock.checked = values.seed_locked;
    this.unlisted.checked = values.allow_unlisted;
    for (const field of CHOSEN) this.fillChips(field, values.sweep ? values.axes[field] : [values[field]], values.sweep);
    this.intensity.fill(/** @type {number | null} */ (values.expression_intensity));
    this.fillMode(values);
  }

  /**
   * A value that is out of bounds gets a chip of its own.
   * @param {Chosen} field
   * @param {Choice[]} values
   * @param {boolean} several
   */
  fillChips(field, values, several) {
    const chips = this.chips[field];
    const look = (/** @type {Choice} */ value) => (field === "ratio" ? shape(String(value)) : [String(value)]);
    for (const value of values) if (!chips.has(value)) chips.add(value, ...look(value));
    chips.mode(several);
    chips.check(values);
  }

  /** @param {FormValues} values */
  fillMode(values) {
    const { sweep } = values;
    this.intensity.root.hidden = sweep;
    this.chips.expression_intensity.set.hidden = !sweep;
    this.locking.hidden = sweep;
    this.texts.seed.placeholder = sweep ? "not sent; or several: 1,2,5:8" : "not sent: the service chooses";
    put(this.random.firstChild, sweep ? "Add random" : "Random");
    for (const role of /** @type {Role[]} */ (["character", "reference"])) {
      const text = this.texts[role];
      text.rows = values.sweep ? Math.min(8, Math.max(2, (values.axes[role] ?? "").split("\n").length)) : 1;
      text.placeholder = HINTS[role] + (sweep ? "\none a line" : "");
      text.wrap = "off";
    }
  }
}
