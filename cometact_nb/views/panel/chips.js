// A group of values to choose from: one of them for a request, several for a sweep. The browser gives them names,
// states and arrow keys.

import { h } from "../base/dom.js";

/**
 * @import { Choice } from "../base/wire.d.ts"
 * @import { Option } from "./owner.d.ts"
 */

export class Chips {
  /**
   * @param {string} id
   * @param {string} field
   * @param {string} legend
   * @param {Option[]} options
   * @param {Node} notes
   * @param {(input: HTMLInputElement) => void} picked
   */
  constructor(id, field, legend, options, notes, picked) {
    this.name = `${id}-${field}`;
    this.picked = picked;
    this.box = h("div", { class: `options ${field}` });
    this.set = h("fieldset", { class: "field", "aria-describedby": `${this.name}-notes` }, h("legend", {}, legend), this.box, notes);
    /** @type {HTMLInputElement[]} */
    this.inputs = [];
    for (const option of options) this.add(...option);
  }

  /**
   * @param {Choice} value
   * @param {...(string | Node)} look
   */
  add(value, ...look) {
    /** @type {HTMLInputElement} */
    const input = h("input", { type: "radio", name: this.name, value: JSON.stringify(value), onchange: () => this.picked(input) });
    this.inputs.push(input);
    this.box.append(h("label", {}, input, h("span", { class: "look" }, ...look)));
  }

  /** @param {Choice} value */
  has(value) {
    return this.inputs.some((input) => input.value === JSON.stringify(value));
  }

  /** @param {boolean} several may be chosen */
  mode(several) {
    this.set.setAttribute("role", several ? "group" : "radiogroup"); // the one of them that may be marked as wrong
    for (const input of this.inputs) input.type = several ? "checkbox" : "radio";
  }

  /** @param {Choice[]} values */
  check(values) {
    const texts = values.map((value) => JSON.stringify(value));
    for (const input of this.inputs) input.checked = texts.includes(input.value);
  }

  /** @returns {Choice} */
  get one() {
    return JSON.parse(this.inputs.find((input) => input.checked)?.value ?? "null");
  }

  /**
   * The ticked values. The first value replaces "not sent", which returns after the last.
   * @param {HTMLInputElement} [changed] what was ticked or unticked just now
   * @returns {Choice[]}
   */
  several(changed) {
    const none = this.inputs.find((input) => input.value === "null");
    const others = this.inputs.filter((input) => input !== none && input.checked);
    if (none && changed && changed !== none && changed.checked && others.length === 1) none.checked = false;
    if (none && !others.length) none.checked = true;
    return this.inputs.filter((input) => input.checked).map((input) => JSON.parse(input.value));
  }
}
