// A sweep in the browser. `grid` says where each cell lies, `cells` what each is, `head` the totals and what can
// be done. Posters, the details of one cell and clips come as messages.

import { Confirm } from "../base/confirm.js";
import { h, keepKeys, paying, put, subscribe } from "../base/dom.js";
import { goneNote, holdFocus, quoted } from "../base/gone.js";
import { Mailbox, viewName } from "../base/kernel.js";
import { duration } from "../task/card.js";
import { Details } from "./details.js";
import { Grid } from "./grid.js";

/**
 * @import { Buffer, Deed, Model, Offer, Rendering, SweepState, SweepToKernel, SweepToPage } from "../base/wire.d.ts"
 * @typedef {Model<SweepState, SweepToPage, SweepToKernel>} SweepModel
 */

const BATCH = 24;
const WORDS = {
  busy: () => "The kernel is busy. This will be done when it is free.",
  patience: 1000,
};

function makeParts() {
  return {
    state: h("strong", { class: "pill", role: "status" }),
    counts: h("ul", { class: "counts", "aria-label": "Cells by state" }),
    stack: h("div", { class: "stack", "aria-hidden": "true" }),
    money: h("span", { class: "money" }),
    left: h("span", { class: "left" }),
    buttons: h("div", { class: "buttons" }),
    problem: h("div", { class: "problem", role: "status" }),
    hint: h("div", { class: "note", role: "status" }),
    note: h("div", { class: "note", role: "status" }),
    busy: h("div", { class: "note", role: "status" }),
  };
}

class SweepView {
  /**
   * @param {SweepModel} model
   * @param {Element} el
   */
  constructor(model, el) {
    this.model = model;
    this.head = model.get("head");
    this.at = performance.now(); // when `head` came
    this.name = viewName();
    this.parts = makeParts();
    const say = (/** @type {string} */ text) => put(this.parts.busy, text);
    /** @type {Mailbox<SweepToKernel>} */
    this.mail = new Mailbox(model, { ...WORDS, say, lost: () => this.lose() }, { view: this.name });
    this.posters = new Posters(this.mail, (index, bytes) => this.grid.picture(index, bytes));
    this.grid = this.makeGrid();
    this.details = new Details(this.mail, this.grid);
    this.counted = ""; // the counts that are drawn
    /** @type {Map<string, HTMLButtonElement>} */
    this.offered = new Map(); // the buttons that are drawn, by their offers
    this.confirm = new Confirm(() => put(this.parts.note, ""));
    /** @type {number | undefined} */
    this.clicked = undefined; // the token of a click that the kernel has not answered
    this.root = this.build();
    el.append(this.root);
    const unsubscribe = subscribe(model, {
      "change:cells": () => this.grid.draw(model.get("cells")),
      "change:grid": () => this.regrid(),
      "change:head": () => this.draw(),
      "msg:custom": (content, buffers) => this.message(content, buffers ?? []),
    });
    this.ends = [unsubscribe, keepKeys(this.root)];
    this.clock = setInterval(() => this.tick(), 1000);
    this.grid.draw(model.get("cells"));
    this.draw();
    this.mail.send({ type: "hello" });
  }

  makeGrid() {
    return new Grid(
      this.model.get("grid"),
      (index) => this.details.open(index),
      (index) => this.posters.want(index),
    );
  }

  // Cells were added: the places of the others may have changed.
  regrid() {
    const before = this.grid;
    this.grid = this.makeGrid();
    this.details.grid = this.grid;
    before.root.replaceWith(this.grid.root);
    before.dispose();
    this.grid.mark(this.details.index);
    this.grid.draw(this.model.get("cells"));
    this.draw();
  }

  build() {
    const { parts: p } = this;
    const grid = this.model.get("grid");
    const title = h("span", { class: "title" }, "Sweep ", h("code", {}, grid.name));
    const sandbox = grid.sandbox ? h("strong", { class: "pill dashed" }, "SANDBOX") : null;
    const root = h("section", { class: "cometact-sweep", "aria-label": `Act-Two sweep ${grid.name}` });
    root.append(h("div", { class: "head" }, p.state, sandbox, title, p.buttons), p.problem, p.hint, p.note, p.busy, p.stack);
    root.append(h("div", { class: "totals" }, p.counts, h("div", { class: "facts" }, p.money, p.left)), this.grid.root, this.details.root);
    root.addEventListener("keydown", ({ key }) => key === "Escape" && this.escape());
    return root;
  }

  // --- totals --------------------------------------------------------------------------------------

  draw() {
    const head = this.model.get("head");
    this.head = head;
    this.at = performance.now();
    const { parts: p } = this;
    const { kinds, labels } = this.model.get("grid");
    this.root.style.setProperty("--tone", head.tone);
    put(p.state, head.state);
    put(p.problem, head.problem && `Paused: ${head.problem}`);
    put(p.hint, head.hint);
    put(p.money, head.money);
    const counts = Object.entries(head.counts);
    const text = JSON.stringify(counts);
    if (text !== this.counted) {
      this.counted = text;
      p.counts.replaceChildren(...counts.map(([kind, count]) => this.count(kinds[kind], count)));
      p.stack.replaceChildren(...counts.map(([kind, count]) => this.segment(kinds[kind][1], count / labels.length)));
    }
    this.offer();
    this.tick();
  }

  /**
   * @param {[string, string]} kind its words and its colour
   * @param {number} number
   */
  count([word, tone], number) {
    const item = h("li", {}, h("b", {}, String(number)), ` ${word}`);
    item.style.setProperty("--tone", tone);
    return item;
  }

  /**
   * @param {string} tone
   * @param {number} share
   */
  segment(tone, share) {
    const part = h("i");
    part.style.cssText = `background:${tone};flex:${share}`;
    return part;
  }

  // Controls that need a kernel go; the content stays, with its age.
  lose() {
    const focus = holdFocus(this.root);
    clearInterval(this.clock);
    this.confirm.leave();
    const { buttons, left } = this.parts;
    buttons.replaceChildren();
    put(left, "");
    this.posters.dispose();
    this.details.lose();
    const note = this.clicked === this.head.token ? "Your click was not answered." : "";
    const line = `act.sweep_by_name(${quoted(this.model.get("grid").name)})`;
    this.root
      .querySelector(".head")
      ?.after(
        goneNote(
          line,
          "finds it again, and buys the rest if it was running, within what you approved; what was sent goes on at the service meanwhile",
          note,
        ),
      );
    focus();
  }

  tick() {
    const { head, parts } = this;
    if (!head.ticking) put(parts.left, "");
    else if (head.left === null) put(parts.left, "Time left is known when a cell has ended");
    else {
      const left = Math.max(0, head.left - (performance.now() - this.at) / 1000);
      put(parts.left, left < 1 ? "About to end" : `About ${duration(left)} left`);
    }
  }

  // --- actions -------------------------------------------------------------------------------------

  // A button stays as long as its offer: a click must not lose its target, nor a question its button.
  offer() {
    const { actions, acting, token } = this.head;
    const { buttons } = this.parts;
    const offers = /** @type {[Deed, Offer][]} */ (Object.entries(actions));
    const drawn = new Map(offers.map(([what, offer]) => [JSON.stringify([what, offer]), this.button(what, offer)]));
    if (String([...drawn.keys()]) !== String([...this.offered.keys()])) {
      const focused = document.activeElement?.getAttribute("data-what");
      this.offered = drawn;
      if (this.confirm.button && ![...drawn.values()].includes(this.confirm.button)) this.confirm.leave();
      buttons.replaceChildren(...drawn.values());
      if (focused) this.focus(focused);
    }
    const locked = acting || this.clicked === token;
    for (const button of buttons.querySelectorAll("button")) button.disabled = locked && button.dataset.what !== "pause";
  }

  /**
   * @param {Deed} what
   * @param {Offer} offer
   */
  button(what, offer) {
    const drawn = this.offered.get(JSON.stringify([what, offer]));
    /** @type {HTMLButtonElement} */
    const button =
      drawn ?? h("button", { type: "button", "data-what": what, ...paying(() => this.click(what, offer, button)) }, offer.label);
    return button;
  }

  /** @param {string} what */
  focus(what) {
    const button = this.parts.buttons.querySelector(`[data-what="${what}"]`);
    if (button instanceof HTMLElement) button.focus();
  }

  /**
   * @param {Deed} what
   * @param {Offer} offer
   * @param {HTMLButtonElement} button
   */
  click(what, offer, button) {
    const verb = offer.label.toLowerCase();
    if (!offer.ask || this.confirm.pressed(button, `Really ${verb}?`)) this.act(what, offer);
    else put(this.parts.note, `${offer.ask} Click again to ${verb}, Esc to leave it.`);
  }

  /**
   * @param {Deed} what
   * @param {Offer} offer
   */
  act(what, { agreed = 0 }) {
    const { token } = this.head;
    if (what !== "pause") this.clicked = token; // until the kernel has answered
    put(this.parts.note, "");
    if (this.mail.ask({ type: "act", what, token, agreed })) this.offer();
  }

  escape() {
    if (this.confirm.button) this.confirm.leave();
    else if (this.details.isOpen) this.details.close();
  }

  // --- from the kernel -----------------------------------------------------------------------------

  /**
   * @param {SweepToPage} content
   * @param {Buffer[]} buffers
   */
  message(content, buffers) {
    if (content.type === "heard") this.mail.heard(content.number);
    else if (content.type === "note" && content.view === undefined) put(this.parts.note, content.text);
    else if (content.view !== this.name) return;
    else if (content.type === "posters") this.posters.receive(content.cells, buffers);
    else if (content.type === "card") this.details.draw(content);
    else this.details.message(content, buffers);
  }

  dispose() {
    clearInterval(this.clock);
    this.confirm.leave();
    this.mail.dispose();
    this.posters.dispose();
    for (const end of this.ends) end();
    this.details.drop();
    this.grid.dispose();
    this.root.remove();
  }
}

// Asks for posters, some at a time, so that other messages are not held up.
class Posters {
  /**
   * @param {Mailbox<SweepToKernel>} mail
   * @param {(index: number, bytes: Buffer) => void} show
   */
  constructor(mail, show) {
    this.mail = mail;
    this.show = show;
    /** @type {Set<number>} */
    this.waiting = new Set();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.batch = undefined;
  }

  /** @param {number} index */
  want(index) {
    this.waiting.add(index);
    this.batch ??= setTimeout(() => this.ask(), 50);
  }

  ask() {
    const cells = [...this.waiting].slice(0, BATCH);
    for (const index of cells) this.waiting.delete(index);
    if (!cells.length || !this.mail.send({ type: "posters", cells })) this.batch = undefined;
  }

  /**
   * @param {number[]} cells
   * @param {Buffer[]} buffers
   */
  receive(cells, buffers) {
    cells.forEach((index, at) => {
      this.show(index, buffers[at]);
    });
    this.ask();
  }

  dispose() {
    clearTimeout(this.batch);
  }
}

export default {
  /** @param {Rendering<SweepState, SweepToPage, SweepToKernel>} context */
  render({ model, el }) {
    const view = new SweepView(model, el);
    return () => view.dispose();
  },
};
