// The buttons for a request that may have been paid for. Each names its possible cost.

import { Confirm } from "../base/confirm.js";
import { h, paying, put } from "../base/dom.js";
import { Mailbox } from "../base/kernel.js";

/** @import { Doubt, Sender, TaskToKernel } from "../base/wire.d.ts" */

const WORDS = {
  busy: () => "The kernel has not answered. If it is busy, it will be told when its cell ends.",
  patience: 4000,
};

const UNANSWERED = "The kernel ended before it answered: look with act.history() in a new one what became of this.";

export class Settle {
  /** @param {Sender<TaskToKernel>} model */
  constructor(model) {
    /** @type {Mailbox<TaskToKernel>} */
    this.mail = new Mailbox(model, {
      ...WORDS,
      say: (text) => put(this.status, text),
      lost: () => this.lose(),
    });
    this.confirm = new Confirm();
    /** @type {Doubt | null} */
    this.doubt = null;
    this.answered = "";
    this.isAsked = false; // and not answered
    this.status = h("div", { role: "status" });
    this.id = this.idInput();
    this.form = h("div");
    this.root = h("div");
  }

  /**
   * Fill `slot` from what Python says of the request; nothing is drawn anew while that stays the same.
   * @param {Element | null} slot
   * @param {Doubt | null} doubt
   */
  draw(slot, doubt) {
    if (!slot || !doubt) return;
    const same = this.doubt && JSON.stringify(doubt) === JSON.stringify(this.doubt);
    if (same && slot.contains(this.root)) return;
    this.doubt = doubt;
    this.confirm.leave();
    this.build(doubt);
    slot.replaceChildren(this.root);
  }

  /** @param {Doubt} doubt */
  build(doubt) {
    this.status = h("div", { role: "status" }, this.answered);
    this.id.value = "";
    const go = h("button", { type: "button", ...paying(() => this.give(doubt)) }, "Go on with it");
    this.form = h("div", { class: "id", hidden: true }, this.id, go);
    const log = doubt.log ? h("a", { href: doubt.log, target: "_blank", rel: "noopener noreferrer" }, doubt.place) : doubt.place;
    /** @type {HTMLButtonElement} */
    const confirm = h("button", { type: "button", "aria-expanded": "false", onclick: () => this.open(confirm) }, "Confirm…");
    const forget = this.asking("Forget", "Really give it up?", () => this.ask({ type: "settle", what: "forget", token: doubt.token }));
    const again = this.asking("Send again…", doubt.really, () => this.ask({ type: "settle", what: "again", token: doubt.token }));
    again.disabled = !doubt.again;
    this.root = h(
      "div",
      { class: "settle", role: "group", "aria-label": "Settle this request" },
      h("div", {}, log),
      h("div", { class: "choice" }, confirm, h("span", {}, "It is there: go on with its id. Costs nothing more.")),
      this.form,
      h("div", { class: "choice" }, forget, h("span", {}, "It is not there: give it up. Costs nothing; retry() may then buy it anew.")),
      h("div", { class: "choice" }, again, h("span", {}, doubt.cost)),
      this.status,
    );
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.confirm.leave());
  }

  idInput() {
    const input = h("input", { "aria-label": "The task's id, from the log", placeholder: "its id, from the log", spellcheck: "false" });
    input.addEventListener("keydown", (event) => {
      event.stopPropagation(); // not a cell's shortcut
      if (event.key === "Enter" && !event.repeat && this.doubt) this.give(this.doubt);
      if (event.key === "Escape") this.form.hidden = true;
    });
    return input;
  }

  /**
   * A button that asks once more before it acts.
   * @param {string} name
   * @param {string} question
   * @param {() => void} act
   */
  asking(name, question, act) {
    /** @type {HTMLButtonElement} */
    const button = h("button", { type: "button", ...paying(() => this.confirm.pressed(button, question) && act()) }, name);
    return button;
  }

  /** @param {HTMLButtonElement} button */
  open(button) {
    this.form.hidden = !this.form.hidden;
    button.setAttribute("aria-expanded", String(!this.form.hidden));
    if (!this.form.hidden) this.id.focus();
  }

  /** @param {Doubt} doubt */
  give(doubt) {
    const id = this.id.value.trim();
    if (id) this.ask({ type: "settle", what: "confirm", token: doubt.token, id });
    else put(this.status, "Give the id as the log has it.");
  }

  /** @param {TaskToKernel} content */
  ask(content) {
    for (const button of this.root.querySelectorAll("button")) button.disabled = true;
    this.isAsked = this.mail.ask(content);
    if (this.isAsked) put(this.status, "Asked…");
  }

  // There is no kernel any more: nothing can be chosen.
  lose() {
    if (this.isAsked) put(this.status, UNANSWERED);
    this.confirm.leave();
    this.form.remove();
    for (const choice of this.root.querySelectorAll(".choice")) choice.remove();
  }

  /**
   * The kernel's word; new facts come with it, and with them the buttons.
   * @param {string} text
   */
  answer(text) {
    this.mail.heard();
    this.isAsked = false;
    this.answered = text;
    put(this.status, text);
  }

  dispose() {
    this.mail.dispose();
    this.confirm.leave();
  }
}
