// The reader's word that files of theirs become public: asked before the first publication to a place.

import { h, put } from "../base/dom.js";

/** @import { Agreement } from "../base/wire.d.ts" */

export class PublicConsent {
  /** @param {string} id begins the ids of this view */
  constructor(id) {
    /** @type {Agreement | null} */
    this.question = null;
    this.box = h("input", { type: "checkbox", id: `${id}-public`, "aria-describedby": `${id}-public-what` });
    this.what = h("div", { id: `${id}-public-what` });
    const label = h("label", { for: this.box.id }, this.box, " Yes, make files of mine public there. You are asked once for each place.");
    this.root = h("div", { class: "offer public", role: "group", "aria-label": "What becomes public", hidden: true }, this.what, label);
  }

  /** @param {Agreement | null} question */
  draw(question) {
    // A yes was to these files at this place.
    if (question?.text !== this.question?.text || question?.place !== this.question?.place) this.box.checked = false;
    this.question = question;
    this.root.hidden = !question;
    put(this.what, question?.text ?? "");
  }

  /** Whether a submission has to wait for the reader's word. */
  get isOpen() {
    return this.question !== null && !this.box.checked;
  }

  /** @returns {{ place?: string }} the place that the reader has agreed to */
  get word() {
    return this.question && this.box.checked ? { place: this.question.place } : {};
  }
}
