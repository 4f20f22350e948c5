// What its user decides about a request that may have been paid for. Each choice says what it may cost.

import { h, paying, put } from "../base/dom.js";

const STANDS_MS = 6000; // how long "Really …?" stands
const PATIENCE_MS = 4000; // a kernel that has not answered by then is busy or gone

export class Settle {
  constructor(send) {
    this.send = send;
    this.facts = null;
  }

  // Fill `slot` from what Python says of the request; nothing is drawn anew while that stays the same.
  draw(slot, facts) {
    if (!slot || !facts) return;
    const same = this.facts && JSON.stringify(facts) === JSON.stringify(this.facts);
    if (same && slot.contains(this.root)) return;
    this.facts = facts;
    this.id = h("input", { "aria-label": "The task's id, from the log", placeholder: "its id, from the log", spellcheck: "false" });
    this.go = h("button", { type: "button", ...paying(() => this.confirm()) }, "Go on with it");
    this.form = h("div", { class: "id", hidden: true }, this.id, this.go);
    this.id.addEventListener("keydown", (event) => {
      event.stopPropagation(); // not a cell's shortcut
      if (event.key === "Enter" && !event.repeat) this.confirm();
      if (event.key === "Escape") this.form.hidden = true;
    });
    this.status = h("div", { role: "status" }, this.said ?? "");
    const log = facts.log ? h("a", { href: facts.log, target: "_blank", rel: "noopener noreferrer" }, facts.place) : facts.place;
    const buttons = {
      confirm: h("button", { type: "button", "aria-expanded": "false", onclick: () => this.open() }, "Confirm…"),
      forget: this.sure("Forget", "Really give it up?", () => this.ask("forget")),
      again: this.sure("Send again…", facts.really, () => this.ask("again")),
    };
    buttons.again.disabled = !facts.again;
    this.buttons = buttons;
    this.root = h(
      "div",
      { class: "settle", role: "group", "aria-label": "Settle this request" },
      h("div", {}, log),
      h("div", { class: "choice" }, buttons.confirm, h("span", {}, "It is there: go on with its id. Costs nothing more.")),
      this.form,
      h(
        "div",
        { class: "choice" },
        buttons.forget,
        h("span", {}, "It is not there: give it up. Costs nothing; retry() may then buy it anew."),
      ),
      h("div", { class: "choice" }, buttons.again, h("span", {}, facts.cost)),
      this.status,
    );
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.unsure());
    slot.replaceChildren(this.root);
  }

  // A button that asks once more before it acts.
  sure(name, question, act) {
    const button = h(
      "button",
      {
        type: "button",
        ...paying(() => {
          if (button.dataset.sure) return (this.unsure(), act());
          this.unsure();
          button.dataset.sure = "1";
          button.dataset.name = name;
          put(button, question);
          this.timer = setTimeout(() => this.unsure(), STANDS_MS);
        }),
      },
      name,
    );
    return button;
  }

  unsure() {
    clearTimeout(this.timer);
    for (const button of this.root.querySelectorAll("button[data-sure]")) {
      delete button.dataset.sure;
      put(button, button.dataset.name);
    }
  }

  open() {
    this.form.hidden = !this.form.hidden;
    this.buttons.confirm.setAttribute("aria-expanded", String(!this.form.hidden));
    if (!this.form.hidden) this.id.focus();
  }

  confirm() {
    const id = this.id.value.trim();
    if (id) this.ask("confirm", { id });
    else put(this.status, "Give the id as the log has it.");
  }

  ask(what, more = {}) {
    for (const button of this.root.querySelectorAll("button")) button.disabled = true;
    const gone = "The kernel has not answered. If it is busy, it will be told when its cell ends.";
    const sent = this.send({ type: "settle", what, token: this.facts.token, ...more });
    put(this.status, sent ? "Asked…" : "The kernel is gone; nothing was done.");
    if (sent) this.patience = setTimeout(() => put(this.status, gone), PATIENCE_MS);
  }

  // The kernel's word; new facts come with it, and with them the buttons.
  answer(text) {
    clearTimeout(this.patience);
    this.said = text;
    put(this.status, text);
  }
}
