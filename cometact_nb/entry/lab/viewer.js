// A task or a sweep in the main area: its clips in the gallery's player, or the card of a task that has none.

import { h, put } from "../../views/base/dom.js";
import { GalleryView } from "../../views/gallery/view.js";
import { CellModel } from "../../views/sweep/cell_model.js";
import { Card } from "../../views/task/card.js";
import { galleryLine, isId, taskLine } from "./lines.js";
import { Poll } from "./poll.js";
import { Served, sweepContent, taskContent } from "./served.js";
import { momentOf } from "./words.js";

/**
 * @import { Live } from "../../views/base/wire.d.ts"
 * @import { Api } from "./api.js"
 * @import { Content } from "./served.js"
 * @import { TaskDetails } from "./server.d.ts"
 * @typedef {(line: string) => string} Insert puts a line into the active notebook, and says so
 */

const POLL_S = 5;

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
    const gallery = await this.api.gallery(this.key);
    const { sweep } = gallery;
    put(this.facts, [sweep.grid, sweep.outcome, sweep.spent].filter(Boolean).join(" · "));
    return this.showClips(sweepContent(gallery));
  }
}
