// The panel's form in the browser. `values` is what the form holds, written by both sides; `shown` is what
// Python tells about it. A key, a file and a click go as messages: they must not be widget state.

import { h, keepKeys, put, subscribe } from "../base/dom.js";
import { SweepForm, TYPED } from "./sweep_form.js";

const TYPING_MS = 250; // text is sent when it was left alone for this long
const BUSY_MS = 400; // a kernel that has not heard a message by then is busy
const PIECE = 512 * 1024;
const UPLOAD_MAX = 3_900_000; // 5 MB once encoded, the vendor's limit
let count = 0; // for ids: a panel may have several views on a page

class Panel extends SweepForm {
  constructor(model, el) {
    super();
    this.model = model;
    this.id = `cometact-panel-${++count}`;
    this.parts = {};
    this.notes = {};
    this.dirty = new Set(); // text that is being typed and was not sent yet
    this.groups = {};
    this.hints = {};
    this.previews = new Map(); // object URLs of uploaded files, by their address
    this.number = 0;
    this.root = h("section", { class: "cometact-panel", "aria-label": "Act-Two request" });
    this.build();
    el.append(this.root);
    const unsubscribe = subscribe(model, {
      "change:values": () => this.fill(),
      "change:shown": () => this.draw(),
      "msg:custom": (content) => (content.type === "heard" ? this.heard(content.number) : this.free()),
    });
    this.ends = [unsubscribe, keepKeys(this.root)];
    this.fill();
    this.draw();
    this.send({ type: "hello" }, [], true);
  }

  // --- from the form to the kernel -----------------------------------------------------------------

  read() {
    const p = this.parts,
      before = this.model.get("values");
    const common = { ...before, character_type: p.type.value, seed_locked: p.lock.checked, allow_unlisted: p.unlisted.checked };
    if (before.sweep) return { ...common, axes: this.readAxes(), replicates: this.whole(p.replicates.value.trim()) ?? 1 };
    const chosen = (field) => JSON.parse(this.groups[field].box.querySelector("input:checked")?.value ?? "null");
    return {
      ...common,
      character: p.character.value.trim(),
      reference: p.reference.value.trim(),
      ...Object.fromEntries(this.chosen.map((field) => [field, chosen(field)])),
      expression_intensity: p.intensity.dataset.set ? (this.odd ?? Number(p.intensity.value)) : null,
      seed: this.whole(p.seed.value.trim()),
    };
  }

  edited(typing = "") {
    if (document.activeElement === this.parts.intensity) this.odd = undefined;
    clearTimeout(this.typing);
    if (typing) {
      this.dirty.add(typing);
      this.typing = setTimeout(() => this.edited(), TYPING_MS);
      return;
    }
    this.dirty.clear();
    this.set(this.read());
    this.level();
  }

  set(values) {
    this.model.set("values", values);
    this.model.save_changes();
  }

  picked(field, input) {
    if (this.model.get("values").sweep) this.ticked(field, input);
    this.edited();
  }

  ask(type, content = {}) {
    this.send({ type, ...content });
  }

  // Every message is acknowledged as soon as the kernel hears it.
  send(content, buffers = [], quiet = false) {
    const number = ++this.number;
    clearTimeout(this.waiting);
    try {
      this.model.send({ ...content, number }, undefined, buffers);
    } catch {
      return this.say("The kernel is gone. Run the cell again in a new one; nothing was sent from here.");
    }
    if (!quiet) this.waiting = setTimeout(() => this.say("The kernel is busy. This will be done when it is free."), BUSY_MS);
  }

  heard(number) {
    if (number !== this.number) return;
    clearTimeout(this.waiting);
    this.say("");
  }

  say(text) {
    put(this.parts.busy, text);
  }

  submit(agreed = false) {
    const shown = this.model.get("shown");
    if (this.parts.submit.getAttribute("aria-disabled") === "true" || (agreed && !shown.offer)) return;
    this.clicked = shown.token; // no second click before the kernel's answer to this one
    this.lock();
    clearTimeout(this.typing);
    this.dirty.clear();
    const yes = agreed ? { agreed } : {};
    this.ask("submit", { token: shown.token, target: shown.target, values: this.read(), ...yes });
  }

  async upload(role, file) {
    if (!file) return;
    const { size } = file;
    const name = file.name.replace(/[^\p{L}\p{N}_. ()-]/gu, "_").slice(-100); // as the kernel writes it in the form
    const whole = size <= UPLOAD_MAX ? await file.arrayBuffer() : new ArrayBuffer(1);
    this.previews.set(`upload:${name}`, URL.createObjectURL(file));
    for (let offset = 0; offset < Math.max(1, whole.byteLength); offset += PIECE) {
      this.send({ type: "upload", role, name, size, offset }, [whole.slice(offset, offset + PIECE)]);
    }
  }

  // --- from the kernel to the form -----------------------------------------------------------------

  fill() {
    const p = this.parts,
      values = this.model.get("values"),
      { axes, sweep } = values;
    for (const field of TYPED) {
      const text = String((sweep ? axes[field] : values[field]) ?? "");
      if (!this.dirty.has(field) && p[field].value.trim() !== text) p[field].value = text;
    }
    p.type.value = values.character_type;
    p.lock.checked = values.seed_locked;
    p.unlisted.checked = values.allow_unlisted;
    if (!this.dirty.has("replicates")) p.replicates.value = values.replicates;
    const chosen = (field) => (sweep ? axes[field] : [values[field]]);
    for (const field of this.chosen) for (const value of chosen(field)) this.chip(field, value);
    this.fillMode(values);
    for (const field of this.chosen) {
      const wanted = chosen(field).map((value) => JSON.stringify(value));
      for (const input of this.groups[field].box.querySelectorAll("input")) input.checked = wanted.includes(input.value);
    }
    const level = values.expression_intensity;
    if (level === null) delete p.intensity.dataset.set;
    else p.intensity.dataset.set = "1";
    p.intensity.value = level ?? 3;
    this.odd = level !== null && Number(p.intensity.value) !== level ? level : undefined; // out of bounds: kept, and told
    this.level();
  }

  // A value that is out of bounds gets a chip of its own.
  chip(field, value) {
    const { box, add } = this.groups[field],
      wanted = JSON.stringify(value);
    if ([...box.querySelectorAll("input")].some((input) => input.value === wanted)) return;
    add(value, ...(field === "ratio" ? this.shape(String(value)) : [String(value)]));
  }

  level() {
    const p = this.parts,
      set = Boolean(p.intensity.dataset.set);
    const number = this.odd ?? Number(p.intensity.value);
    const word = this.model.get("choices").intensity[number - 1];
    const text = set ? (word ? `${number} · ${word}` : String(number)) : "not sent: the service decides";
    put(p.level, text);
    p.intensity.setAttribute("aria-valuetext", text);
    p.intensity.classList.toggle("dim", !set);
    p.level.classList.toggle("facts", !set);
    p.unset.hidden = !set;
  }

  draw() {
    const p = this.parts,
      shown = this.model.get("shown");
    if (!shown.findings) return;
    p.banner.hidden = !shown.sandbox;
    this.root.classList.toggle("sandbox", shown.sandbox);
    p.samples.hidden = !shown.samples;
    // A switch stands where it was put until the kernel has followed or said that it cannot: starting takes a moment.
    if (shown.sandbox === this.wanted || shown.said.kind === "error") this.wanted = undefined;
    p.switch.checked = this.wanted ?? shown.sandbox;
    p.switch.disabled = !shown.switchable;
    p.key.hidden = shown.key;
    this.drawPlan(shown);
    const sweep = this.model.get("values").sweep;
    put(p.type.options[0], sweep ? "told by their names" : shown.inferred ? `${shown.inferred}, by its name` : "not told by its name");
    p.consent.hidden = !(shown.consent || p.unlisted.checked);
    put(p.why, shown.consent);
    for (const [field, list] of Object.entries(this.notes)) this.tell(field, list, shown);
    for (const [field, sentence] of Object.entries(shown.moot)) this.groups[field].set.classList.toggle("moot", Boolean(sentence));
    for (const role of ["character", "reference"]) this.see(role, shown.previews[role], shown.unseen[role]);
    const { place, text, kind } = shown.said;
    put(p.said, place ? "" : text);
    p.said.dataset.kind = kind;
    if (this.clicked !== shown.token || shown.sending) this.clicked = undefined;
    this.lock();
    this.write(shown.code);
  }

  tell(field, list, shown) {
    const notes = [...(shown.findings[field] ?? [])];
    if (shown.said.place === field && field) notes.unshift(shown.said);
    const moot = shown.moot[field];
    if (moot && !notes.length) notes.push({ kind: "warning", text: moot });
    const drawn = JSON.stringify(notes);
    if (list.dataset.drawn === drawn) return;
    list.dataset.drawn = drawn;
    list.replaceChildren(
      ...notes.map(({ kind, text }) =>
        h("li", { class: kind }, h("span", { class: "unseen" }, { error: "Error: ", warning: "Warning: " }[kind] ?? ""), text),
      ),
    );
    const wrong = notes.some(({ kind }) => kind === "error");
    this.parts[field === "expression_intensity" ? "intensity" : field]?.setAttribute?.("aria-invalid", String(wrong));
  }

  // The kernel did not take a click: it was one too many, or came late.
  free() {
    this.clicked = undefined;
    this.lock();
  }

  lock() {
    const p = this.parts,
      shown = this.model.get("shown");
    const locked = shown.sending || this.clicked !== undefined;
    p.submit.setAttribute("aria-disabled", String(Boolean(locked)));
    p.submit.classList.toggle("ready", Boolean(shown.valid && shown.key && !locked && !shown.offer));
    put(p.submit, locked ? "Sending…" : this.verb(shown));
    p.yes.disabled = Boolean(locked);
  }

  // Each input with its picture, its name where there are several, and what is known of it.
  see(role, list, more) {
    const box = this.parts[`${role}-seen`],
      several = list.length > 1 || more > 0;
    const inputs = list.map((one) => ({ ...one, local: this.previews.get(one.address) }));
    const key = ({ name, url, kind, local }) => JSON.stringify([name, url || local, kind, several]);
    const kept = new Map([...box.children].map((figure) => [figure.dataset.key, figure]));
    const figures = inputs
      .filter(({ url, local, facts, name }) => url || local || facts || (several && name))
      .map((one) => {
        const figure =
          kept.get(key(one)) ??
          h(
            "figure",
            { "data-key": key(one) },
            this.picture(role, one, several),
            several ? h("figcaption", { class: "name" }, one.name) : null,
            h("div", { class: "facts" }),
          );
        put(figure.lastChild, one.facts);
        return figure;
      });
    if (more) figures.push(h("div", { class: "facts" }, `and ${more} more`));
    box.classList.toggle("several", several);
    if (figures.length !== box.children.length || figures.some((figure, at) => figure !== box.children[at]))
      box.replaceChildren(...figures);
  }

  picture(role, { url, kind, local, name }, several) {
    const box = h("div", { class: "preview" }),
      src = url || local;
    const whose = several ? `the ${role} ${name}` : `the ${role}`;
    const gone = () => box.replaceChildren(h("span", { class: "facts" }, "No preview."));
    if (!src || !kind) return box;
    if (kind === "image") {
      box.append(h("img", { src, alt: `Preview of ${whose}`, onerror: gone }));
      return box;
    }
    // "#t": a browser draws no frame of a video it was not asked to seek in.
    const video = h("video", {
      src: `${src}${src.includes("#") ? "" : "#t=0.1"}`,
      preload: "metadata",
      loop: true,
      playsinline: true,
      "aria-label": `Preview of ${whose}`,
      onerror: gone,
    });
    video.muted = true;
    const play = h("button", { type: "button", class: "small", onclick: () => (video.paused ? video.play().catch(gone) : video.pause()) });
    const draw = () => play.replaceChildren(video.paused ? "Play" : "Pause", h("span", { class: "unseen" }, ` ${whose}`));
    video.addEventListener("play", draw);
    video.addEventListener("pause", draw);
    draw();
    box.append(video, play);
    return box;
  }

  // --- code ----------------------------------------------------------------------------------------

  choose(name) {
    this.form = name;
    this.write(this.model.get("shown").code ?? {});
  }

  turn(event) {
    const tabs = [...this.parts.tabs.children];
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would move to another cell
    const next = tabs[(tabs.indexOf(document.activeElement) + step + tabs.length) % tabs.length];
    next.focus();
    next.click();
  }

  write(code) {
    const p = this.parts;
    for (const tab of p.tabs.children) {
      const chosen = tab.textContent === this.form;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) p.pre.setAttribute("aria-labelledby", tab.id);
    }
    put(p.pre, code[this.form] ?? "When nothing is marked any more, the code is here.");
    p.copy.disabled = !code[this.form];
  }

  dispose() {
    clearTimeout(this.typing);
    clearTimeout(this.waiting);
    for (const end of this.ends) end();
    for (const url of this.previews.values()) URL.revokeObjectURL(url);
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const panel = new Panel(model, el);
    return () => panel.dispose();
  },
};
