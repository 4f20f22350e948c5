// The slider of the expression intensity, which may also be not set at all.

import { h, put } from "../base/dom.js";

export class Intensity {
  /**
   * @param {string} id of the form
   * @param {string} title
   * @param {string[]} words what each level is called, from 1
   * @param {() => void} edited
   */
  constructor(id, title, words, edited) {
    this.words = words;
    /** @type {number | undefined} */
    this.odd = undefined; // a level that the slider cannot show: kept, and told
    const set = () => {
      this.range.dataset.set = "1";
      edited();
    };
    const clear = () => {
      delete this.range.dataset.set;
      edited();
    };
    const name = `${id}-intensity`;
    /** @type {HTMLInputElement} */
    this.range = h("input", { type: "range", id: name, min: 1, max: 5, step: 1, oninput: set, onclick: set });
    this.range.setAttribute("aria-describedby", `${id}-expression_intensity-notes`);
    this.level = h("output", { for: name });
    this.unset = h(
      "button",
      { type: "button", class: "small", onclick: clear },
      "Do not send",
      h("span", { class: "unseen" }, " the intensity"),
    );
    const label = h("label", { for: name }, title);
    const ends = h("div", { class: "ends", "aria-hidden": "true" }, ...words.map((word, at) => this.end(word, at)));
    this.root = h("div", { class: "field" }, h("div", { class: "titled" }, label, this.level, this.unset), this.range, ends);
  }

  /**
   * @param {string} word
   * @param {number} at
   */
  end(word, at) {
    const last = this.words.length - 1;
    const below = at % last ? [] : [h("br"), word]; // beside its number it would run into the next one
    return h("span", { style: `--at: ${at / last}` }, `${at + 1}`, ...below);
  }

  get isSet() {
    return Boolean(this.range.dataset.set);
  }

  get value() {
    return this.isSet ? this.position : null;
  }

  // The slider's value, set or not.
  get position() {
    return this.odd ?? Number(this.range.value);
  }

  // A move of the slider overrides a level that it could not show.
  touch() {
    if (document.activeElement === this.range) this.odd = undefined;
  }

  /** @param {number | null} level */
  fill(level) {
    if (level === null) delete this.range.dataset.set;
    else this.range.dataset.set = "1";
    this.range.value = String(level ?? 3);
    this.odd = level !== null && Number(this.range.value) !== level ? level : undefined;
    this.draw();
  }

  draw() {
    const { isSet, position } = this;
    const word = this.words[position - 1];
    const text = isSet ? (word ? `${position} · ${word}` : String(position)) : "not sent: the service decides";
    put(this.level, text);
    this.range.setAttribute("aria-valuetext", text);
    this.range.classList.toggle("dim", !isSet);
    this.level.classList.toggle("facts", !isSet);
    this.unset.hidden = !isSet;
  }
}
