// The structure of the panel's form; panel.js brings it to life.

import { copyText, h, paying } from "../base/dom.js";

export class Form {
  build() {
    const p = this.parts;
    p.banner = h(
      "div",
      { class: "banner", hidden: true },
      h("span", {}, h("strong", {}, "SANDBOX"), " Requests stay on this machine. Nothing is billed."),
      (p.samples = h("button", { type: "button", class: "small", onclick: () => this.ask("samples") }, "Use sample inputs")),
    );
    p.switch = h("input", {
      type: "checkbox",
      role: "switch",
      id: `${this.id}-sandbox`,
      onchange: () => this.ask("sandbox", { on: (this.wanted = p.switch.checked) }),
    });
    const head = h(
      "div",
      { class: "head" },
      h("h3", {}, "Act-Two"),
      this.mode(),
      h("label", { class: "inline", for: `${this.id}-sandbox` }, p.switch, "Practise in the sandbox"),
    );
    const inputs = h(
      "div",
      { class: "column" },
      this.input("character", "Character", "https://… an image or a video with one face"),
      this.input("reference", "Reference", "https://… a video of the performance, 3–30 s"),
      this.consent(),
    );
    const knobs = h("div", { class: "column" }, this.body(), this.intensity(), this.ratio(), this.seed(), this.takes(), this.threshold());
    p.submit = h("button", { type: "button", class: "primary", ...paying(() => this.submit()) }, "Submit");
    p.price = h("span", { class: "price" });
    p.said = h("div", { class: "said", role: "status" });
    p.busy = h("div", { class: "busy", role: "status" });
    this.root.append(
      p.banner,
      head,
      this.key(),
      h("div", { class: "columns" }, inputs, knobs),
      this.plan(),
      this.note(""),
      h("div", { class: "foot" }, p.submit, p.price),
      this.offer(),
      p.said,
      p.busy,
      this.code(),
      this.paste(),
    );
  }

  note(field) {
    const notes = (this.notes[field] = h("ul", { class: "notes", id: `${this.id}-${field || "form"}-notes` }));
    return notes;
  }

  input(field, label, placeholder) {
    const p = this.parts,
      id = `${this.id}-${field}`;
    this.hints[field] = placeholder;
    // One line for one request, several for a sweep.
    p[field] = h("textarea", {
      id,
      class: "address",
      rows: 1,
      placeholder,
      spellcheck: "false",
      autocomplete: "off",
      "aria-describedby": `${id}-notes`,
      oninput: () => this.edited(field),
      onchange: () => this.edited(),
      onkeydown: (event) => event.key === "Enter" && !this.model.get("values").sweep && event.preventDefault(),
    });
    const file = h("input", {
      type: "file",
      class: "file",
      tabindex: "-1",
      "aria-hidden": "true",
      accept: field === "reference" ? "video/*" : "image/*,video/*",
      onchange: () => (this.upload(field, file.files[0]), (file.value = "")),
    });
    const choose = h(
      "button",
      { type: "button", class: "small", onclick: () => file.click() },
      "Local file…",
      h("span", { class: "unseen" }, ` as ${field}`),
    );
    const row = h("div", { class: "row" }, choose, file);
    if (field === "character") {
      p.type = h(
        "select",
        { id: `${id}-type`, onchange: () => this.edited() },
        h("option", { value: "" }, "told by its name"),
        h("option", { value: "image" }, "image"),
        h("option", { value: "video" }, "video"),
      );
      row.prepend(h("label", { class: "inline", for: `${id}-type` }, "It is "), p.type);
    }
    p[`${field}-seen`] = h("div", { class: "seen" });
    return h("div", { class: "field" }, h("label", { for: id }, label), p[field], row, this.note(field), p[`${field}-seen`]);
  }

  consent() {
    const p = this.parts,
      id = `${this.id}-unlisted`;
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
    this.groups[field] = {
      box,
      name,
      set,
      add: (value, ...look) => {
        const input = h("input", { type: "radio", name, value: JSON.stringify(value), onchange: () => this.picked(field, input) });
        box.append(h("label", {}, input, h("span", { class: "look" }, ...look)));
      },
    };
    for (const [value, ...look] of options) this.groups[field].add(value, ...look);
    return set;
  }

  body() {
    return this.radios("body_control", "Body control", [
      [null, "Not sent"],
      [true, "On"],
      [false, "Off"],
    ]);
  }

  threshold() {
    return this.radios("public_figure_threshold", "Moderation of public figures", [
      [null, "Not sent"],
      ["auto", "auto"],
      ["low", "low: less strict"],
    ]);
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
    const p = this.parts,
      id = `${this.id}-intensity`;
    const set = () => ((p.intensity.dataset.set = "1"), this.edited());
    p.intensity = h("input", {
      type: "range",
      id,
      min: 1,
      max: 5,
      step: 1,
      oninput: set,
      onclick: set,
      "aria-describedby": `${this.id}-expression_intensity-notes`,
    });
    p.level = h("output", { for: id });
    p.unset = h(
      "button",
      { type: "button", class: "small", onclick: () => (delete p.intensity.dataset.set, this.edited()) },
      "Do not send",
      h("span", { class: "unseen" }, " the intensity"),
    );
    const words = this.model.get("choices").intensity;
    const ends = words.map((word, at) =>
      h("span", { style: `--at: ${at / (words.length - 1)}` }, at % (words.length - 1) ? `${at + 1}` : `${at + 1} ${word}`),
    );
    p.slider = h(
      "div",
      { class: "field" },
      h("div", { class: "titled" }, h("label", { for: id }, "Expression intensity"), p.level, p.unset),
      p.intensity,
      h("div", { class: "ends", "aria-hidden": "true" }, ...ends),
    );
    p.levels = this.radios("expression_intensity", "Expression intensity", [
      [null, "Not sent"],
      ...words.map((word, at) => [at + 1, `${at + 1} ${word}`]),
    ]);
    const both = h("div", { class: "field" }, p.slider, p.levels, this.notes.expression_intensity);
    return both;
  }

  seed() {
    const p = this.parts,
      id = `${this.id}-seed`;
    p.seed = h("input", {
      type: "text",
      inputmode: "numeric",
      id,
      placeholder: "not sent: the service chooses",
      autocomplete: "off",
      "aria-describedby": `${id}-notes`,
      oninput: () => this.edited("seed"),
      onchange: () => this.edited(),
    });
    const draw = () => {
      const seed = String(crypto.getRandomValues(new Uint32Array(1))[0]),
        before = p.seed.value.trim();
      p.seed.value = before && this.model.get("values").sweep ? `${before},${seed}` : seed;
      this.edited();
    };
    p.draw = h(
      "button",
      { type: "button", class: "small", onclick: draw },
      h("span", {}, "Random"),
      h("span", { class: "unseen" }, " seed"),
    );
    p.lock = h("input", { type: "checkbox", id: `${id}-lock`, onchange: () => this.edited() });
    return h(
      "div",
      { class: "field" },
      h("label", { for: id }, "Seed"),
      p.seed,
      h(
        "div",
        { class: "row" },
        p.draw,
        (p.locking = h("label", { class: "inline", for: `${id}-lock` }, p.lock, " Lock: keep it for the next submission")),
      ),
      this.note("seed"),
    );
  }

  key() {
    const p = this.parts,
      id = `${this.id}-key`;
    // A code that is used once is what browsers offer not to keep; password managers are told each in its own way.
    const input = h("input", {
      type: "password",
      id,
      autocomplete: "one-time-code",
      "data-1p-ignore": true,
      "data-lpignore": "true",
      "data-bwignore": true,
      "data-form-type": "other",
      "aria-describedby": `${id}-notes`,
      onkeydown: (event) => event.key === "Enter" && give(),
    });
    const give = () => {
      const key = input.value;
      input.value = "";
      if (key) this.ask("key", { key });
    };
    p.key = h(
      "div",
      { class: "field key", hidden: true },
      h("label", { for: id }, "CometAPI key"),
      h("div", { class: "row" }, input, h("button", { type: "button", onclick: give }, "Use in this kernel")),
      h(
        "div",
        { class: "facts" },
        "No key is configured. It stays in the kernel's memory: it is not saved in the notebook. " +
          "Without one, practise in the sandbox.",
      ),
      this.note("key"),
    );
    return p.key;
  }

  code() {
    const p = this.parts;
    p.tabs = h("div", { role: "tablist", "aria-label": "Form of the code", class: "tabs", onkeydown: (event) => this.turn(event) });
    p.pre = h("pre", { role: "tabpanel", tabindex: "0", id: `${this.id}-code` });
    p.copy = h("button", { type: "button", class: "small", onclick: () => copyText(p.pre, p.copy) }, "Copy");
    this.form = "Magic";
    for (const name of ["Magic", "Python", "curl", "JSON"]) {
      p.tabs.append(
        h(
          "button",
          { type: "button", role: "tab", id: `${this.id}-tab-${name}`, "aria-controls": p.pre.id, onclick: () => this.choose(name) },
          name,
        ),
      );
    }
    return h("details", {}, (p.coded = h("summary", {})), h("div", { class: "row" }, p.tabs, p.copy), p.pre);
  }

  paste() {
    const id = `${this.id}-paste`;
    const text = h("textarea", {
      id,
      rows: 4,
      spellcheck: "false",
      "aria-describedby": `${id}-notes`,
      placeholder: "%act_two -c … -r …   ·   act.ActTwoRequest(…)   ·   curl …   ·   {…}",
    });
    return h(
      "details",
      {},
      h("summary", {}, "Fill the form from code"),
      h(
        "div",
        { class: "field" },
        h("label", { for: id }, "A magic line, Python, curl or JSON. It is read, never run."),
        text,
        h(
          "div",
          { class: "row" },
          h("button", { type: "button", onclick: () => this.ask("paste", { text: text.value }) }, "Fill the form"),
        ),
        this.note("paste"),
      ),
    );
  }
}
