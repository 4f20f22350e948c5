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

  /**
   * The field that an element belongs to; "" is the whole form.
   * @param {Element} inside
   */
  fieldOf(inside) {
    const box = inside.closest(".field");
    return [...this.lists].find(([, list]) => box?.contains(list))?.[0] ?? "";
  }

  /**
   * The first control of the form whose value is wrong, or is missing.
   * @returns {HTMLElement | null}
   */
  firstWrong() {
    const wrong = [...this.lists.values()].filter((list) => list.querySelector(".error, .todo"));
    const first = wrong.sort((a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1))[0];
    /** @type {NodeListOf<HTMLElement> | undefined} */
    const controls = first?.closest(".field")?.querySelectorAll("textarea, select, input:not([type=file])");
    const visible = [...(controls ?? [])].filter((control) => control.getClientRects().length);
    return visible.find((control) => control.matches("[aria-invalid=true], :checked")) ?? visible[0] ?? null;
  }

  /** @param {Shown} state */
  draw(state) {
    const refused = !state.said.place && state.said.kind === "error";
    for (const [field, list] of this.lists) this.tell(field, list, this.of(field, state), refused);
  }

  /**
   * @param {string} field
   * @param {Shown} state
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
   * @param {boolean} refused that a value is missing is an error only when the form was to be submitted
   */
  tell(field, list, notes, refused) {
    const drawn = JSON.stringify([notes, refused]);
    if (list.dataset.drawn === drawn) return;
    list.dataset.drawn = drawn;
    const item = (/** @type {Note} */ { kind, text }) => h("li", { class: kind }, h("span", { class: "unseen" }, SPOKEN[kind] ?? ""), text);
    const isWrong = notes.some(({ kind }) => kind === "error" || (refused && kind === "todo"));
    list.replaceChildren(...notes.map(item));
    this.controls.get(field)?.setAttribute("aria-invalid", String(isWrong));
  }
}
