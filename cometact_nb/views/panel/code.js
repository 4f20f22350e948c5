// The same request or sweep as code, in several forms, to be copied.

import { copyText, h, put } from "../base/dom.js";

const FORMS = ["Magic", "Python", "curl", "JSON"];

export class Code {
  /** @param {string} id of the form */
  constructor(id) {
    this.form = FORMS[0];
    /** @type {Record<string, string>} */
    this.code = {};
    this.title = h("summary");
    this.pre = h("pre", { role: "tabpanel", tabindex: "0", id: `${id}-code` });
    /** @type {HTMLButtonElement} */
    this.copy = h("button", { type: "button", class: "small", onclick: () => copyText(this.pre, this.copy) }, "Copy");
    this.tabs = FORMS.map((name) => this.tab(id, name));
    const attributes = { role: "tablist", "aria-label": "Form of the code", class: "tabs" };
    const tabs = h("div", { ...attributes, onkeydown: (event) => this.turn(event) }, ...this.tabs);
    this.root = h("details", {}, this.title, h("div", { class: "row" }, tabs, this.copy), this.pre);
  }

  /**
   * @param {string} id
   * @param {string} name
   */
  tab(id, name) {
    const attributes = { type: "button", role: "tab", id: `${id}-tab-${name}`, "aria-controls": this.pre.id };
    return h("button", { ...attributes, onclick: () => this.choose(name) }, name);
  }

  /** @param {string} name */
  choose(name) {
    this.form = name;
    this.write(this.code);
  }

  /** @param {KeyboardEvent} event */
  turn(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation(); // the notebook would move to another cell
    const at = this.tabs.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement));
    const next = this.tabs[(at + step + this.tabs.length) % this.tabs.length];
    next.focus();
    next.click();
  }

  /** @param {Record<string, string>} code by its form */
  write(code) {
    this.code = code;
    for (const tab of this.tabs) {
      const chosen = tab.textContent === this.form;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) this.pre.setAttribute("aria-labelledby", tab.id);
    }
    put(this.pre, code[this.form] ?? "When nothing is marked any more, the code is here.");
    this.copy.disabled = !code[this.form];
  }
}
