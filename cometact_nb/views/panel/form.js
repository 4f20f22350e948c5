// The controls of a request's form: its two inputs and its knobs.

import { h } from "../base/dom.js";
import { controlOf } from "./controls.js";
import { uploadBar } from "./uploads.js";
import { INPUTS } from "./values.js";

/**
 * @import { Axes, FormValues, Role } from "../base/wire.d.ts"
 * @import { Notes } from "./notes.js"
 * @import { Control, Owner } from "./owner.d.ts"
 * @import { Previews } from "./previews.js"
 */

/** @type {Record<Role, string>} */
const HINTS = {
  character: "https://… an image or a video with one face",
  reference: "https://… a video of the performance, 3–30 s",
};

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
    /** @type {Partial<Record<Role, string>>} */
    this.filled = {}; // the addresses that the kernel wrote last
    this.texts = { character: this.address("character"), reference: this.address("reference") };
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
    /** @type {Map<string, Control>} */
    this.knobs = new Map(owner.choices.knobs.map((knob) => [knob.name, controlOf(knob, owner, notes, this.dirty)]));
    for (const role of INPUTS) notes.controls.set(role, this.texts[role]);
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
    const { own, recorder } = this.owner;
    if (role === "reference") row.append(recorder.button);
    if (role === "character") row.prepend(h("label", { class: "inline", for: this.type.id }, "It is "), this.type);
    const text = this.texts[role];
    const [notes, pictures] = [this.notes.list(role), this.previews.boxes[role]];
    const camera = role === "reference" ? recorder.root : null;
    const parts = [row, camera, this.uploads[role], notes, pictures, own.editors[role].root];
    return h("div", { class: "field" }, h("label", { for: text.id }, label), text, ...parts);
  }

  /** @param {Role} role */
  chooser(role) {
    const accept = role === "reference" ? "video/*" : "image/*,video/*,.heic,.heif,.avif";
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

  /** @param {Node} takes how often a sweep asks for each request */
  column(takes) {
    const controls = [...this.knobs].flatMap(([name, { root }]) => (name === "seed" ? [root, takes] : [root]));
    return h("div", { class: "column" }, ...controls);
  }

  /** A user's change of a control overrides a value that it could not show. */
  touch() {
    for (const control of this.knobs.values()) control.touch?.();
  }

  draw() {
    for (const control of this.knobs.values()) control.draw?.();
  }

  /** @param {Record<string, string>} moot why a knob changes nothing, by its name */
  dim(moot) {
    for (const [name, { root }] of this.knobs) root.classList.toggle("moot", Boolean(moot[name]));
  }

  // --- values --------------------------------------------------------------------------------------

  /**
   * The values of one request's controls, in place of those in `before`.
   * @param {FormValues} before
   * @returns {FormValues}
   */
  read(before) {
    /** @type {FormValues} */
    const values = { ...this.readCommon(before) };
    for (const role of INPUTS) values[role] = this.texts[role].value.trim();
    return Object.assign(values, this.readKnobs(false));
  }

  /** @returns {Axes} what the controls of a sweep say */
  axes() {
    const inputs = INPUTS.map((role) => [role, this.texts[role].value.trim()]);
    return { ...Object.fromEntries(inputs), ...this.readKnobs(true) };
  }

  /** @param {boolean} sweep */
  readKnobs(sweep) {
    return Object.fromEntries([...this.knobs].map(([name, control]) => [name, control.read(sweep)]));
  }

  /**
   * The common fields of a request and a sweep.
   * @param {FormValues} before
   * @returns {FormValues}
   */
  readCommon(before) {
    const type = /** @type {FormValues["character_type"]} */ (this.type.value);
    const beside = [...this.knobs.values()].map((control) => control.beside?.());
    return Object.assign({ ...before, character_type: type, allow_unlisted: this.unlisted.checked }, ...beside);
  }

  /** @param {FormValues} values */
  fill(values) {
    const { sweep, axes } = values;
    this.type.value = values.character_type;
    this.unlisted.checked = values.allow_unlisted;
    for (const [name, control] of this.knobs) control.fill(sweep ? axes[name] : values[name], sweep);
    for (const role of INPUTS) this.fillInput(role, sweep, String((sweep ? axes[role] : values[role]) ?? ""));
  }

  /**
   * @param {Role} role
   * @param {boolean} sweep
   * @param {string} held
   */
  fillInput(role, sweep, held) {
    const text = this.texts[role];
    // A link's name without its signature waits until nobody is in the middle of the link.
    const isTyped = text.value.trim() !== this.filled[role];
    const waits = this.dirty.has(role) || (isTyped && held.includes("…") && document.activeElement === text);
    if (!waits && text.value.trim() !== held) text.value = held;
    if (!waits) this.filled[role] = held;
    text.rows = sweep ? Math.min(8, Math.max(2, held.split("\n").length)) : 1;
    text.placeholder = HINTS[role] + (sweep ? "\none a line" : "");
    text.wrap = "off";
  }
}
