// The task card in the browser. Python sends `html` when the card's structure changes and `live` when a number
// does; this module fills the slots, ticks the clock, and turns clicks into messages.

import { Confirm } from "../base/confirm.js";
import { copyText, h, put, subscribe } from "../base/dom.js";
import { goneNote, holdFocus, quoted } from "../base/gone.js";
import { fill } from "../base/html.js";
import { Mailbox } from "../base/kernel.js";
import { Pieces } from "../base/pieces.js";
import { Settle } from "./settle.js";

/**
 * @import { Buffer, Live, Role, Source, TaskState, TaskToKernel, TaskToPage } from "../base/wire.d.ts"
 * @typedef {Source<TaskState, TaskToPage, TaskToKernel>} CardModel
 */

const ANSWER_MS = 4000; // a kernel that has not answered by then is busy or gone

/** @param {number} seconds */
export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
}

export class Card {
  /**
   * @param {CardModel} model
   * @param {Element} el
   */
  constructor(model, el) {
    this.model = model;
    this.root = h("div", { class: "cometact", role: "group" });
    el.append(this.root);
    /** @type {string[]} */
    this.urls = []; // of clips
    this.live = model.get("live");
    this.at = performance.now(); // when `live` came
    this.refused = ""; // what the service last said to a cancel
    /** @type {HTMLButtonElement | null} */
    this.copying = null;
    const say = (/** @type {string} */ text) => put(this.slot("note"), text);
    this.isApart = false; // the page from its kernel: what counts on would say more than is known
    const apart = (/** @type {boolean} */ isApart) => this.part(isApart);
    const words = { say, apart, busy: () => this.unanswered(), lost: () => this.lose(), patience: ANSWER_MS };
    /** @type {Mailbox<TaskToKernel>} */
    this.mail = new Mailbox(model, words);
    this.confirm = new Confirm(() => say(""));
    this.pieces = new Pieces((content) => this.mail.send(content));
    this.name = this.pieces.view; // whose request a message of bytes answers
    this.settle = new Settle(model);
    this.off = new AbortController();
    this.listen();
    this.unsubscribe = subscribe(this.model, {
      "change:html": () => this.rebuild(),
      "change:live": () => this.receive(),
      "msg:custom": (content, buffers) => this.message(content, buffers ?? []),
    });
    this.clock = setInterval(() => this.tick(), 1000);
    this.rebuild();
    this.mail.send({ type: "hello" }); // the state may be old: after a reload the clock needs the kernel's word
  }

  listen() {
    const { signal } = this.off;
    this.root.addEventListener("click", (event) => this.click(event), { signal });
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.confirm.leave(), { signal });
    // A picture that cannot be loaded leaves its name.
    const gone = (/** @type {Event} */ { target }) => target instanceof Element && target.classList.add("gone");
    this.root.addEventListener("error", gone, { signal, capture: true });
  }

  // Whether the facts come from a history, and no kernel hears a click.
  get isRecord() {
    return this.model.addressOf !== undefined;
  }

  /**
   * @param {string} name
   * @returns {HTMLElement | null}
   */
  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  rebuild() {
    this.build();
    this.receive();
  }

  // A new structure. Parts that stay the same are moved over, so that open details and loaded pictures stay.
  build() {
    const key = (/** @type {Element} */ node) => node.outerHTML.replace(/ (open|class)="[^"]*"/g, "");
    const keep = new Map([...this.root.querySelectorAll("figure, details")].map((node) => [key(node), node]));
    const focused = document.activeElement;
    const had = this.root.contains(focused);
    this.release();
    fill(this.root, this.model.get("html"));
    if (this.isRecord) this.disarm();
    for (const node of this.root.querySelectorAll("figure, details")) {
      const old = keep.get(key(node));
      if (old) node.replaceWith(old);
    }
    if (had && focused instanceof HTMLElement && this.root.contains(focused)) focused.focus();
    for (const video of this.root.querySelectorAll("video")) if (video.dataset.clip) this.load(video);
    for (const figure of this.root.querySelectorAll("figure")) {
      if (figure.dataset.input) this.mail.send({ type: "input", name: /** @type {Role} */ (figure.dataset.input) });
    }
  }

  receive() {
    const live = this.model.get("live");
    if (live !== this.live) this.at = performance.now();
    this.live = live;
    this.draw();
  }

  /** @param {boolean} isApart */
  part(isApart) {
    this.tick();
    this.isApart = isApart;
    this.root.toggleAttribute("data-ticking", Boolean(this.live.ticking) && !isApart);
    if (!isApart) this.mail.send({ type: "hello" }); // for the kernel's word, as after a reload
  }

  // Without a kernel nothing can be asked.
  disarm() {
    this.settle.mail.lose();
    for (const button of this.root.querySelectorAll("button[data-action=cancel], button[data-form]")) button.remove();
  }

  // Controls that need a kernel go; the content stays, with its age.
  lose() {
    const { live, root } = this;
    const focus = holdFocus(root);
    clearInterval(this.clock);
    this.confirm.leave();
    this.pieces.stop("The kernel has ended before this clip was here.");
    root.removeAttribute("data-ticking");
    this.disarm();
    const bar = this.slot("progress");
    if (bar && !bar.hasAttribute("value")) bar.remove(); // a bar without a value moves for ever
    if (!live.ticking && !live.settle) return;
    const does = live.settle ? "has these choices again" : "shows how it went on";
    root.prepend(goneNote(`act.task(${quoted(live.id)})`, does));
    focus();
  }

  draw() {
    const { live, root } = this;
    root.style.setProperty("--tone", live.tone);
    root.toggleAttribute("data-ticking", Boolean(live.ticking) && !this.isRecord);
    root.setAttribute("aria-label", `Act-Two task ${live.short}`);
    put(this.slot("label"), live.label);
    put(this.slot("waiting"), live.waiting);
    put(this.slot("problem"), live.problem);
    const id = this.slot("id");
    put(id, live.short);
    if (id) id.title = live.id;
    this.drawProgress(live);
    this.settle.draw(this.slot("settle"), this.isRecord ? null : live.settle);
    if (live.cancel && live.cancel !== this.refused) this.answer(live.cancel);
    this.refused = live.cancel;
    this.tick();
  }

  /** @param {Live} live */
  drawProgress(live) {
    const bar = this.slot("progress");
    if (!(bar instanceof HTMLProgressElement)) return;
    if (live.progress === null && this.isRecord)
      bar.remove(); // a bar without a value moves for ever
    else if (live.progress === null) bar.removeAttribute("value");
    else bar.value = live.progress;
  }

  tick() {
    const { live } = this;
    if (this.isApart) return;
    const since = live.ticking ? (performance.now() - this.at) / 1000 : 0;
    put(this.slot("elapsed"), live.elapsed === null ? "" : duration(live.elapsed + since));
  }

  /** @param {MouseEvent} event */
  click(event) {
    const button = event.target instanceof Element ? event.target.closest("button") : null;
    if (!button?.dataset.action || button.disabled) return;
    if (button.dataset.form) this.askForm(button, button.dataset.form);
    else if (button.dataset.action === "copy") this.copyNext(button);
    else if (event.detail > 1)
      return; // of a double click, which is no second word
    else if (this.confirm.pressed(button, "Really cancel?")) this.cancel(button);
    else put(this.slot("note"), "No refund once it is running. Click again to cancel it, Esc to leave it.");
  }

  // --- the request as text -------------------------------------------------------------------------

  /** @param {HTMLButtonElement} button */
  copyNext(button) {
    const text = button.parentElement?.nextElementSibling;
    if (text instanceof HTMLElement) copyText(text, button);
  }

  /**
   * The form with its signed links whole: it comes as a message, since what stands in the page is saved.
   * @param {HTMLButtonElement} button
   * @param {string} form
   */
  askForm(button, form) {
    this.copying = button;
    this.mail.send({ type: "copy", form });
  }

  /** @param {string} text */
  async copyForm(text) {
    if (!this.copying) return;
    const node = h("pre", { style: "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)" }, text);
    this.root.append(node);
    await copyText(node, this.copying);
    node.remove();
  }

  /**
   * The picture of an input whose link is signed.
   * @param {{ name: Role, url: string, kind: "image" | "video" }} input
   */
  see({ name, url, kind }) {
    const figure = this.root.querySelector(`figure[data-input="${name}"]`);
    if (!figure || figure.querySelector("img, video")) return;
    const style = "height:84px;max-width:180px;border-radius:6px;object-fit:cover";
    const at = url.includes("#") ? "" : "#t=0.1"; // a browser draws no frame that it was not asked to seek
    if (kind === "image") {
      figure.append(h("img", { src: url, alt: "", height: "84", style }));
    } else {
      const video = h("video", { src: url + at, preload: "metadata", height: "84", style });
      video.muted = true;
      figure.append(video);
    }
  }

  // --- cancel --------------------------------------------------------------------------------------

  unanswered() {
    return (
      "The kernel has not answered. If it is busy, it will be told when its cell ends; if not, " +
      `act.task(${quoted(this.live.id)}).cancel() in a new one asks again.`
    );
  }

  /** @param {HTMLButtonElement} button */
  cancel(button) {
    button.disabled = true;
    button.textContent = "Cancel asked…";
    put(this.slot("note"), "Asked to cancel…");
    this.mail.ask({ type: "cancel" });
  }

  /**
   * The kernel's word on a cancel; with `again`, the button may be pressed once more.
   * @param {string} text
   */
  answer(text, again = true) {
    this.mail.heard();
    if (again) this.confirm.leave();
    put(this.slot("note"), text);
    const button = this.root.querySelector("button[data-action=cancel]");
    if (!(button instanceof HTMLButtonElement) || !again) return;
    button.disabled = false;
    button.textContent = "Cancel";
  }

  // --- from the kernel -----------------------------------------------------------------------------

  /**
   * @param {TaskToPage} content
   * @param {Buffer[]} buffers
   */
  message(content, buffers) {
    if (content.type === "settled") this.settle.answer(content.text);
    else if (content.type === "note") this.answer(content.text, content.again);
    else if (content.type === "form") this.copyForm(content.text);
    else if (content.type === "input") this.see(content);
    else this.pieces.receive(content, buffers);
  }

  /** @param {HTMLVideoElement} video */
  async load(video) {
    const index = Number(video.dataset.clip);
    const link = this.root.querySelector(`a[data-file="${index}"]`);
    if (this.model.addressOf) {
      const address = this.model.addressOf(index);
      if (address) Object.assign(video, { src: address });
      if (address && link) Object.assign(link, { href: address, download: link.textContent ?? "" });
      return;
    }
    let file;
    try {
      file = await this.pieces.get({ index });
    } catch (error) {
      put(link, error instanceof Error ? error.message : String(error));
      return;
    }
    if (!video.isConnected) return;
    const url = URL.createObjectURL(file.blob);
    this.urls.push(url);
    video.src = url;
    if (link) Object.assign(link, { href: url, download: file.name });
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    video.muted = true; // a browser plays nothing by itself that makes a sound
    video.play().catch(() => {});
  }

  release() {
    for (const url of this.urls.splice(0)) URL.revokeObjectURL(url);
    this.pieces.dispose();
  }

  dispose() {
    this.off.abort();
    clearInterval(this.clock);
    this.unsubscribe();
    this.release();
    this.settle.dispose();
    this.mail.dispose();
    this.confirm.leave();
    this.root.remove();
  }
}
