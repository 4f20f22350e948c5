// The task card in the browser. Python sends `html` when the card's structure changes and `live` when a number
// does; this module fills the slots, ticks the clock, and turns clicks into messages.

import { copyText, h, put, subscribe } from "../base/dom.js";
import { Pieces } from "../base/pieces.js";
import { Settle } from "./settle.js";

const SURE_MS = 6000; // how long "Really cancel?" stands
const ANSWER_MS = 4000; // a kernel that has not answered by then is busy or gone

export function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${two(s % 60)} s`;
  return `${Math.floor(s / 3600)} h ${two(Math.floor((s % 3600) / 60))} min`;
}

export class Card {
  constructor(model, el) {
    this.model = model;
    this.root = h("div", { class: "cometact", role: "group" });
    el.append(this.root);
    this.urls = [];
    this.pieces = new Pieces((content) => this.send(content));
    this.name = this.pieces.view; // whose request a message of bytes answers
    this.settle = new Settle((content) => this.send(content));
    this.off = new AbortController();
    this.listen();
    this.build();
    this.receive();
    this.send({ type: "hello" }); // the state may be old: after a reload the clock needs the kernel's word
  }

  listen() {
    const { signal } = this.off;
    this.root.addEventListener("click", (event) => this.click(event), { signal });
    this.root.addEventListener("keydown", (event) => event.key === "Escape" && this.unsure(), { signal });
    // A picture that cannot be loaded leaves its name.
    this.root.addEventListener("error", (event) => event.target.classList?.add("gone"), { signal, capture: true });
    this.unsubscribe = subscribe(this.model, {
      "change:html": () => (this.build(), this.receive()),
      "change:live": () => this.receive(),
      "msg:custom": (content, buffers) => this.message(content, buffers ?? []),
    });
    this.clock = setInterval(() => this.tick(), 1000);
  }

  slot(name) {
    return this.root.querySelector(`[data-slot="${name}"]`);
  }

  send(content) {
    try {
      this.model.send(content);
      return true;
    } catch {
      return false; // the kernel is gone
    }
  }

  // A new structure. Parts that stay the same are moved over, so that open details and loaded pictures stay.
  build() {
    const key = (node) => node.outerHTML.replace(/ (open|class)="[^"]*"/g, "");
    const keep = new Map([...this.root.querySelectorAll("figure, details")].map((node) => [key(node), node]));
    const focused = document.activeElement;
    const had = this.root.contains(focused);
    this.release();
    this.root.innerHTML = this.model.get("html");
    for (const node of this.root.querySelectorAll("figure, details")) {
      const old = keep.get(key(node));
      if (old) node.replaceWith(old);
    }
    if (had && this.root.contains(focused)) focused.focus();
    for (const video of this.root.querySelectorAll("video[data-clip]")) this.load(video);
    for (const { dataset } of this.root.querySelectorAll("figure[data-input]")) this.send({ type: "input", name: dataset.input });
  }

  receive() {
    const live = this.model.get("live");
    if (live !== this.live) this.at = performance.now();
    this.live = live;
    this.draw();
  }

  draw() {
    const { live, root } = this;
    root.style.setProperty("--tone", live.tone);
    root.toggleAttribute("data-ticking", Boolean(live.ticking));
    root.setAttribute("aria-label", `Act-Two task ${live.short}`);
    put(this.slot("label"), live.label);
    put(this.slot("waiting"), live.waiting);
    put(this.slot("problem"), live.problem);
    const id = this.slot("id");
    put(id, live.short);
    if (id) id.title = live.id;
    const bar = this.slot("progress");
    if (bar && live.progress === null) bar.removeAttribute("value");
    else if (bar) bar.value = live.progress;
    this.settle.draw(this.slot("settle"), live.settle);
    if (live.cancel && live.cancel !== this.refused) this.answer(live.cancel);
    this.refused = live.cancel;
    this.tick();
  }

  tick() {
    const { live } = this;
    if (live.elapsed === null) return put(this.slot("elapsed"), "");
    const since = live.ticking ? (performance.now() - this.at) / 1000 : 0;
    put(this.slot("elapsed"), duration(live.elapsed + since));
  }

  click(event) {
    const button = event.target.closest("button[data-action]");
    if (!button || button.disabled) return;
    if (button.dataset.form) this.askForm(button);
    else if (button.dataset.action === "copy") copyText(button.parentElement.nextElementSibling, button);
    else if (button.dataset.sure) this.cancel(button);
    else this.sure(button);
  }

  // The form with its signed links whole: it comes as a message, since what stands in the page is saved.
  askForm(button) {
    this.copying = button;
    if (!this.send({ type: "copy", form: button.dataset.form })) put(button, "The kernel is gone");
  }

  async copyForm(text) {
    const node = h("pre", { style: "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)" }, text);
    this.root.append(node);
    await copyText(node, this.copying);
    node.remove();
  }

  // The picture of an input whose link is signed.
  see({ name, url, kind }) {
    const figure = this.root.querySelector(`figure[data-input="${name}"]`);
    if (!figure || figure.querySelector("img, video")) return;
    const style = "height:84px;max-width:180px;border-radius:6px;object-fit:cover";
    const at = url.includes("#") ? "" : "#t=0.1"; // a browser draws no frame that it was not asked to seek
    const picture =
      kind === "image"
        ? h("img", { src: url, alt: "", height: "84", style })
        : h("video", { src: url + at, preload: "metadata", height: "84", style });
    picture.muted = true;
    figure.prepend(picture, h("br"));
  }

  sure(button) {
    button.dataset.sure = "1";
    button.textContent = "Really cancel?";
    put(this.slot("note"), "No refund once it is running. Click again to cancel it, Esc to leave it.");
    this.sureTimer = setTimeout(() => this.unsure(), SURE_MS);
  }

  unsure() {
    const button = this.root.querySelector("button[data-sure]");
    clearTimeout(this.sureTimer);
    if (!button || button.disabled) return;
    delete button.dataset.sure;
    button.textContent = "Cancel";
    put(this.slot("note"), "");
  }

  cancel(button) {
    clearTimeout(this.sureTimer);
    button.disabled = true;
    button.textContent = "Cancel asked…";
    put(this.slot("note"), "Asked to cancel…");
    const gone =
      "The kernel has not answered. If it is busy, it will be told when its cell ends; if it is gone, " +
      `act.task(${JSON.stringify(this.live.id)}).cancel() in a new one asks again.`;
    if (!this.send({ type: "cancel" })) put(this.slot("note"), gone);
    else this.answerTimer = setTimeout(() => put(this.slot("note"), gone), ANSWER_MS);
  }

  // The kernel's word on a cancel; with `again`, the button may be pressed once more.
  answer(text, again = true) {
    clearTimeout(this.answerTimer);
    put(this.slot("note"), text);
    const button = this.root.querySelector('button[data-action="cancel"]');
    if (!button || !again) return;
    button.disabled = false;
    delete button.dataset.sure;
    button.textContent = "Cancel";
  }

  message(content, buffers) {
    if (content.type === "settled") this.settle.answer(content.text);
    else if (content.type === "note") this.answer(content.text, content.again);
    else if (content.type === "form") this.copyForm(content.text);
    else if (content.type === "input") this.see(content);
    this.pieces.receive(content, buffers);
  }

  async load(video) {
    const index = Number(video.dataset.clip);
    const link = this.root.querySelector(`[data-file="${index}"]`);
    let file;
    try {
      file = await this.pieces.get({ index });
    } catch (error) {
      return put(link, error.message);
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
    clearTimeout(this.sureTimer);
    clearTimeout(this.answerTimer);
    this.unsubscribe();
    this.release();
    this.root.remove();
  }
}
