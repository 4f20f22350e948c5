// A task or a sweep in the main area: its clips in the gallery's player, or the card of a task that has none.

import { h, put } from "../../views/base/dom.js";
import { GalleryView } from "../../views/gallery/view.js";
import { CellModel } from "../../views/sweep/cell_model.js";
import { readCode } from "../../views/sweep/grid.js";
import { Card } from "../../views/task/card.js";
import { galleryLine, isId, taskLine } from "./lines.js";
import { Poll } from "./poll.js";
import { momentOf } from "./words.js";

/**
 * @import { Axis, GalleryCell, Layout, Live, SweepGrid } from "../../views/base/wire.d.ts"
 * @import { Host } from "../../views/gallery/host.d.ts"
 * @import { Api } from "./api.js"
 * @import { ClipEntry, SweepDetails, TaskDetails } from "./server.d.ts"
 * @typedef {{ title: Host["title"], axes: Axis[], cells: GalleryCell[], clips: (string | null)[], posters: (string | null)[] }} Content
 * @typedef {(line: string) => string} Insert puts a line into the active notebook, and says so
 */

const GREEN = "#2f9e6b";
const POLL_S = 5;

/** @implements {Host} */
class Served {
  /**
   * @param {Api} api
   * @param {Content} content
   */
  constructor(api, content) {
    this.api = api;
    this.content = content;
    this.title = content.title;
    this.axes = content.axes;
    /** @type {Layout} */
    this.choice = { rows: "", columns: "", picks: {}, blind: null };
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
 * @param {number} index
 * @param {Partial<GalleryCell>} facts
 * @returns {GalleryCell}
 */
function cellOf(index, facts) {
  const empty = { status: "SUCCEEDED", tone: GREEN, text: "", over: true, progress: null, clip: null, poster: false, ratings: [] };
  return { index, place: [index], ...empty, ...facts };
}

/**
 * @param {ClipEntry} clip
 * @param {number} index
 */
function clipCell(clip, index) {
  const { sha256: id, width, height, fps, duration_s: duration, bytes } = clip;
  const facts = clip.clip ? { id, width, height, fps, duration, bytes } : null;
  return cellOf(index, { clip: facts, poster: Boolean(clip.poster), text: clip.problem });
}

/**
 * @param {TaskDetails} details
 * @returns {Content}
 */
export function taskContent({ task, clips }) {
  return {
    title: { name: task.short, sandbox: task.sandbox, label: `Clips of task ${task.short}` },
    axes: [{ name: "file", label: "File", values: clips.map(({ name }) => name) }],
    cells: clips.map(clipCell),
    clips: clips.map(({ clip }) => clip),
    posters: clips.map(({ poster }) => poster),
  };
}

/**
 * @param {SweepDetails} details
 * @returns {Content}
 */
export function sweepContent({ sweep, grid: trait, cells, clips, posters }) {
  const grid = /** @type {SweepGrid} */ (trait);
  const all = cells.map((code, index) => {
    const { kind, percent } = readCode(code);
    const [status, tone] = grid.kinds[kind];
    const address = clips[index];
    const clip = address ? { id: address, width: null, height: null, fps: null, duration: null, bytes: 0 } : null;
    const progress = Number.isFinite(percent) ? percent / 100 : null;
    return cellOf(index, { status, tone, clip, progress, poster: Boolean(posters[index]) });
  });
  const title = { name: sweep.name, sandbox: sweep.sandbox, label: `Gallery of sweep ${sweep.name}` };
  const values = grid.labels.map((label, index) => label || `Cell ${index + 1}`);
  return { title, axes: [{ name: "cell", label: "Cell", values }], cells: all, clips, posters };
}

/** What both kinds of viewers are: a place for the content, facts below it, and a line for a notebook. */
class Viewer {
  /**
   * @param {Api} api
   * @param {Insert} insert
   * @param {string | null} line
   */
  constructor(api, insert, line) {
    this.api = api;
    this.place = h("div", {});
    this.facts = h("p", { class: "fine" });
    this.statusLine = h("span", { role: "status" });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    const act = line
      ? h("button", { type: "button", title: line, onclick: () => put(this.statusLine, insert(line)) }, "Insert into the notebook")
      : null;
    this.node = h(
      "div",
      { class: "cometact-lab-viewer" },
      this.problem,
      this.place,
      h("div", { class: "foot" }, act, this.statusLine),
      this.facts,
    );
    /** @type {GalleryView | null} */
    this.gallery = null;
    this.drawn = "";
    this.poll = new Poll(() => this.refresh(), POLL_S);
  }

  /** @returns {Promise<boolean>} whether something was other */
  async refresh() {
    try {
      const changed = await this.load();
      this.fail("");
      return changed;
    } catch (error) {
      this.fail(error instanceof Error ? error.message : String(error));
      throw error;
    }
  }

  /** @returns {Promise<boolean>} */
  async load() {
    return false;
  }

  /** @param {string} why */
  fail(why) {
    this.problem.hidden = !why;
    put(this.problem, why);
  }

  /**
   * Whether this is other than what is shown; then it is from now on.
   * @param {unknown} content
   */
  isNew(content) {
    const text = JSON.stringify(content);
    const before = this.drawn;
    this.drawn = text;
    return text !== before;
  }

  /** @param {Content} content */
  showClips(content) {
    if (!this.isNew(content)) return false;
    if (this.gallery?.host instanceof Served && this.gallery.cells.size === content.cells.length) {
      this.gallery.host.content = content;
    } else {
      this.gallery?.dispose();
      this.gallery = new GalleryView(this.place, new Served(this.api, content));
    }
    this.gallery.setCells(content.cells);
    this.node.classList.toggle("single", content.cells.length === 1);
    return true;
  }

  show() {
    this.poll.start();
  }

  hide() {
    this.poll.stop();
  }

  dispose() {
    this.poll.stop();
    this.gallery?.dispose();
  }
}

export class TaskViewer extends Viewer {
  /**
   * @param {Api} api
   * @param {Insert} insert
   * @param {{ key: string, id: string | null }} task
   */
  constructor(api, insert, { key, id }) {
    const name = id ?? key;
    super(api, insert, isId(name) ? taskLine(name) : null);
    this.key = key;
    /** @type {{ card: Card, model: CellModel } | null} */
    this.card = null;
  }

  /** @override */
  async load() {
    const details = await this.api.task(this.key);
    const { task, clips } = details;
    const asOf = `as of ${momentOf(task.as_of, new Date())}`;
    put(
      this.facts,
      [task.label, task.inputs.join(" → "), task.knobs, task.outcome, task.money, task.folder, asOf].filter(Boolean).join(" · "),
    );
    if (task.settled) this.poll.stop();
    if (!clips.some(({ clip }) => clip)) return this.showCard(details);
    this.card?.card.dispose();
    this.card = null;
    return this.showClips(taskContent(details));
  }

  /** @param {TaskDetails} details */
  showCard({ html, live }) {
    const state = { html, live: /** @type {Live} */ (live) };
    if (!this.isNew(state)) return false;
    if (this.card) {
      this.card.model.change(state);
    } else {
      const model = new CellModel(() => {}, state);
      this.card = { model, card: new Card(model, this.place) };
    }
    // Actions that need a kernel are not offered.
    for (const button of this.place.querySelectorAll("button[data-action=cancel], button[data-form]")) button.remove();
    return true;
  }

  /** @override */
  dispose() {
    super.dispose();
    this.card?.card.dispose();
  }
}

export class SweepViewer extends Viewer {
  /**
   * @param {Api} api
   * @param {Insert} insert
   * @param {{ key: string, name: string }} sweep
   */
  constructor(api, insert, { key, name }) {
    super(api, insert, galleryLine(name));
    this.key = key;
  }

  /** @override */
  async load() {
    const details = await this.api.sweep(this.key);
    const { sweep } = details;
    put(this.facts, [sweep.grid, sweep.outcome, sweep.sandbox ? "" : `$${sweep.spent_usd.toFixed(2)} spent`].filter(Boolean).join(" · "));
    return this.showClips(sweepContent(details));
  }
}
