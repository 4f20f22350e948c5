// A sweep in the browser. `grid` says where each cell lies, `cells` what each is, `head` the totals and what can
// be done. Posters, the details of one cell and clips come as messages.

import { h, keepKeys, paying, put, subscribe } from "../base/dom.js";
import { Card, duration } from "../task/card.js";
import { Grid } from "./grid.js";

const HEARD_MS = 1000; // a kernel that has not heard a click by then is busy
const BATCH = 24;
const BATCH_MS = 600;

// What a task's card takes for its model: one cell of the sweep.
class CellModel {
  constructor(view, cell, state) {
    Object.assign(this, { view, cell, state, handlers: {} });
  }

  get(name) {
    return this.state[name];
  }

  on(name, handler) {
    this.handlers[name] = handler;
  }

  off(name) {
    delete this.handlers[name];
  }

  send(content) {
    if (content.type !== "hello") this.view.send({ ...content, cell: this.cell });
  }

  change(state) {
    const before = this.state;
    this.state = state;
    if (before.html !== state.html) this.handlers["change:html"]?.();
    this.handlers["change:live"]?.();
  }

  message(content, buffers, name) {
    this.handlers["msg:custom"]?.({ ...content, view: name }, buffers);
  }
}

class SweepView {
  constructor(model, el) {
    this.model = model;
    this.name = Math.random().toString(36).slice(2); // whose request a message answers
    this.wanted = new Set();
    this.number = 0;
    this.build();
    el.append(this.root);
    const unsubscribe = subscribe(model, {
      "change:cells": () => this.grid.draw(model.get("cells")),
      "change:head": () => this.draw(),
      "msg:custom": (content, buffers) => this.message(content, buffers ?? []),
    });
    this.ends = [unsubscribe, keepKeys(this.root)];
    this.clock = setInterval(() => this.tick(), 1000);
    this.grid.draw(model.get("cells"));
    this.draw();
    this.send({ type: "hello" });
  }

  build() {
    const grid = this.model.get("grid");
    const p = (this.parts = {
      state: h("strong", { class: "pill", role: "status" }),
      counts: h("ul", { class: "counts", "aria-label": "Cells by state" }),
      stack: h("div", { class: "stack", "aria-hidden": "true" }),
      money: h("span", { class: "money" }),
      left: h("span", { class: "left" }),
      buttons: h("div", { class: "buttons" }),
      problem: h("div", { class: "problem", role: "status" }),
      hint: h("div", { class: "note", role: "status" }),
      ask: h("div", { class: "ask", role: "group", "aria-label": "Please confirm", hidden: true }),
      note: h("div", { class: "note", role: "status" }),
      busy: h("div", { class: "note", role: "status" }),
      details: h("section", { class: "details", "aria-label": "Details of a cell", hidden: true }),
    });
    this.grid = new Grid(
      grid,
      (index) => this.open(index),
      (index) => this.want(index),
    );
    const title = h("span", { class: "title" }, "Sweep ", h("code", {}, grid.name));
    const head = h(
      "div",
      { class: "head" },
      p.state,
      ...(grid.sandbox ? [h("strong", { class: "pill dashed" }, "SANDBOX")] : []),
      title,
      p.buttons,
    );
    const totals = h("div", { class: "totals" }, p.counts, h("div", { class: "facts" }, p.money, p.left));
    this.root = h("section", { class: "cometact-sweep", "aria-label": `Act-Two sweep ${grid.name}` });
    this.root.append(head, p.problem, p.hint, p.ask, p.note, p.busy, p.stack, totals, this.grid.root, p.details);
    this.root.addEventListener("keydown", ({ key }) => key === "Escape" && this.escape());
  }

  send(content) {
    try {
      this.model.send({ ...content, view: this.name });
      return true;
    } catch {
      put(this.parts.busy, "The kernel is gone. act.sweep_by_name(…) in a new one finds the sweep again.");
      return false;
    }
  }

  // --- totals and actions --------------------------------------------------------------------------

  draw() {
    const head = (this.head = this.model.get("head"));
    this.at = performance.now();
    const { parts: p } = this;
    const { kinds, labels } = this.model.get("grid");
    this.root.style.setProperty("--tone", head.tone);
    put(p.state, head.state);
    put(p.problem, head.problem && `Paused: ${head.problem}`);
    put(p.hint, head.hint);
    put(p.money, head.money);
    const counts = Object.entries(head.counts);
    const shown = JSON.stringify(counts);
    if (shown !== this.counted) {
      this.counted = shown;
      p.counts.replaceChildren(...counts.map(([kind, count]) => this.count(kinds[kind], count)));
      p.stack.replaceChildren(...counts.map(([kind, count]) => this.segment(kinds[kind][1], count / labels.length)));
    }
    this.offer();
    this.tick();
  }

  count([said, tone], number) {
    const item = h("li", {}, h("b", {}, String(number)), ` ${said}`);
    item.style.setProperty("--tone", tone);
    return item;
  }

  segment(tone, share) {
    const part = h("i");
    part.style.cssText = `background:${tone};flex:${share}`;
    return part;
  }

  tick() {
    const { head } = this;
    if (!head.ticking) return put(this.parts.left, "");
    if (head.left === null) return put(this.parts.left, "Time left is known when a cell has ended");
    const left = Math.max(0, head.left - (performance.now() - this.at) / 1000);
    put(this.parts.left, left < 1 ? "About to end" : `About ${duration(left)} left`);
  }

  // The buttons, made anew only when there are others: a click must not lose its target.
  offer() {
    const { actions, acting, token } = this.head;
    const shown = JSON.stringify(actions);
    if (shown !== this.offered) {
      const focused = document.activeElement?.dataset?.what;
      this.offered = shown;
      this.parts.buttons.replaceChildren(
        ...Object.entries(actions).map(([what, { label }]) =>
          h("button", { type: "button", "data-what": what, onclick: () => this.click(what) }, label),
        ),
      );
      if (focused) this.parts.buttons.querySelector(`[data-what="${focused}"]`)?.focus();
      if (this.asking && JSON.stringify(actions[this.asking]) !== this.asked) this.unask();
    }
    const locked = acting || this.clicked === token;
    for (const button of this.parts.buttons.children) {
      button.toggleAttribute("disabled", locked && button.dataset.what !== "pause");
    }
  }

  click(what) {
    const action = this.head.actions[what];
    this.unask();
    if (!action.ask) return this.act(what, action);
    this.asking = what;
    this.asked = JSON.stringify(action);
    const yes = h(
      "button",
      { type: "button", class: "yes", ...paying(() => (this.unask(), this.act(what, action))) },
      `Yes: ${action.label.toLowerCase()}`,
    );
    const no = h("button", { type: "button", onclick: () => this.unask(true) }, "No");
    this.parts.ask.replaceChildren(h("span", {}, h("b", {}, `Really ${action.label.toLowerCase()}? `), action.ask), yes, no);
    this.parts.ask.hidden = false;
    no.focus();
  }

  unask(back = false) {
    const { asking } = this;
    this.asking = undefined;
    this.parts.ask.hidden = true;
    this.parts.ask.replaceChildren();
    if (back) this.parts.buttons.querySelector(`[data-what="${asking}"]`)?.focus();
  }

  act(what, { agreed = 0 }) {
    const { token } = this.head;
    if (what !== "pause") this.clicked = token; // until the kernel has answered
    clearTimeout(this.waiting);
    put(this.parts.note, "");
    if (!this.send({ type: "act", what, token, agreed, number: ++this.number })) return;
    this.waiting = setTimeout(() => put(this.parts.busy, "The kernel is busy. This will be done when it is free."), HEARD_MS);
    this.offer();
  }

  escape() {
    if (this.asking) this.unask(true);
    else if (!this.parts.details.hidden) this.close();
  }

  // --- posters -------------------------------------------------------------------------------------

  want(index) {
    this.wanted.add(index);
    this.batch ??= setTimeout(() => this.ask(), 50);
  }

  ask() {
    const cells = [...this.wanted].slice(0, BATCH);
    for (const index of cells) this.wanted.delete(index);
    this.asked_at = performance.now();
    if (!cells.length || !this.send({ type: "posters", cells })) this.batch = undefined;
  }

  posters(cells, buffers) {
    cells.forEach((index, at) => this.grid.picture(index, buffers[at]));
    this.batch = setTimeout(() => this.ask(), Math.max(0, BATCH_MS - (performance.now() - this.asked_at)));
  }

  // --- one cell ------------------------------------------------------------------------------------

  open(index) {
    if (this.opened === index) return this.close();
    this.shut();
    this.opened = index;
    this.grid.mark(index);
    const { details } = this.parts;
    const { labels } = this.model.get("grid");
    const close = h("button", { type: "button", onclick: () => this.close() }, "Close");
    this.inside = h("div", { class: "inside" }, "Asking the kernel…");
    const title = h("h4", { tabindex: "-1" }, `Cell ${index + 1}${labels[index] ? `: ${labels[index]}` : ""}`);
    details.replaceChildren(h("div", { class: "head" }, title, h("div", { class: "buttons" }, close)), this.inside);
    details.hidden = false;
    title.focus({ preventScroll: true });
    details.scrollIntoView({ block: "nearest" });
    this.send({ type: "open", cell: index });
  }

  card({ cell, html, live }) {
    if (cell !== this.opened) return;
    if (live && this.task) return this.task.change({ html, live });
    this.card_off?.dispose();
    this.task = this.card_off = undefined;
    this.inside.replaceChildren();
    if (live) {
      this.task = new CellModel(this, cell, { html, live });
      this.card_off = new Card(this.task, this.inside);
    } else {
      const plain = h("div", { class: "cometact" });
      plain.innerHTML = html; // made and escaped by Python
      this.inside.append(plain);
    }
    this.parts.details.scrollIntoView({ block: "nearest" });
  }

  shut() {
    this.card_off?.dispose();
    this.task = this.card_off = this.opened = undefined;
    this.grid.mark(null);
    this.parts.details.hidden = true;
    this.parts.details.replaceChildren();
  }

  close() {
    const index = this.opened;
    this.shut();
    this.send({ type: "close" });
    this.grid.cells.get(index)?.button.focus();
  }

  message(content, buffers) {
    if (content.type === "heard" && content.number === this.number) {
      clearTimeout(this.waiting);
      put(this.parts.busy, "");
    }
    if (content.type === "note" && !content.view) put(this.parts.note, content.text);
    if (content.view !== this.name) return;
    if (content.type === "posters") this.posters(content.cells, buffers);
    else if (content.type === "card") this.card(content);
    else if (content.cell === undefined || content.cell === this.opened) this.task?.message(content, buffers, this.card_off.name);
  }

  dispose() {
    clearInterval(this.clock);
    clearTimeout(this.waiting);
    clearTimeout(this.batch);
    for (const end of this.ends) end();
    this.card_off?.dispose();
    this.grid.dispose();
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const view = new SweepView(model, el);
    return () => view.dispose();
  },
};
