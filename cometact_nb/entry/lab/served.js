// The clips of a task or a sweep as the server's history has them, for the gallery's player.

/**
 * @import { Axis, GalleryCell, Layout } from "../../views/base/wire.d.ts"
 * @import { Host } from "../../views/gallery/host.d.ts"
 * @import { Api } from "./api.js"
 * @import { ClipEntry, SweepGallery, TaskDetails } from "./server.d.ts"
 * @typedef {object} Content
 * @property {Host["title"]} title
 * @property {Axis[]} axes
 * @property {Layout} choice
 * @property {GalleryCell[]} cells
 * @property {(string | null)[]} clips
 * @property {(string | null)[]} posters
 */

const GREEN = "#2f9e6b";

/** @implements {Host} */
export class Served {
  /**
   * @param {Api} api
   * @param {Content} content
   */
  constructor(api, content) {
    this.api = api;
    this.content = content;
    this.title = content.title;
    this.axes = content.axes;
    this.choice = content.choice;
  }

  /** @param {Layout} choice */
  save(choice) {
    this.choice = choice;
  }

  /** @param {number} index */
  async clip(index) {
    return this.api.file(this.content.clips[index] ?? "");
  }

  /** @param {number} index */
  async poster(index) {
    return this.api.file(this.content.posters[index] ?? "");
  }

  free() {}
}

/**
 * @param {ClipEntry} clip
 * @param {number} index
 * @returns {GalleryCell}
 */
function clipCell(clip, index) {
  const { sha256: id, width, height, fps, duration_s: duration, bytes } = clip;
  const facts = clip.clip ? { id, width, height, fps, duration, bytes } : null;
  const ended = { status: "SUCCEEDED", tone: GREEN, over: true, progress: null, ratings: [] };
  return { index, place: [index], ...ended, clip: facts, poster: Boolean(clip.poster), text: clip.problem };
}

/**
 * @param {TaskDetails} details
 * @returns {Content}
 */
export function taskContent({ task, clips }) {
  return {
    title: { name: task.short, sandbox: task.sandbox, label: `Clips of task ${task.short}` },
    axes: [{ name: "file", label: "File", values: clips.map(({ name }) => name) }],
    choice: { rows: "", columns: "", picks: {}, blind: null },
    cells: clips.map(clipCell),
    clips: clips.map(({ clip }) => clip),
    posters: clips.map(({ poster }) => poster),
  };
}

/**
 * @param {SweepGallery} gallery
 * @returns {Content}
 */
export function sweepContent({ sweep, axes, choice, cells, clips, posters }) {
  return {
    title: { name: sweep.name, sandbox: sweep.sandbox, label: `Gallery of sweep ${sweep.name}` },
    axes: /** @type {Axis[]} */ (axes),
    choice: /** @type {Layout} */ (choice),
    cells: /** @type {GalleryCell[]} */ (/** @type {unknown} */ (cells)),
    clips,
    posters,
  };
}
