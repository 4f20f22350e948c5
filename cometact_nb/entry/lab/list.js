// A long list of which only the rows that are seen stand in the page.

import { h } from "../../views/base/dom.js";
import { visible } from "./rows.js";

/**
 * @template Item
 * @typedef {object} Source
 * @property {(item: Item) => HTMLButtonElement[]} draw the buttons of a row; the first opens it
 * @property {(last: number) => void} seen rows up to this one are drawn
 */

/**
 * @template {{ key: string }} Item
 * @typedef {{ text: string, node: HTMLElement, item: Item }} Line what a row was drawn from, and as what
 */

/** @template {{ key: string }} Item */
export class List {
  /**
   * @param {Source<Item>} source
   * @param {string} name of the list
   * @param {number} height of a row, pixels
   */
  constructor(source, name, height) {
    this.source = source;
    this.height = height;
    /** @type {Item[]} */
    this.items = [];
    /** @type {Map<string, Line<Item>>} */
    this.lines = new Map(); // the rows in the page, by key
    this.current = 0; // the row that Tab comes to
    this.ul = h("ul", { "aria-label": name });
    this.node = h("div", { class: "scroll", onscroll: () => this.draw() }, this.ul);
    this.ul.addEventListener("keydown", (event) => this.key(event));
    this.ul.addEventListener("focusin", (event) => this.focused(event));
    this.observer = new ResizeObserver(() => this.draw());
    this.observer.observe(this.node);
  }

  /** @param {Item[]} items */
  set(items) {
    const key = this.items[this.current]?.key;
    this.items = items;
    const at = items.findIndex((item) => item.key === key);
    this.current = Math.max(0, Math.min(at < 0 ? this.current : at, items.length - 1));
    this.ul.style.height = `${items.length * this.height}px`;
    this.draw();
  }

  /** Show the list from its beginning. */
  rewind() {
    this.current = 0;
    this.node.scrollTop = 0;
  }

  draw() {
    const [first, last] = visible(this.node.scrollTop, this.node.clientHeight, this.height, this.items.length);
    const has = this.ul.contains(document.activeElement);
    /** @type {Map<string, Line<Item>>} */
    const lines = new Map();
    for (let at = first; at < last; at++) this.place(at, lines);
    // The row that has the focus stays, wherever it is scrolled to.
    if (this.items.length && (has || !lines.size) && (this.current < first || this.current >= last)) this.place(this.current, lines);
    for (const [key, line] of this.lines) if (lines.get(key)?.node !== line.node) line.node.remove();
    this.lines = lines;
    this.order();
    this.source.seen(last);
  }

  // Rows stand in the page in their order, for those who hear them; one that has the focus is not moved.
  order() {
    const nodes = [...this.lines.values()].map(({ node }) => node).sort((a, b) => Number(a.dataset.at) - Number(b.dataset.at));
    nodes.forEach((node, place) => {
      if (this.ul.children[place] !== node) this.ul.insertBefore(node, this.ul.children[place] ?? null);
    });
  }

  /**
   * @param {number} at
   * @param {Map<string, Line<Item>>} lines
   */
  place(at, lines) {
    const item = this.items[at];
    const text = JSON.stringify(item);
    const old = this.lines.get(item.key);
    const line = old?.text === text ? old : this.make(item, text, old);
    lines.set(item.key, line);
    const { node } = line;
    node.style.top = `${at * this.height}px`;
    node.dataset.at = String(at);
    node.setAttribute("aria-setsize", String(this.items.length));
    node.setAttribute("aria-posinset", String(at + 1));
    this.reach(node, at === this.current);
  }

  /**
   * The buttons of the current row are in the tab order.
   * @param {HTMLElement} node of a row
   * @param {boolean} on
   */
  reach(node, on) {
    for (const button of node.children) button.setAttribute("tabindex", on ? "0" : "-1");
  }

  /**
   * @param {Item} item
   * @param {string} text
   * @param {Line<Item> | undefined} old
   * @returns {Line<Item>}
   */
  make(item, text, old) {
    const content = this.source.draw(item);
    if (!old) return { text, item, node: h("li", { style: `height:${this.height}px` }, ...content) };
    const place = [...old.node.children].indexOf(/** @type {Element} */ (document.activeElement));
    old.node.replaceChildren(...content);
    if (place >= 0) content[Math.min(place, content.length - 1)].focus();
    return { text, item, node: old.node };
  }

  /** @param {FocusEvent} event */
  focused({ target }) {
    const node = target instanceof Element ? target.closest("li") : null;
    if (node) this.choose(Number(node.dataset.at));
  }

  /** @param {number} at */
  choose(at) {
    const before = this.current;
    this.current = at;
    for (const { node } of this.lines.values()) {
      const row = Number(node.dataset.at);
      if (row === before || row === at) this.reach(node, row === at);
    }
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const page = Math.max(1, Math.floor(this.node.clientHeight / this.height) - 1);
    /** @type {Record<string, number>} */
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -this.items.length, End: this.items.length };
    const step = steps[event.key];
    if (step === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    this.go(Math.max(0, Math.min(this.items.length - 1, this.current + step)));
  }

  /**
   * Move the focus to a row.
   * @param {number} at
   */
  go(at) {
    const top = at * this.height;
    const { node } = this;
    if (top < node.scrollTop) node.scrollTop = top;
    if (top + this.height > node.scrollTop + node.clientHeight) node.scrollTop = top + this.height - node.clientHeight;
    this.choose(at);
    this.draw();
    const button = this.lines.get(this.items[at]?.key)?.node.firstElementChild;
    if (button instanceof HTMLElement) button.focus({ preventScroll: true });
  }

  dispose() {
    this.observer.disconnect();
  }
}
