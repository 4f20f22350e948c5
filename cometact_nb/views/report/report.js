// The gallery in an exported report: clips are files beside the page, ratings are as they were.

import { GalleryView } from "../gallery/view.js";

/**
 * @import { GalleryCell, GalleryState, Layout } from "../base/wire.d.ts"
 * @import { Host } from "../gallery/host.d.ts"
 * @typedef {GalleryCell & { src: string, poster: string }} FileCell
 * @typedef {GalleryState & { cells: FileCell[] }} Data as views/report/page.py writes it
 */

/** @implements {Host} */
class Files {
  /** @param {Data} data */
  constructor(data) {
    this.title = data.title;
    this.axes = data.axes;
    this.choice = data.choice;
    this.cells = new Map(data.cells.map((cell) => [cell.index, cell]));
  }

  /** @param {Layout} choice */
  save(choice) {
    this.choice = choice;
  }

  /** @param {number} index */
  async clip(index) {
    return this.cells.get(index)?.src ?? "";
  }

  /** @param {number} index */
  async poster(index) {
    return this.cells.get(index)?.poster ?? "";
  }

  free() {}
}

/** @param {string} id */
function byId(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`This page has no ${id}.`);
  return node;
}

/** @type {Data} */
const data = JSON.parse(byId("data").textContent ?? "");
const place = byId("gallery");
place.replaceChildren();
new GalleryView(place, new Files(data)).setCells(data.cells);
