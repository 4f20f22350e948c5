// Sweep mode of the panel's form: what it has beside the fields, which hold several values then.

import { h, paying, put } from "../base/dom.js";
import { toOne, toSweep, whole } from "./values.js";

/**
 * @import { Axes, FormValues, Plan, Shown } from "../base/wire.d.ts"
 * @import { Form } from "./form.js"
 * @import { Notes } from "./notes.js"
 * @import { Owner } from "./owner.d.ts"
 */

/**
 * @param {number} count
 * @param {string} verb
 */
function requests(count, verb = "") {
  return `${verb}${count} ${count === 1 ? "request" : "requests"}`;
}

export class SweepForm {
  /**
   * @param {Owner} owner
   * @param {Form} form
   * @param {Notes} notes
   */
  constructor(owner, form, notes) {
    this.owner = owner;
    this.form = form;
    /** @type {Axes | null} */
    this.remembered = null; // the lists of the sweep that the form held last
    this.modes = [false, true].map((sweep) => this.modeInput(sweep));
    this.mode = this.makeMode();
    this.replicates = this.makeReplicates();
    notes.controls.set("replicates", this.replicates);
    this.takes = this.makeTakes(notes);
    this.count = h("strong", {});
    this.grid = h("span", { class: "facts" });
    this.total = h("strong", { class: "sum" });
    this.axes = h("dl", { class: "axes" });
    this.counts = h("div", { class: "facts" });
    const total = h("div", { class: "total" }, this.count, this.grid, this.total);
    this.plan = h("section", { class: "plan", "aria-label": "The sweep", hidden: true }, total, this.axes, this.counts);
    this.question = h("div", {});
    this.yes = h("button", { type: "button", class: "primary yes", ...paying(() => owner.submit(true)) });
    const no = h("button", { type: "button", onclick: () => owner.ask({ type: "decline" }) }, "Not now");
    this.offer = h("div", { class: "offer", role: "alert", hidden: true }, this.question, h("div", { class: "row" }, this.yes, no));
  }

  // --- controls ------------------------------------------------------------------------------------

  /** @param {boolean} sweep */
  modeInput(sweep) {
    const name = `${this.owner.id}-mode`;
    return h("input", { type: "radio", name, value: String(sweep), onchange: () => this.switched(sweep) });
  }

  makeMode() {
    const labels = this.modes.map((input, at) => h("label", {}, input, h("span", { class: "look" }, at ? "Sweep" : "One request")));
    return h("fieldset", { class: "field options mode" }, h("legend", { class: "unseen" }, "What to build"), ...labels);
  }

  makeReplicates() {
    const id = `${this.owner.id}-replicates`;
    const edited = { oninput: () => this.owner.edited("replicates"), onchange: () => this.owner.edited() };
    return h("input", { type: "number", id, min: 1, max: 999, step: 1, "aria-describedby": `${id}-notes`, ...edited });
  }

  /** @param {Notes} notes */
  makeTakes(notes) {
    const why = h("span", { class: "facts" }, "the same request again, to see how far chance goes");
    const label = h("label", { for: this.replicates.id }, "Takes of each");
    return h("div", { class: "field", hidden: true }, label, h("div", { class: "row" }, this.replicates, why), notes.list("replicates"));
  }

  // --- values --------------------------------------------------------------------------------------

  /** @returns {FormValues} what the form holds in its present mode */
  read() {
    const { form } = this;
    const { values } = this.owner;
    if (!values.sweep) return form.read(values);
    return { ...form.readCommon(values), axes: form.axes(), replicates: whole(this.replicates.value.trim()) ?? 1 };
  }

  /**
   * The other mode begins with what this one holds; lists are kept for the way back.
   * @param {boolean} sweep
   */
  switched(sweep) {
    const values = this.read();
    if (values.sweep) this.remembered = values.axes;
    const { knobs } = this.owner.choices;
    this.owner.set(sweep ? toSweep(values, this.remembered, knobs) : values.sweep ? toOne(values, knobs) : values);
    this.owner.fill();
  }

  /** @param {FormValues} values */
  fill({ sweep, replicates }) {
    if (!this.form.dirty.has("replicates")) this.replicates.value = String(replicates);
    for (const input of this.modes) input.checked = input.value === String(sweep);
    this.takes.hidden = !sweep;
  }

  // --- what the kernel says ------------------------------------------------------------------------

  /** @param {Shown} shown */
  draw({ sweep: plan, offer }) {
    this.plan.hidden = !this.owner.values.sweep;
    put(this.count, plan ? requests(plan.count) : "No sweep yet");
    put(this.total, plan ? plan.total : "");
    put(this.grid, plan ? plan.grid : "When nothing is marked any more, its requests and its price are here.");
    put(this.counts, plan ? plan.counts.join(" · ") : "");
    this.drawAxes(plan?.axes ?? []);
    this.offer.hidden = !offer;
    put(this.question, offer?.text ?? "");
    put(this.yes, offer?.button ?? "");
  }

  /** @param {Plan["axes"]} axes */
  drawAxes(axes) {
    const drawn = JSON.stringify(axes);
    if (this.axes.dataset.drawn === drawn) return;
    this.axes.dataset.drawn = drawn;
    const many = (/** @type {number} */ count) => h("span", { class: "many" }, String(count));
    this.axes.replaceChildren(...axes.flatMap(([name, count, values]) => [h("dt", {}, name), h("dd", {}, many(count), values)]));
  }

  /**
   * The text beside the button.
   * @param {Shown} shown
   */
  price({ sweep: plan, price }) {
    return this.owner.values.sweep ? [plan?.price, plan?.ask].filter(Boolean).join(". ") : price;
  }

  /**
   * The cost of a click by the page, US dollars; 0 where it names no price yet.
   * @param {Shown} shown
   */
  cost({ sweep: plan, cost }) {
    return this.owner.values.sweep ? (plan?.cost ?? 0) : cost;
  }

  /**
   * The text of the button.
   * @param {Shown} shown
   */
  verb({ sandbox, sweep: plan }) {
    const where = sandbox ? " to the sandbox" : "";
    if (!this.owner.values.sweep) return `Submit${where}`;
    if (!plan) return `Submit the sweep${where}`;
    return plan.buy === 0 ? "Show the sweep" : `${requests(plan.buy, "Submit ")}${where}`;
  }
}
