// The places of the tiles: on one axis or two, or one after the other.

import { h } from "../base/dom.js";

/**
 * @import { Axis } from "../base/wire.d.ts"
 * @import { Tile } from "./tile.js"
 * @typedef {{ node: HTMLElement, order: Tile[], rows: number, columns: number }} Laid columns is 0 where tiles flow
 */

/**
 * @param {Tile[]} tiles
 * @returns {Laid}
 */
export function flow(tiles) {
  return { node: h("div", { class: "flow" }, ...tiles.map((tile) => tile.node)), order: tiles, rows: 0, columns: 0 };
}

/**
 * A value's heading names its knob, so that it can be read where the others are out of sight.
 * @param {string} side
 * @param {Axis | undefined} axis
 * @param {string} value
 */
function heading(side, axis, value) {
  return h("span", { class: side }, axis ? h("small", {}, axis.label) : null, axis ? " " : null, h("b", {}, value));
}

/**
 * @param {Tile[]} tiles
 * @param {Axis[]} axes
 * @param {number} down the axis of the rows
 * @param {number} across the axis of the columns, -1 for none
 * @param {boolean} isFiltered then lines without a tile are left out
 * @returns {Laid}
 */
export function grid(tiles, axes, down, across, isFiltered) {
  const at = new Map(tiles.map((tile) => [`${tile.cell.place[down]} ${across < 0 ? 0 : tile.cell.place[across]}`, tile]));
  const all = (/** @type {number} */ count) => [...Array(count).keys()];
  const has = (/** @type {number} */ place, /** @type {number} */ value) => tiles.some(({ cell }) => cell.place[place] === value);
  const rows = all(axes[down].values.length).filter((row) => !isFiltered || has(down, row));
  const columns = across < 0 ? [0] : all(axes[across].values.length).filter((column) => !isFiltered || has(across, column));
  /** @type {Tile[]} */
  const order = [];
  const head = columns.map((column) => (across < 0 ? h("span") : heading("column", axes[across], axes[across].values[column])));
  const body = rows.map((row) => {
    const value = axes[down].values[row];
    const line = columns.map((column) => at.get(`${row} ${column}`));
    for (const tile of line) if (tile) order.push(tile);
    const hole = isFiltered ? "left out" : "not in this sweep";
    const nodes = line.map((tile) => tile?.node ?? h("div", { class: "tile hole" }, hole));
    const attributes = { class: "row", role: "group", "aria-label": `${axes[down].label} ${value}` };
    return h("div", attributes, heading("label", axes[down], value), ...nodes);
  });
  const node = h("div", { class: "grid" }, h("div", { class: "row head" }, h("span", { class: "corner" }), ...head), ...body);
  node.style.setProperty("--columns", String(columns.length));
  return { node, order, rows: rows.length, columns: columns.length };
}

/**
 * The tile beside another, on the screen; none at the edge.
 * @param {Tile[]} order
 * @param {Tile} current
 * @param {string} key an arrow
 */
export function neighbour(order, current, key) {
  const place = order.indexOf(current);
  if (key === "ArrowLeft" || key === "ArrowRight") return order[place + (key === "ArrowLeft" ? -1 : 1)];
  const here = current.node.getBoundingClientRect();
  const down = key === "ArrowDown";
  return (down ? order.slice(place + 1) : order.slice(0, place).reverse()).find(({ node }) => {
    const box = node.getBoundingClientRect();
    return (down ? box.top >= here.bottom : box.bottom <= here.top) && box.left < here.right && box.right > here.left;
  });
}
