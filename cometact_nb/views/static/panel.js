// The panel's form in the browser. `values` is what the form holds, written by both sides; `shown` is what
// Python tells about it. A key, a file and a click go as messages: they must not be widget state.

const TYPING_MS = 250; // text is sent when it was left alone for this long
const BUSY_MS = 400; // a kernel that has not heard a message by then is busy
const PIECE = 512 * 1024;
const UPLOAD_MAX = 12_000_000; // 16 MB once encoded, the vendor's limit for a video
let count = 0; // for ids: a panel may have several views on a page

// Elements from nested arrays: everything is set as text or attribute, never parsed as HTML.
function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, value);
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

// Only what changed is written: a screen reader announces a text that is set again.
function put(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

class Panel {
  constructor(model, el) {
    this.model = model;
    this.id = `cometact-panel-${++count}`;
    this.parts = {};
    this.notes = {};
    this.dirty = new Set(); // text that is being typed and was not sent yet
    this.groups = {};
    this.previews = new Map(); // object URLs of uploaded files, by their address
    this.number = 0;
    this.root = h("section", { class: "cometact-panel", "aria-label": "Act-Two request" });
    this.build();
    el.append(this.root);
    this.handlers = {
      "change:values": () => this.fill(),
      "change:shown": () => this.draw(),
      "msg:custom": (content) => content.type === "heard" && this.heard(content.number),
    };
    for (const [name, handler] of Object.entries(this.handlers)) model.on(name, handler);
    // JupyterLab takes arrows, Enter and letters for its cells, except where text is typed; Ctrl+S stays its own.
    this.own = ({ target, ctrlKey, metaKey }) =>
      this.root.contains(target) && target.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
    addEventListener("keydown", this.own, { capture: true });
    this.fill();
    this.draw();
    this.send({ type: "hello" }, [], true);
  }

  // --- structure ---------------------------------------------------------------------------------

  build() {
    const p = this.parts;
    p.banner = h("div", { class: "banner", hidden: true }, h("strong", {}, "SANDBOX"),
      " Requests stay on this machine. Nothing is billed. ",
      (p.samples = h("button", { type: "button", onclick: () => this.ask("samples") }, "Use sample inputs")));
    p.switch = h("input", { type: "checkbox", role: "switch", id: `${this.id}-sandbox`,
      onchange: () => this.ask("sandbox", { on: p.switch.checked }) });
    const head = h("div", { class: "head" }, h("h3", {}, "Act-Two request"),
      h("label", { class: "switch", for: `${this.id}-sandbox` }, p.switch, "Practise in the sandbox"));
    const inputs = h("div", { class: "column" }, this.input("character", "Character", "https://… an image or a video with one face"),
      this.input("reference", "Reference", "https://… a video of the performance, 3–30 s"), this.consent());
    const knobs = h("div", { class: "column" }, this.body(), this.intensity(), this.ratio(), this.seed(), this.threshold());
    p.submit = h("button", { type: "button", class: "primary", onclick: () => this.submit() }, "Submit");
    p.price = h("span", { class: "price" });
    p.said = h("div", { class: "said", role: "status" });
    p.busy = h("div", { class: "busy", role: "status" });
    this.root.append(p.banner, head, this.key(), h("div", { class: "columns" }, inputs, knobs),
      this.note(""), h("div", { class: "foot" }, p.submit, p.price), p.said, p.busy, this.code(), this.paste());
  }

  note(field) {
    const notes = (this.notes[field] = h("ul", { class: "notes", id: `${this.id}-${field || "form"}-notes` }));
    return notes;
  }

  input(field, label, placeholder) {
    const p = this.parts, id = `${this.id}-${field}`;
    p[field] = h("input", { type: "text", id, placeholder, spellcheck: "false", autocomplete: "off",
      "aria-describedby": `${id}-notes ${id}-facts`, oninput: () => this.edited(field), onchange: () => this.edited() });
    const file = h("input", { type: "file", class: "file", tabindex: "-1", "aria-hidden": "true",
      accept: field === "reference" ? "video/*" : "image/*,video/*",
      onchange: () => (this.upload(field, file.files[0]), (file.value = "")) });
    const choose = h("button", { type: "button", class: "small", onclick: () => file.click() }, "Local file…",
      h("span", { class: "unseen" }, ` as ${field}`));
    const row = h("div", { class: "row" }, choose, file);
    if (field === "character") {
      p.type = h("select", { id: `${id}-type`, onchange: () => this.edited() },
        h("option", { value: "" }, "told by its name"), h("option", { value: "image" }, "image"), h("option", { value: "video" }, "video"));
      row.prepend(h("label", { class: "inline", for: `${id}-type` }, "It is "), p.type);
    }
    p[`${field}-preview`] = h("div", { class: "preview" });
    p[`${field}-facts`] = h("div", { class: "facts", id: `${id}-facts` });
    return h("div", { class: "field" }, h("label", { for: id }, label), p[field], row, this.note(field),
      h("div", { class: "seen" }, p[`${field}-preview`], p[`${field}-facts`]));
  }

  consent() {
    const p = this.parts, id = `${this.id}-unlisted`;
    p.unlisted = h("input", { type: "checkbox", id, onchange: () => this.edited() });
    p.why = h("span", {});
    p.consent = h("div", { class: "field consent", hidden: true }, h("label", { for: id }, p.unlisted, " Try it all the same. "), p.why);
    return p.consent;
  }

  // A group of radio buttons: the browser gives them names, states and arrow keys.
  radios(field, legend, options, hint = "") {
    const name = `${this.id}-${field}`;
    const box = h("div", { class: `options ${field}` });
    const set = h("fieldset", { class: "field", "aria-describedby": `${name}-notes` }, h("legend", {}, legend), box, this.note(field));
    if (hint) set.insertBefore(h("div", { class: "facts" }, hint), box);
    this.groups[field] = { box, name, set, add: (value, ...look) => {
      const input = h("input", { type: "radio", name, value: JSON.stringify(value), onchange: () => this.edited() });
      box.append(h("label", {}, input, h("span", { class: "look" }, ...look)));
    } };
    for (const [value, ...look] of options) this.groups[field].add(value, ...look);
    return set;
  }

  body() {
    return this.radios("body_control", "Body control", [[null, "Not sent"], [true, "On"], [false, "Off"]]);
  }

  threshold() {
    return this.radios("public_figure_threshold", "Moderation of public figures",
      [[null, "Not sent"], ["auto", "auto"], ["low", "low: less strict"]]);
  }

  ratio() {
    const ratios = this.model.get("choices").ratios;
    return this.radios("ratio", "Ratio", [[null, "Not sent"], ...ratios.map((ratio) => [ratio, ...this.shape(ratio)])]);
  }

  shape(ratio) {
    const [width, height] = ratio.split(":").map(Number);
    const scale = 21 / Math.sqrt(width * height || 1);
    const shape = h("span", { class: "shape", "aria-hidden": "true" });
    Object.assign(shape.style, { width: `${width * scale}px`, height: `${height * scale}px` });
    return [h("span", { class: "frame" }, width && height ? shape : ""), ratio.replace(":", " × ")];
  }

  intensity() {
    const p = this.parts, id = `${this.id}-intensity`;
    const set = () => ((p.intensity.dataset.set = "1"), this.edited());
    p.intensity = h("input", { type: "range", id, min: 1, max: 5, step: 1, oninput: set, onclick: set,
      "aria-describedby": `${this.id}-expression_intensity-notes` });
    p.level = h("output", { for: id });
    p.unset = h("button", { type: "button", class: "small", onclick: () => (delete p.intensity.dataset.set, this.edited()) }, "Do not send",
      h("span", { class: "unseen" }, " the intensity"));
    const words = this.model.get("choices").intensity;
    return h("div", { class: "field" }, h("label", { for: id }, "Expression intensity"), p.intensity,
      h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, words[0]), h("span", {}, words.at(-1))),
      h("div", { class: "row" }, p.level, p.unset), this.note("expression_intensity"));
  }

  seed() {
    const p = this.parts, id = `${this.id}-seed`;
    p.seed = h("input", { type: "text", inputmode: "numeric", id, placeholder: "not sent: the service chooses", autocomplete: "off",
      "aria-describedby": `${id}-notes`, oninput: () => this.edited("seed"), onchange: () => this.edited() });
    const draw = () => {
      p.seed.value = String(crypto.getRandomValues(new Uint32Array(1))[0]);
      this.edited();
    };
    p.lock = h("input", { type: "checkbox", id: `${id}-lock`, onchange: () => this.edited() });
    return h("div", { class: "field" }, h("label", { for: id }, "Seed"), p.seed,
      h("div", { class: "row" }, h("button", { type: "button", class: "small", onclick: draw }, "Random", h("span", { class: "unseen" }, " seed")),
        h("label", { class: "inline", for: `${id}-lock` }, p.lock, " Lock: keep it for the next submission")), this.note("seed"));
  }

  key() {
    const p = this.parts, id = `${this.id}-key`;
    const input = h("input", { type: "password", id, autocomplete: "off", "aria-describedby": `${id}-notes`,
      onkeydown: (event) => event.key === "Enter" && give() });
    const give = () => {
      const key = input.value;
      input.value = "";
      if (key) this.ask("key", { key });
    };
    p.key = h("div", { class: "field key", hidden: true }, h("label", { for: id }, "CometAPI key"),
      h("div", { class: "row" }, input, h("button", { type: "button", onclick: give }, "Use in this kernel")),
      h("div", { class: "facts" }, "No key is configured. It stays in the kernel's memory: it is not saved in the notebook. " +
        "Without one, practise in the sandbox."), this.note("key"));
    return p.key;
  }

  code() {
    const p = this.parts;
    p.tabs = h("div", { role: "tablist", "aria-label": "Form of the code", class: "tabs", onkeydown: (event) => this.turn(event) });
    p.pre = h("pre", { role: "tabpanel", tabindex: "0", id: `${this.id}-code` });
    p.copy = h("button", { type: "button", class: "small", onclick: () => this.copy() }, "Copy");
    this.form = "Magic";
    for (const name of ["Magic", "Python", "curl", "JSON"]) {
      p.tabs.append(h("button", { type: "button", role: "tab", id: `${this.id}-tab-${name}`, "aria-controls": p.pre.id,
        onclick: () => this.choose(name) }, name));
    }
    return h("details", {}, h("summary", {}, "The same request as code"), h("div", { class: "row" }, p.tabs, p.copy), p.pre);
  }

  paste() {
    const id = `${this.id}-paste`;
    const text = h("textarea", { id, rows: 4, spellcheck: "false", "aria-describedby": `${id}-notes`,
      placeholder: "%act_two -c … -r …   ·   act.ActTwoRequest(…)   ·   curl …   ·   {…}" });
    return h("details", {}, h("summary", {}, "Fill the form from code"),
      h("div", { class: "field" }, h("label", { for: id }, "A magic line, Python, curl or JSON. It is read, never run."), text,
        h("div", { class: "row" }, h("button", { type: "button", onclick: () => this.ask("paste", { text: text.value }) }, "Fill the form")),
        this.note("paste")));
  }

  // --- from the form to the kernel -----------------------------------------------------------------

  read() {
    const p = this.parts;
    const chosen = (field) => JSON.parse(this.groups[field].box.querySelector("input:checked")?.value ?? "null");
    const seed = p.seed.value.trim();
    return {
      ...this.model.get("values"),
      character: p.character.value.trim(),
      character_type: p.type.value,
      reference: p.reference.value.trim(),
      body_control: chosen("body_control"),
      expression_intensity: p.intensity.dataset.set ? this.odd ?? Number(p.intensity.value) : null,
      seed: seed === "" ? null : /^\d{1,15}$/.test(seed) ? Number(seed) : seed,
      seed_locked: p.lock.checked,
      ratio: chosen("ratio"),
      public_figure_threshold: chosen("public_figure_threshold"),
      allow_unlisted: p.unlisted.checked,
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
    this.model.set("values", this.read());
    this.model.save_changes();
    this.level();
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

  submit() {
    const shown = this.model.get("shown");
    if (this.parts.submit.getAttribute("aria-disabled") === "true") return;
    this.clicked = shown.token; // no second click before the kernel's answer to this one
    this.lock();
    clearTimeout(this.typing);
    this.dirty.clear();
    this.ask("submit", { token: shown.token, target: shown.target, values: this.read() });
  }

  async upload(role, file) {
    if (!file) return;
    const { name, size } = file;
    const whole = size <= UPLOAD_MAX ? await file.arrayBuffer() : new ArrayBuffer(1);
    this.previews.set(`upload:${name}`, URL.createObjectURL(file));
    for (let offset = 0; offset < Math.max(1, whole.byteLength); offset += PIECE) {
      this.send({ type: "upload", role, name, size, offset }, [whole.slice(offset, offset + PIECE)]);
    }
  }

  // --- from the kernel to the form -----------------------------------------------------------------

  fill() {
    const p = this.parts, values = this.model.get("values");
    for (const field of ["character", "reference", "seed"]) {
      const text = String(values[field] ?? "");
      if (!this.dirty.has(field) && p[field].value.trim() !== text) p[field].value = text;
    }
    p.type.value = values.character_type;
    p.lock.checked = values.seed_locked;
    p.unlisted.checked = values.allow_unlisted;
    for (const field of Object.keys(this.groups)) this.check(field, values[field]);
    const level = values.expression_intensity;
    if (level === null) delete p.intensity.dataset.set;
    else p.intensity.dataset.set = "1";
    p.intensity.value = level ?? 3;
    this.odd = level !== null && Number(p.intensity.value) !== level ? level : undefined; // out of bounds: kept, and told
    this.level();
  }

  check(field, value) {
    const group = this.groups[field], wanted = JSON.stringify(value);
    const find = () => [...group.box.querySelectorAll("input")].find((input) => input.value === wanted);
    if (!find()) group.add(value, ...(field === "ratio" ? this.shape(String(value)) : [String(value)]));
    find().checked = true;
  }

  level() {
    const p = this.parts, set = Boolean(p.intensity.dataset.set);
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
    const p = this.parts, shown = this.model.get("shown");
    if (!shown.findings) return;
    p.banner.hidden = !shown.sandbox;
    this.root.classList.toggle("sandbox", shown.sandbox);
    p.samples.hidden = !shown.samples;
    p.switch.checked = shown.sandbox;
    p.switch.disabled = !shown.switchable;
    p.key.hidden = shown.key;
    put(p.price, shown.price);
    put(p.type.options[0], shown.inferred ? `${shown.inferred}, by its name` : "not told by its name");
    p.consent.hidden = !(shown.consent || p.unlisted.checked);
    put(p.why, shown.consent);
    for (const [field, list] of Object.entries(this.notes)) this.tell(field, list, shown);
    for (const [field, sentence] of Object.entries(shown.moot)) this.groups[field].set.classList.toggle("moot", Boolean(sentence));
    for (const role of ["character", "reference"]) {
      this.preview(role, shown.previews[role]);
      put(p[`${role}-facts`], shown.facts[role] || (shown.local[role] ? "A file of this machine." : ""));
    }
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
    list.replaceChildren(...notes.map(({ kind, text }) => h("li", { class: kind },
      h("span", { class: "unseen" }, { error: "Error: ", warning: "Warning: " }[kind] ?? ""), text)));
    const wrong = notes.some(({ kind }) => kind === "error");
    this.parts[field === "expression_intensity" ? "intensity" : field]?.setAttribute?.("aria-invalid", String(wrong));
  }

  lock() {
    const p = this.parts, shown = this.model.get("shown");
    const locked = shown.sending || this.clicked !== undefined;
    p.submit.setAttribute("aria-disabled", String(Boolean(locked)));
    p.submit.classList.toggle("ready", Boolean(shown.valid && shown.key && !locked));
    put(p.submit, locked ? "Sending…" : shown.sandbox ? "Submit to the sandbox" : "Submit");
  }

  preview(role, given) {
    const box = this.parts[`${role}-preview`];
    const address = this.model.get("values")[role];
    const local = this.previews.get(address);
    const look = given ?? (local ? { url: local, kind: /\.(mp4|m4v|mov|webm)$/i.test(address) ? "video" : "image" } : null);
    const drawn = JSON.stringify(look);
    if (box.dataset.drawn === drawn) return;
    box.dataset.drawn = drawn;
    const gone = () => box.replaceChildren(h("span", { class: "facts" }, "No preview."));
    if (!look) return box.replaceChildren();
    if (look.kind === "image") return box.replaceChildren(h("img", { src: look.url, alt: `Preview of the ${role}`, onerror: gone }));
    // "#t": a browser draws no frame of a video it was not asked to seek in.
    const video = h("video", { src: `${look.url}${look.url.includes("#") ? "" : "#t=0.1"}`, preload: "metadata", loop: true,
      playsinline: true, "aria-label": `Preview of the ${role}`, onerror: gone });
    video.muted = true;
    const play = h("button", { type: "button", class: "small", onclick: () => (video.paused ? video.play().catch(gone) : video.pause()) }, "Play");
    const name = () => play.replaceChildren(video.paused ? "Play" : "Pause", h("span", { class: "unseen" }, ` the ${role}`));
    video.addEventListener("play", name);
    video.addEventListener("pause", name);
    name();
    box.replaceChildren(video, play);
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

  async copy() {
    const { pre, copy } = this.parts;
    let done = true;
    try {
      await navigator.clipboard.writeText(pre.textContent);
    } catch {
      getSelection().selectAllChildren(pre); // not a secure page, or not allowed
      done = document.execCommand("copy");
    }
    put(copy, done ? "Copied" : "Press Ctrl+C");
    setTimeout(() => put(copy, "Copy"), 1500);
  }

  dispose() {
    clearTimeout(this.typing);
    clearTimeout(this.waiting);
    removeEventListener("keydown", this.own, { capture: true });
    for (const [name, handler] of Object.entries(this.handlers)) this.model.off(name, handler);
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
