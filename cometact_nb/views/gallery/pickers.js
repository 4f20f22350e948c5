// Lets a user choose the axes for rows and columns, and the values of the others.

import { h } from "../base/dom.js";

/** @import { Axis, Layout } from "../base/wire.d.ts" */

export class Pickers {
  /** @param {(change: Partial<Layout>) => void} change */
  constructor(change) {
    this.change = change;
    this.node = h("div", { class: "pickers" });
  }

  /**
   * @param {Axis[]} axes none are drawn while names are hidden
   * @param {Layout} layout
   */
  draw(axes, layout) {
    const focused = this.node.contains(document.activeElement) ? document.activeElement?.getAttribute("name") : "";
    const { rows, columns } = layout;
    const names = [["", "none"], ...axes.map((axis) => [axis.name, axis.label])];
    const nodes = [];
    if (axes.length) nodes.push(this.select("rows", "Rows ", names, rows, (name) => this.layOut("rows", name, layout)));
    if (axes.length && rows) nodes.push(this.select("columns", "Columns ", names, columns, (name) => this.layOut("columns", name, layout)));
    for (const axis of axes)
      if (axis.values.length > 1 && !(rows && [rows, columns].includes(axis.name))) nodes.push(this.values(axis, layout));
    this.node.replaceChildren(...nodes);
    const again = focused && this.node.querySelector(`[name="${CSS.escape(focused)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /**
   * The values of one axis; in a grid each axis that is not laid out has one.
   * @param {Axis} axis
   * @param {Layout} layout
   */
  values({ name, label, values }, layout) {
    const all = layout.rows ? [] : [["", "all"]];
    const options = [...all, ...values.map((text, place) => [String(place), text])];
    const picked = String(layout.picks[name] ?? (layout.rows ? 0 : ""));
    return this.select(`pick-${name}`, `${label} `, options, picked, (value) => this.pick(name, value, layout));
  }

  /**
   * @param {string} name
   * @param {string} label
   * @param {string[][]} options values and texts
   * @param {string} value
   * @param {(value: string) => void} change
   */
  select(name, label, options, value, change) {
    const nodes = options.map(([key, text]) => h("option", { value: key, selected: key === value }, text));
    /** @type {HTMLSelectElement} */
    const select = h("select", { name, onchange: () => change(select.value) }, ...nodes);
    return h("label", {}, label, select);
  }

  /**
   * @param {"rows" | "columns"} side
   * @param {string} name
   * @param {Layout} layout
   */
  layOut(side, name, layout) {
    const other = side === "rows" ? "columns" : "rows";
    const swapped = name && layout[other] === name ? { [other]: layout[side] } : {};
    this.change({ [side]: name, ...swapped });
  }

  /**
   * @param {string} name
   * @param {string} value
   * @param {Layout} layout
   */
  pick(name, value, layout) {
    const picks = { ...layout.picks };
    if (value === "") delete picks[name];
    else picks[name] = Number(value);
    this.change({ picks });
  }
}
