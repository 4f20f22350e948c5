// The panel's form in the browser. `values` is what the form holds, written by both sides; `shown` is what
// Python tells about it. A key, a file and a click go as messages: they must not be widget state.

import { h, keepKeys, paying, put, subscribe } from "../base/dom.js";
import { goneNote, holdFocus } from "../base/gone.js";
import { Mailbox } from "../base/kernel.js";
import { PublicConsent } from "./agreement.js";
import { Code } from "./code.js";
import { Form } from "./form.js";
import { keyField } from "./key.js";
import { Notes } from "./notes.js";
import { OwnFiles } from "./own_files.js";
import { isCode } from "./pasted.js";
import { Previews } from "./previews.js";
import { Recorder } from "./recorder.js";
import { SweepForm } from "./sweep_form.js";
import { drawUpload, Uploads } from "./uploads.js";
import { INPUTS } from "./values.js";

/**
 * @import { Buffer, FormValues, Model, PanelState, PanelToKernel, PanelToPage, Rendering, Role, Shown } from "../base/wire.d.ts"
 * @import { Owner } from "./owner.d.ts"
 */

const TYPING_MS = 250; // text is sent when it was left alone for this long
const IN_DOUBT = "The kernel ended while this was being sent: look with act.history() in a new one before you send it again.";
const WORDS = {
  busy: () => "The kernel is busy. This will be done when it is free.",
  patience: 400,
};
let count = 0; // for ids: a panel may have several views on a page

/** @implements {Owner} */
class Panel {
  /**
   * @param {Model<PanelState, PanelToPage, PanelToKernel>} model
   * @param {Element} el
   */
  constructor(model, el) {
    this.model = model;
    this.id = `cometact-panel-${++count}`;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.typing = undefined;
    /** @type {number | undefined} */
    this.clicked = undefined; // the token of a click that the kernel has not answered
    /** @type {number | undefined} */
    this.awaited = undefined; // the same, until the answer is there and not only heard of
    /** @type {boolean | undefined} */
    this.switchGoal = undefined; // where the sandbox's switch was put
    this.notes = new Notes(this.id);
    this.previews = new Previews();
    this.own = new OwnFiles(
      (content) => this.ask(content),
      (address) => this.previews.local.get(address) ?? "",
    );
    this.recorder = new Recorder(({ file }) => this.uploads.begin("reference", file, file.name, true));
    this.form = new Form(this, this.notes, this.previews);
    this.sweep = new SweepForm(this, this.form, this.notes);
    this.code = new Code(this.id);
    this.public = new PublicConsent(this.id);
    this.busy = h("div", { class: "busy", role: "status" });
    /** @type {Mailbox<PanelToKernel>} */
    this.mail = new Mailbox(model, { ...WORDS, say: (text) => put(this.busy, text), lost: () => this.lose() });
    const ask = (/** @type {PanelToKernel} */ content, /** @type {ArrayBuffer[]} */ buffers) =>
      this.mail.ask(content, buffers) ? this.mail.number : 0;
    this.uploads = new Uploads(ask, (role, upload, problem) => drawUpload(this.form.uploads[role], upload, problem));
    this.samples = h("button", { type: "button", class: "small", onclick: () => this.ask({ type: "samples" }) }, "Use sample inputs");
    this.switch = h("input", { type: "checkbox", role: "switch", id: `${this.id}-sandbox`, onchange: () => this.practise() });
    this.banner = this.makeBanner();
    this.key = keyField(`${this.id}-key`, this.notes, (key) => this.ask({ type: "key", key }));
    this.submitting = h("button", { type: "button", class: "primary", ...paying(() => this.submit()) }, "Submit");
    this.price = h("span", { class: "price" });
    this.statusLine = h("div", { class: "said", role: "status" });
    this.pasting = this.paste();
    this.root = this.build();
    this.root.addEventListener("paste", (event) => this.takeCode(event));
    this.root.addEventListener("cometact-input", (event) => this.takeInput(/** @type {CustomEvent} */ (event)));
    el.append(this.root);
    const unsubscribe = subscribe(model, {
      "change:values": () => this.fill(),
      "change:shown": () => this.draw(),
      "msg:custom": (content, buffers) => this.message(content, buffers ?? []),
    });
    this.ends = [unsubscribe, keepKeys(this.root)];
    this.fill();
    this.draw();
    this.mail.send({ type: "hello" });
  }

  // --- structure -----------------------------------------------------------------------------------

  build() {
    const { form, sweep } = this;
    const practise = h("label", { class: "inline", for: this.switch.id }, this.switch, "Practise in the sandbox");
    return h(
      "section",
      { class: "cometact-panel", "aria-label": "Act-Two request" },
      this.banner,
      h("div", { class: "head" }, h("strong", { class: "title" }, "Act-Two"), sweep.mode, practise),
      this.key,
      h("div", { class: "columns" }, form.inputs(), form.column(sweep.takes)),
      sweep.plan,
      this.notes.list(""),
      this.public.root,
      h("div", { class: "foot" }, this.submitting, this.price),
      sweep.offer,
      this.statusLine,
      this.busy,
      this.code.root,
      this.pasting,
    );
  }

  makeBanner() {
    const text = h("span", {}, h("strong", {}, "SANDBOX"), " Requests stay on this machine. Nothing is billed.");
    return h("div", { class: "banner", hidden: true }, text, this.samples);
  }

  paste() {
    const id = `${this.id}-paste`;
    const placeholder = "%act_two -c … -r …   ·   act.ActTwoRequest(…)   ·   curl …   ·   {…}";
    const text = h("textarea", { id, rows: 4, spellcheck: "false", "aria-describedby": `${id}-notes`, placeholder });
    const fill = h("button", { type: "button", onclick: () => this.ask({ type: "paste", text: text.value }) }, "Fill the form");
    const label = h("label", { for: id }, "A magic line, Python, curl or JSON. It is read, never run.");
    const field = h("div", { class: "field" }, label, text, h("div", { class: "row" }, fill), this.notes.list("paste"));
    return h("details", {}, h("summary", {}, "Fill the form from code"), field);
  }

  /**
   * A whole request that is pasted in any field fills the form, rather than that field.
   * @param {ClipboardEvent} event
   */
  takeCode(event) {
    const { target, clipboardData } = event;
    const text = clipboardData?.getData("text/plain") ?? "";
    if (!(target instanceof Element) || this.pasting.contains(target) || this.mail.isGone || !isCode(text)) return;
    event.preventDefault();
    clearTimeout(this.typing);
    this.form.dirty.clear();
    this.ask({ type: "paste", text, place: this.notes.fieldOf(target) });
  }

  /**
   * A file that was chosen in JupyterLab's file browser goes into its field, as if it were typed; a sweep gets one more.
   * @param {CustomEvent<{ role: Role, address: string }>} event
   */
  takeInput(event) {
    const { role, address } = event.detail;
    const text = this.form.texts[role];
    if (this.mail.isGone || !text || typeof address !== "string") return;
    event.preventDefault(); // it is taken
    const before = this.values.sweep ? text.value.trim() : "";
    text.value = before ? `${before}\n${address}` : address;
    this.edited();
    text.focus();
  }

  // --- from the form to the kernel -----------------------------------------------------------------

  get values() {
    return this.model.get("values");
  }

  get choices() {
    return this.model.get("choices");
  }

  /** @returns {Shown | null} null until the kernel has said anything */
  get state() {
    const state = this.model.get("shown");
    return state.findings ? state : null;
  }

  edited(typing = "") {
    this.form.touch();
    clearTimeout(this.typing);
    if (typing) {
      this.form.dirty.add(typing);
      this.typing = setTimeout(() => this.edited(), TYPING_MS);
      return;
    }
    this.form.dirty.clear();
    this.set(this.sweep.read());
    this.form.draw();
  }

  /** @param {FormValues} values */
  set(values) {
    this.model.set("values", values);
    this.model.save_changes();
  }

  /** @param {PanelToKernel} content */
  ask(content) {
    this.mail.ask(content);
  }

  practise() {
    this.switchGoal = this.switch.checked;
    this.ask({ type: "sandbox", on: this.switchGoal });
  }

  submit(agreed = false) {
    const { state } = this;
    if (!state || this.submitting.getAttribute("aria-disabled") === "true" || (agreed && !state.offer)) return;
    const { pending } = this.own;
    if (pending) {
      put(this.statusLine, pending.why);
      this.statusLine.dataset.kind = "error";
      (pending.isBusy ? pending.stop : pending.prepare).focus();
      return;
    }
    if (this.public.isOpen) {
      put(this.statusLine, "Nothing was sent: say first whether files of yours may become public.");
      this.statusLine.dataset.kind = "error";
      this.public.box.focus();
      return;
    }
    this.clicked = this.awaited = state.token; // no second click before the kernel's answer to this one
    this.lock(state);
    clearTimeout(this.typing);
    this.form.dirty.clear();
    const values = this.sweep.read();
    this.set(values); // a state that the page still holds back for the kernel must not be an earlier one
    const click = { token: state.token, target: state.target, cost: this.sweep.cost(state), values, ...this.public.word };
    this.ask({ type: "submit", ...click, ...(agreed ? { agreed } : {}) });
  }

  /**
   * @param {Role} role
   * @param {File | undefined} file
   */
  upload(role, file) {
    if (!file) return;
    const safeName = file.name.replace(/[^\p{L}\p{N}_. ()-]/gu, "_").slice(-100); // as the kernel writes it in the form
    const name = this.previews.keep(safeName, file);
    this.uploads.begin(role, file, name);
  }

  // --- from the kernel to the form -----------------------------------------------------------------

  /**
   * @param {PanelToPage} content
   * @param {Buffer[]} buffers
   */
  message(content, buffers) {
    if (this.own.receive(content, buffers)) {
      if (this.state) this.drawInputs(this.state);
      return;
    }
    if (content.type === "kept") {
      const file = this.uploads.kept(content);
      if (file && content.address) this.previews.local.set(content.address, URL.createObjectURL(file));
      return;
    }
    if (content.type === "heard") {
      this.mail.heard(content.number);
      this.uploads.heard(content.number ?? 0);
      return;
    }
    if (content.type === "links") {
      this.previews.know(content.links);
      if (this.state) this.drawInputs(this.state);
      return;
    }
    // The kernel did not take a click: it was one too many, or came late.
    this.clicked = this.awaited = undefined;
    if (this.state) this.lock(this.state);
  }

  fill() {
    this.sweep.fill(this.values);
    this.form.fill(this.values);
    const { sweep } = this.values;
    this.root.classList.toggle("sweeping", sweep);
    put(this.code.title, `The same ${sweep ? "sweep" : "request"} as code`);
  }

  draw() {
    const { state } = this;
    if (!state) return;
    this.drawService(state);
    this.sweep.draw(state);
    put(this.price, [this.sweep.price(state), state.limit].filter(Boolean).join(". "));
    this.drawInputs(state);
    this.notes.draw(state);
    this.public.draw(state.agreement);
    const { place, text, kind } = state.said;
    put(this.statusLine, place ? "" : text);
    this.statusLine.dataset.kind = kind;
    if (this.clicked !== state.token || state.sending) this.clicked = undefined;
    this.lock(state);
    this.code.write(state.code);
    if (this.awaited !== undefined && this.awaited !== state.token && !state.sending) this.answered(state);
  }

  /**
   * Show the answer to a click in this view: scroll to the obstacle, and focus the first wrong field,
   * unless its user has gone on elsewhere.
   * @param {Shown} shown
   */
  answered({ said, offer }) {
    this.awaited = undefined;
    if (offer) this.sweep.offer.scrollIntoView({ block: "nearest" });
    if (offer || said.kind !== "error") return;
    const { activeElement } = document;
    const wrong = activeElement === document.body || this.root.contains(activeElement) ? this.notes.firstWrong() : null;
    wrong?.focus({ preventScroll: true });
    (wrong?.closest(".field") ?? this.statusLine).scrollIntoView({ block: "nearest" });
  }

  /** @param {Shown} state */
  drawService(state) {
    this.banner.hidden = !state.sandbox;
    this.root.classList.toggle("sandbox", state.sandbox);
    this.samples.hidden = !state.samples;
    // A switch stands where it was put until the kernel has followed or said that it cannot: starting takes a moment.
    if (state.sandbox === this.switchGoal || state.said.kind === "error") this.switchGoal = undefined;
    this.switch.checked = this.switchGoal ?? state.sandbox;
    this.switch.disabled = !state.switchable;
    this.key.hidden = state.key;
  }

  /** @param {Shown} state */
  drawInputs(state) {
    const { form, previews } = this;
    const byName = state.inferred ? `${state.inferred}, by its name` : "not told by its name";
    put(form.type.options[0], this.values.sweep ? "told by their names" : byName);
    form.consent.hidden = !(state.consent || form.unlisted.checked);
    put(form.why, state.consent);
    form.dim(state.moot);
    for (const role of INPUTS) {
      previews.draw(role, state.previews[role], state.unseen[role]);
      previews.boxes[role].hidden = !this.values.sweep && this.own.shows(role);
    }
  }

  /** @param {Shown} state */
  lock(state) {
    const locked = state.sending || this.clicked !== undefined;
    this.submitting.setAttribute("aria-disabled", String(locked));
    this.submitting.classList.toggle("ready", Boolean(state.valid && state.key && !locked && !state.offer));
    put(this.submitting, locked ? "Sending…" : this.sweep.verb(state));
    this.sweep.yes.disabled = locked;
  }

  // Nothing can be sent from here any more. What was typed stays, and can be read and copied.
  lose() {
    const isSending = this.clicked !== undefined || Boolean(this.state?.sending);
    const again = this.state?.code.Magic ? "shows the form again; the code below fills it" : "shows the form again";
    const focus = holdFocus(this.root);
    clearTimeout(this.typing);
    this.uploads.stop();
    this.own.lose();
    this.recorder.lose();
    put(this.statusLine, "");
    for (const gone of [this.submitting, this.public.root, this.sweep.offer, this.key, this.pasting]) gone.remove();
    this.root.querySelector(".foot")?.before(goneNote("act.panel()", again, isSending ? IN_DOUBT : "Nothing more is sent from here."));
    for (const control of this.root.querySelectorAll(".head input, .banner button, .columns :is(button, input, select, textarea)")) {
      if (control.closest(".seen, .own, .recorder")) continue; // a preview plays on
      if (control instanceof HTMLTextAreaElement || control.matches("input[type=text]")) control.setAttribute("readonly", "");
      else control.setAttribute("disabled", "");
    }
    focus();
  }

  dispose() {
    clearTimeout(this.typing);
    this.mail.dispose();
    for (const end of this.ends) end();
    this.recorder.dispose();
    this.own.dispose();
    this.previews.dispose();
    this.root.remove();
  }
}

export default {
  /** @param {Rendering<PanelState, PanelToPage, PanelToKernel>} context */
  render({ model, el }) {
    const panel = new Panel(model, el);
    return () => panel.dispose();
  },
};
