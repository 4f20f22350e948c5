// Sweep mode of the panel's form: the same fields, each with several values.

import { h, paying, put } from "../base/dom.js";
import { Form } from "./form.js";

export const TYPED = ["character", "reference", "seed"]; // as text; the others are chosen from chips

export class SweepForm extends Form {
  get chosen() {
    return Object.keys(this.groups);
  }

  mode() {
    const p = this.parts,
      name = `${this.id}-mode`;
    const one = (sweep, text) =>
      h(
        "label",
        {},
        h("input", { type: "radio", name, value: String(sweep), onchange: () => this.switched(sweep) }),
        h("span", { class: "look" }, text),
      );
    return (p.mode = h(
      "fieldset",
      { class: "field options mode" },
      h("legend", { class: "unseen" }, "What to build"),
      one(false, "One request"),
      one(true, "Sweep"),
    ));
  }

  takes() {
    const p = this.parts,
      id = `${this.id}-replicates`;
    p.replicates = h("input", {
      type: "number",
      id,
      min: 1,
      max: 999,
      step: 1,
      "aria-describedby": `${id}-notes`,
      oninput: () => this.edited("replicates"),
      onchange: () => this.edited(),
    });
    return (p.takes = h(
      "div",
      { class: "field", hidden: true },
      h("label", { for: id }, "Takes of each"),
      h("div", { class: "row" }, p.replicates, h("span", { class: "facts" }, "the same request again, to see how far chance goes")),
      this.note("replicates"),
    ));
  }

  plan() {
    const p = this.parts;
    p.count = h("strong", {});
    p.grid = h("span", { class: "facts" });
    p.total = h("strong", { class: "sum" });
    p.axes = h("dl", { class: "axes" });
    p.counts = h("div", { class: "facts" });
    p.plan = h(
      "section",
      { class: "plan", "aria-label": "The sweep", hidden: true },
      h("div", { class: "total" }, p.count, p.grid, p.total),
      p.axes,
      p.counts,
    );
    return p.plan;
  }

  offer() {
    const p = this.parts;
    p.price_asked = h("div", {});
    p.yes = h("button", { type: "button", class: "primary yes", ...paying(() => this.submit(true)) });
    p.offer = h(
      "div",
      { class: "offer", role: "alert", hidden: true },
      p.price_asked,
      h("div", { class: "row" }, p.yes, h("button", { type: "button", onclick: () => this.ask("decline") }, "Not now")),
    );
    return p.offer;
  }

  // The other mode begins with what this one holds; lists are kept for the way back.
  switched(sweep) {
    const values = this.read();
    if (sweep) {
      const several = this.remembered ?? {};
      const has = (field) =>
        TYPED.includes(field)
          ? (several[field] ?? "")
              .split(/[\n,]/)
              .map((part) => part.trim())
              .includes(String(values[field] ?? ""))
          : (several[field] ?? []).includes(values[field]);
      const one = (field) => (TYPED.includes(field) ? String(values[field] ?? "") : [values[field]]);
      values.axes = Object.fromEntries([...TYPED, ...this.chosen].map((field) => [field, has(field) ? several[field] : one(field)]));
    } else {
      this.remembered = values.axes;
      for (const field of this.chosen) values[field] = values.axes[field][0];
      for (const field of TYPED) values[field] = values.axes[field].split(field === "seed" ? /[,:]/ : "\n")[0].trim();
      values.seed = this.whole(values.seed);
      values.axes = {};
    }
    this.set({ ...values, sweep });
    this.fill();
  }

  whole(text) {
    return text === "" ? null : /^\d{1,15}$/.test(text) ? Number(text) : text;
  }

  // What was ticked in a group of chips. "Not sent" gives way to the first value, and comes back with the last.
  ticked(field, changed) {
    const inputs = [...this.groups[field].box.querySelectorAll("input")];
    const none = inputs.find((input) => input.value === "null");
    const others = inputs.filter((input) => input !== none && input.checked);
    if (changed && changed !== none && changed.checked && others.length === 1) none.checked = false;
    if (!others.length) none.checked = true;
    return inputs.filter((input) => input.checked).map((input) => JSON.parse(input.value));
  }

  readAxes() {
    const text = (field) => this.parts[field].value.trim();
    return Object.fromEntries([...TYPED.map((field) => [field, text(field)]), ...this.chosen.map((field) => [field, this.ticked(field)])]);
  }

  fillMode(values) {
    const p = this.parts,
      sweep = Boolean(values.sweep);
    this.root.classList.toggle("sweeping", sweep);
    for (const input of p.mode.querySelectorAll("input")) input.checked = input.value === String(sweep);
    for (const { box } of Object.values(this.groups))
      for (const input of box.querySelectorAll("input")) input.type = sweep ? "checkbox" : "radio";
    put(p.coded, `The same ${sweep ? "sweep" : "request"} as code`);
    p.takes.hidden = !sweep;
    p.slider.hidden = sweep;
    p.levels.hidden = !sweep;
    p.locking.hidden = sweep;
    p.seed.placeholder = sweep ? "not sent; or several: 1,2,5:8" : "not sent: the service chooses";
    put(p.draw.firstChild, sweep ? "Add random" : "Random");
    for (const role of ["character", "reference"]) {
      const lines = sweep ? Math.min(8, Math.max(2, (values.axes?.[role] ?? "").split("\n").length)) : 1;
      p[role].rows = lines;
      p[role].placeholder = this.hints[role] + (sweep ? "\none a line" : "");
      p[role].wrap = "off";
    }
  }

  drawPlan(shown) {
    const p = this.parts,
      plan = shown.sweep,
      sweep = this.model.get("values").sweep;
    p.plan.hidden = !sweep;
    put(p.count, plan ? `${plan.count} ${plan.count === 1 ? "request" : "requests"}` : "No sweep yet");
    put(p.total, plan ? plan.total : "");
    put(p.grid, plan ? plan.grid : "When nothing is marked any more, its requests and its price are here.");
    put(p.counts, plan ? plan.counts.join(" · ") : "");
    const drawn = JSON.stringify(plan?.axes ?? []);
    if (p.axes.dataset.drawn !== drawn) {
      p.axes.dataset.drawn = drawn;
      p.axes.replaceChildren(
        ...(plan?.axes ?? []).flatMap(([name, many, values]) => [
          h("dt", {}, name),
          h("dd", {}, h("span", { class: "many" }, String(many)), values),
        ]),
      );
    }
    p.offer.hidden = !shown.offer;
    put(p.price_asked, shown.offer?.text ?? "");
    put(p.yes, shown.offer?.button ?? "");
    put(p.price, sweep ? [plan?.price, plan?.ask].filter(Boolean).join(". ") : shown.price);
  }

  // What the button says it will do.
  verb(shown) {
    const where = shown.sandbox ? " to the sandbox" : "";
    if (!this.model.get("values").sweep) return `Submit${where}`;
    const buy = shown.sweep?.buy;
    return buy === undefined
      ? `Submit the sweep${where}`
      : buy === 0
        ? "Show the sweep"
        : `Submit ${buy} ${buy === 1 ? "request" : "requests"}${where}`;
  }
}
