// The record of a view, without its kernel: first the HTML that lies in the notebook, then what is true now.

import { h, put } from "../../views/base/dom.js";
import { clipFiles, endedSince } from "./files.js";
import { HttpModel, sendPiece } from "./http_model.js";
import { insertButton } from "./insert.js";
import { galleryLine, isId, sweepLine, taskLine } from "./lines.js";
import { styles } from "./styles.js";

/**
 * @import { Api } from "./api.js"
 * @import { Facts } from "./facts.js"
 * @import { Resolver } from "./files.js"
 * @typedef {object} Place where a record stands
 * @property {HTMLElement} node
 * @property {HTMLElement} html the record that lies in the notebook, drawn in `node`
 * @property {any} panel the notebook's; null where there is none
 * @property {Resolver | null} resolver
 * @property {Api} api
 */

const LIVE = ".cometact-live"; // a live view that is drawn now, see renderer.js
const CLIP = "video[controls]"; // those of inputs have none
/** @type {{ [kind: string]: string }} */
const RECORDS = { task: "cometact-record", sweep: "cometact-sweep-record", gallery: "cometact-gallery-record" };
const SECOND_MS = 1000; // a record's time has no parts of a second
const AGAIN_MS = 15_000; // how long until a task that goes on is asked about again, while somebody looks
/**
 * @param {unknown} target of an event
 * @returns {target is HTMLVideoElement}
 */
const isClip = (target) => target instanceof HTMLVideoElement && target.matches(CLIP);
/** @type {Set<Record>} */
const all = new Set();

/**
 * A view has lost its kernel: those below it that say the same now ask what is true.
 * @param {string} key
 * @returns {Promise<boolean>} whether one of them knows
 */
export async function takeOver(key) {
  const same = [...all].filter((record) => record.facts.key === key);
  const known = await Promise.all(same.map((record) => record.improve(true)));
  return known.includes(true);
}

/**
 * A live view is there: it knows better than the records below it.
 * @param {string} key
 */
export function rest(key) {
  for (const record of all) if (record.facts.key === key && record.isCovered) record.rest();
}

export class Record {
  /**
   * @param {Facts} facts
   * @param {Place} place
   */
  constructor(facts, place) {
    this.facts = facts;
    this.place = place;
    this.over = false;
    this.always = false;
    /** @type {HTMLElement | null} */
    this.host = null;
    /** @type {{ change: (state: any) => void } | null} */
    this.model = null;
    /** @type {(() => void)[]} */
    this.ends = [];
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    all.add(this);
  }

  // Begin: a record that says the last word only looks after its videos.
  start() {
    if (this.facts.kind === "task" && this.facts.final) this.mendVideos();
    else if (this.facts.kind === "sweep" && this.facts.final) this.improveOnError();
    else if (["task", "sweep", "gallery"].includes(this.facts.kind)) return this.improve();
  }

  // A clip of the record cannot be loaded: the server's history may know where it is.
  improveOnError() {
    const { html } = this.place;
    const failed = (/** @type {{ target: unknown }} */ { target }) => {
      if (!isClip(target)) return;
      html.removeEventListener("error", failed, { capture: true });
      this.improve(true);
    };
    html.addEventListener("error", failed, { capture: true });
    for (const target of html.querySelectorAll(CLIP)) if (isClip(target) && target.error) failed({ target });
  }

  /** Whether the live view of the same is drawn above. */
  get isCovered() {
    const above = this.place.node.closest(".jp-OutputArea-child")?.previousElementSibling;
    return Boolean(above?.querySelector(LIVE));
  }

  /**
   * Ask what is true now, and draw it.
   * @param {boolean} [always] also below a live view, which knows better
   * @returns whether it is known
   */
  async improve(always = false) {
    clearTimeout(this.timer);
    this.always = always;
    if (this.isIdle) return this.later();
    const known = (await this.fromHistory()) || (await this.fromFiles());
    if (this.facts.kind === "task" && !known) return this.later();
    return known;
  }

  get isIdle() {
    return this.over || (this.isCovered && !this.always);
  }

  // Show the notebook's own record again.
  rest() {
    this.undraw();
    this.later();
  }

  undraw() {
    for (const end of this.ends.splice(0)) end();
    this.host?.remove();
    this.host = this.model = null;
    this.place.html.hidden = false;
  }

  later() {
    if (this.over) return false;
    this.timer = setTimeout(() => (document.hidden ? this.later() : this.improve()), AGAIN_MS);
    return false;
  }

  async fromHistory() {
    const { facts, place } = this;
    if (!facts.key) return false;
    try {
      if (facts.kind === "task") return await this.drawTask(await place.api.task(facts.key));
      if (facts.kind === "gallery") return await this.drawGallery(await place.api.gallery(facts.key));
      return await this.drawSweep(await place.api.sweep(facts.key));
    } catch {
      // No such part, no such task, no right to see it, no script: the notebook's own record stands.
      if (!this.model) this.undraw();
      return false;
    }
  }

  async fromFiles() {
    const files = this.facts.kind === "task" ? await clipFiles(this.facts, this.place.resolver) : null;
    if (!files || this.isIdle) return false;
    await styles("record");
    this.draw(endedSince(files));
    return true;
  }

  /** @param {HTMLElement} content in the place of the notebook's own record */
  draw(content) {
    this.host?.remove();
    this.host = content;
    // The style sheet of a live view hides its record by this class.
    content.classList.add(RECORDS[this.facts.kind]);
    this.place.html.hidden = true;
    this.place.node.append(content);
  }

  // --- a task --------------------------------------------------------------------------------------

  /** @param {any} details */
  async drawTask(details) {
    const { task, html, live, clips } = details;
    const settled = Boolean(task.settled);
    if (!settled) this.later();
    if (!this.always && !this.model && 1000 * task.as_of < this.facts.asOf + SECOND_MS) {
      if (settled) this.mendVideos(); // the notebook's own record is as new, and may have its pictures
      return true;
    }
    if (this.model) {
      this.model.change({ html, live });
      return true;
    }
    const [{ Card }] = await Promise.all([import("../../views/task/card.js"), styles("record", "gone", "task")]);
    if (this.isIdle) return false;
    const host = h("div");
    this.draw(host);
    const model = new HttpModel({ html, live });
    const addressOf = (/** @type {number} */ index) => this.place.api.file(clips[index]?.clip ?? "");
    const card = new Card(/** @type {any} */ (Object.assign(model, { addressOf })), host);
    this.model = model;
    this.ends.push(() => card.dispose());
    if (!settled || live.settle) card.root.before(this.note(task));
    return true;
  }

  /** @param {any} task a row of the history */
  note(task) {
    const name = isId(task.id) ? task.id : task.key;
    return isId(name) ? this.noteOf(1000 * task.as_of, taskLine(name), "shows how it goes on") : h("div");
  }

  /**
   * Whose word this is, and the line that goes on.
   * @param {number} when milliseconds
   * @param {string} line of Python
   * @param {string} does
   */
  noteOf(when, line, does) {
    const moment = new Date(when).toLocaleString([], { dateStyle: "medium", timeStyle: "short" });
    return h(
      "div",
      { class: "cometact-gone cometact" },
      `From this server's history, as of ${moment}. `,
      h("code", {}, line),
      ` in a new cell ${does}.`,
      insertButton(this.place.panel, line, does),
    );
  }

  // A clip that is not where the notebook points is played from the history; one that plays needs no advice.
  mendVideos() {
    const { html, api } = this.place;
    /** @type {Promise<any> | undefined} */
    let details;
    const failed = async (/** @type {{ target: unknown }} */ { target }) => {
      if (!isClip(target) || target.dataset.mended || !this.facts.key) return;
      target.dataset.mended = "1";
      const at = [...html.querySelectorAll(CLIP)].indexOf(target);
      details ??= api.task(this.facts.key);
      const { clips } = await details.catch(() => ({ clips: [] }));
      const address = api.file(clips[at]?.clip ?? "");
      if (!address || this.over) return;
      target.src = address;
      for (const link of html.querySelectorAll("a[download]")) if (link instanceof HTMLAnchorElement) link.href = address;
      this.advise("The clip is not beside this notebook; it plays from where this server's history knows it.");
    };
    const plays = (/** @type {{ target: unknown }} */ { target }) => {
      if (isClip(target) && !target.dataset.mended) this.advise("");
    };
    html.addEventListener("error", failed, { capture: true });
    html.addEventListener("loadeddata", plays, { capture: true });
    for (const target of html.querySelectorAll(CLIP)) {
      if (!isClip(target)) continue;
      if (target.error)
        failed({ target }); // before this module was here
      else if (target.readyState >= target.HAVE_CURRENT_DATA) plays({ target });
    }
  }

  /** @param {string} text in the place of what to do when a clip does not play */
  advise(text) {
    for (const code of this.place.html.querySelectorAll("code")) {
      if (code.textContent !== "%act_two relink" || !code.parentElement) continue;
      put(code.parentElement, text);
    }
  }

  // --- a sweep -------------------------------------------------------------------------------------

  /** @param {any} details */
  async drawSweep(details) {
    const { grid, cells, head, sweep } = details;
    const state = { grid, cells, head: { ...head, actions: {} } };
    if (sweep.in_kernel) this.later();
    if (this.model) {
      this.model.change(state);
      return true;
    }
    const [{ default: view }] = await Promise.all([import("../../views/sweep/sweep.js"), styles("record", "gone", "task", "sweep")]);
    if (this.isIdle) return false;
    const host = h("div");
    this.draw(host);
    const model = new HttpModel(state, (content, own) => this.answer(content, own, details));
    this.model = model;
    this.ends.push(view.render({ model: /** @type {any} */ (model), el: host }));
    const line = sweepLine(String(sweep.name));
    host.querySelector(".head")?.after(this.noteOf(Date.now(), line, "finds it again, and buys nothing"));
    return true;
  }

  /**
   * Answer from the history what a sweep's view asks its kernel.
   * @param {any} content
   * @param {HttpModel<any, any, any>} model
   * @param {any} details
   */
  async answer(content, model, details) {
    const { api } = this.place;
    const { view, cell } = content;
    if (content.type === "posters") {
      const posters = content.cells.map(async (/** @type {number} */ index) => {
        const address = api.file(details.posters[index] ?? "");
        const answer = address ? await fetch(address).catch(() => null) : null;
        return new DataView(answer?.ok ? await answer.arrayBuffer() : new ArrayBuffer(0));
      });
      model.call("msg:custom", { type: "posters", view, cells: content.cells }, await Promise.all(posters));
    } else if (content.type === "open") {
      const key = details.tasks[cell];
      const { html, live } = key ? await api.task(key).catch(() => ({ html: "", live: null })) : { html: "", live: null };
      model.call("msg:custom", { type: "card", view, cell, html, live });
    } else if (content.type === "clip") {
      const address = api.file(details.clips[cell] ?? "");
      if (address) await sendPiece(address, content, model);
    }
  }

  // --- a gallery -----------------------------------------------------------------------------------

  /** @param {import("./server.d.ts").SweepGallery} gallery */
  async drawGallery(gallery) {
    const { sweep } = gallery;
    if (sweep.in_kernel) this.later();
    if (this.model) {
      this.model.change(gallery);
      return true;
    }
    const [{ GalleryView }, { Served, sweepContent }] = await Promise.all([
      import("../../views/gallery/view.js"),
      import("./served.js"),
      styles("record", "gone", "gallery"),
    ]);
    if (this.isIdle) return false;
    const host = h("div");
    this.draw(host);
    const served = new Served(this.place.api, sweepContent(gallery));
    const view = new GalleryView(host, served);
    view.setCells(served.content.cells);
    this.model = {
      change(newer) {
        served.content = sweepContent(newer);
        view.setCells(served.content.cells);
      },
    };
    this.ends.push(() => view.dispose());
    host.prepend(this.noteOf(Date.now(), galleryLine(String(sweep.name)), "takes ratings"));
    return true;
  }

  dispose() {
    this.over = true;
    all.delete(this);
    clearTimeout(this.timer);
    for (const end of this.ends.splice(0)) end();
    this.host?.remove();
  }
}
