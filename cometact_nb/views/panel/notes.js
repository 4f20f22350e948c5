// Shows the faults and doubtful points of a form, each beside its field.

import { h } from "../base/dom.js";

/** @import { Note, Shown } from "../base/wire.d.ts" */

/** @type {Record<string, string>} */
const SPOKEN = { error: "Error: ", warning: "Warning: " };

export class Notes {
  /** @param {string} id of the form */
  constructor(id) {
    this.id = id;
    /** @type {Map<string, HTMLElement>} */
    this.lists = new Map();
    /** @type {Map<string, Element>} */
    this.controls = new Map(); // what a screen reader is told to be wrong
  }

  /**
   * The place for what is said of a field; "" is the whole form.
   * @param {string} field
   */
  list(field) {
    const list = h("ul", { class: "notes", id: `${this.id}-${field || "form"}-notes` });
    this.lists.set(field, list);
    return list;
  }

  /** @param {Shown} shown */
  draw(shown) {
    for (const [field, list] of this.lists) this.tell(field, list, this.of(field, shown));
  }

  /**
   * @param {string} field
   * @param {Shown} shown
   * @returns {Note[]}
   */
  of(field, { findings, said, moot }) {
    const notes = [...(findings[field] ?? [])];
    if (field && said.place === field) notes.unshift(said);
    if (moot[field] && !notes.length) notes.push({ kind: "warning", text: moot[field] });
    return notes;
  }

  /**
   * @param {string} field
   * @param {HTMLElement} list
   * @param {Note[]} notes
   */
  tell(field, list, notes) {
    const drawn = JSON.stringify(notes);
    if (list.dataset.drawn === drawn) return;
    list.dataset.drawn = drawn;
    const item = (/** @type {Note} */ { kind, text }) => h("li", { class: kind }, h("span", { class: "unseen" }, SPOKEN[kind] ?? ""), text);
    list.replaceChildren(...notes.map(item));
    this.controls.get(field)?.setAttribute("aria-invalid", String(notes.some(({ kind }) => kind === "error")));
  }
}
