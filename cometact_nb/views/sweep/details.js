// One cell of a sweep, open below the others: a task's card, or what would be sent.

import { h } from "../base/dom.js";
import { fill } from "../base/html.js";
import { Card } from "../task/card.js";
import { CellModel } from "./cell_model.js";

/**
 * @import { Mailbox } from "../base/kernel.js"
 * @import { Buffer, SweepToKernel, SweepToPage } from "../base/wire.d.ts"
 * @import { Grid } from "./grid.js"
 * @typedef {Extract<SweepToPage, { type: "card" }>} CardFacts
 */

const NO_KERNEL = "The kernel has ended before it said more of this cell.";

export class Details {
  /**
   * @param {Mailbox<SweepToKernel>} mail
   * @param {Grid} grid
   */
  constructor(mail, grid) {
    this.mail = mail;
    this.grid = grid;
    this.root = h("section", { class: "details", "aria-label": "Details of a cell", hidden: true });
    this.inside = h("div", { class: "inside" });
    /** @type {number | null} */
    this.index = null;
    /** @type {CellModel | null} */
    this.model = null;
    /** @type {Card | null} */
    this.card = null;
  }

  get isOpen() {
    return !this.root.hidden;
  }

  /** @param {number} index */
  open(index) {
    if (this.index === index) {
      this.close();
      return;
    }
    this.shut();
    this.index = index;
    this.grid.mark(index);
    const label = this.grid.grid.labels[index];
    const close = h("button", { type: "button", onclick: () => this.close() }, "Close");
    this.inside = h("div", { class: "inside" }, "Asking the kernel…");
    const title = h("strong", { class: "name", tabindex: "-1" }, `Cell ${index + 1}${label ? `: ${label}` : ""}`);
    this.root.replaceChildren(h("div", { class: "head" }, title, h("div", { class: "buttons" }, close)), this.inside);
    this.root.hidden = false;
    title.focus({ preventScroll: true });
    this.root.scrollIntoView({ block: "nearest" });
    if (!this.mail.send({ type: "open", cell: index })) this.inside.replaceChildren(NO_KERNEL);
  }

  /**
   * Show the kernel's facts about the open cell, which come again after each change.
   * @param {CardFacts} facts
   */
  draw({ cell, html, live }) {
    if (cell !== this.index) return;
    if (live && this.model) {
      this.model.change({ html, live });
      return;
    }
    this.drop();
    this.inside.replaceChildren();
    if (live) {
      this.model = new CellModel((content) => this.mail.send({ ...content, cell }), { html, live });
      this.card = new Card(this.model, this.inside);
    } else {
      const plain = h("div", { class: "cometact" });
      fill(plain, html);
      this.inside.append(plain);
    }
    this.root.scrollIntoView({ block: "nearest" });
  }

  /**
   * Pass a message of the kernel to the card of the open cell.
   * @param {Exclude<SweepToPage, { type: "heard" | "posters" | "card" }>} content
   * @param {Buffer[]} buffers
   */
  message(content, buffers) {
    if (content.type === "note" && content.view === undefined) return;
    if (content.cell !== undefined && content.cell !== this.index) return;
    if (this.card) this.model?.message({ ...content, view: this.card.name }, buffers);
  }

  // There is no kernel any more: a card that is open stays, without what needs one.
  lose() {
    if (!this.isOpen) return;
    if (this.card) this.card.mail.lose();
    else if (!this.inside.querySelector(".cometact")) this.inside.replaceChildren(NO_KERNEL);
  }

  drop() {
    this.card?.dispose();
    this.model = this.card = null;
  }

  shut() {
    this.drop();
    this.index = null;
    this.grid.mark(null);
    this.root.hidden = true;
    this.root.replaceChildren();
  }

  close() {
    const { index } = this;
    this.shut();
    this.mail.send({ type: "close" });
    if (index !== null) this.grid.cells.get(index)?.button.focus();
  }
}
