// A row of tabs: arrows move between them, as the pattern of the W3C has it.

import { h } from "../../views/base/dom.js";

export class Tabs {
  /**
   * @param {[string, string][]} tabs each with its key and name
   * @param {(key: string) => void} chosen
   * @param {string} controls the id of what they change
   */
  constructor(tabs, chosen, controls) {
    this.chosen = chosen;
    this.buttons = tabs.map(([key, name]) => {
      const attributes = { type: "button", role: "tab", "data-tab": key, "aria-controls": controls };
      return h("button", { ...attributes, onclick: () => this.choose(key) }, name);
    });
    this.node = h("div", { class: "tabs", role: "tablist", "aria-label": "Which tasks" }, ...this.buttons);
    this.node.addEventListener("keydown", (event) => this.key(event));
    this.mark(tabs[0][0]);
  }

  /** @param {string} key */
  choose(key) {
    this.mark(key);
    this.chosen(key);
  }

  /** @param {string} key */
  mark(key) {
    for (const button of this.buttons) {
      const on = button.dataset.tab === key;
      button.setAttribute("aria-selected", String(on));
      button.setAttribute("tabindex", on ? "0" : "-1");
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const at = this.buttons.indexOf(/** @type {HTMLButtonElement} */ (event.target));
    const count = this.buttons.length;
    /** @type {Record<string, number>} */
    const places = { ArrowRight: (at + 1) % count, ArrowLeft: (at + count - 1) % count, Home: 0, End: count - 1 };
    const button = this.buttons[places[event.key]];
    if (at < 0 || !button) return;
    event.preventDefault();
    button.focus();
    this.choose(button.dataset.tab ?? "");
  }
}
