// The sidebar: tasks and sweeps of the history, what was spent today, and the keeper.

import { h, put } from "../../views/base/dom.js";
import { KeeperSwitch } from "./keeper.js";
import { List } from "./list.js";
import { Poll } from "./poll.js";
import { sweepRow, taskRow } from "./row.js";
import { Pages } from "./rows.js";
import { Tabs } from "./tabs.js";

/**
 * @import { Api, ServerError } from "./api.js"
 * @import { Deeds } from "./row.js"
 * @import { SweepEntry, TaskEntry, Today } from "./server.d.ts"
 * @typedef {"running" | "today" | "all" | "sweeps"} Tab
 * @typedef {TaskEntry | SweepEntry} Entry
 */

const TYPING_MS = 250; // text is asked for when it was left alone for this long
const PAGE = 60;
const MOST_SWEEPS = 500;
const ROW_PX = 62;
/** @type {[Tab, string, string][]} */
const TABS = [
  ["running", "Running", "Nothing runs."],
  ["today", "Today", "No task was begun today."],
  ["all", "All", "The history has no task yet."],
  ["sweeps", "Sweeps", "The history has no sweep yet."],
];

/** @returns midnight of this page's clock, as the server takes it */
function midnight() {
  const now = new Date();
  return new Date(now.getFullYear(), now.getMonth(), now.getDate()).toISOString();
}

export class Sidebar {
  /**
   * @param {Api} api
   * @param {Deeds} deeds
   * @param {number} seconds between two questions
   */
  constructor(api, deeds, seconds) {
    this.api = api;
    this.deeds = deeds;
    /** @type {Tab} */
    this.tab = "running";
    /** @type {Date | null} */
    this.asOf = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.typing = undefined;
    /** @type {Pages<Entry>} */
    this.pages = new Pages((before) => this.load(before));
    this.poll = new Poll(() => this.refresh(), seconds);
    this.since = h("span", { class: "since" });
    this.problem = h("p", { class: "problem", role: "alert", hidden: true });
    this.statusLine = h("p", { class: "said", role: "status" });
    this.money = this.makeMoney();
    this.none = h("p", { class: "none", hidden: true });
    this.text = this.makeText();
    const ids = "cometact-lab-list";
    this.tabs = new Tabs(
      TABS.map(([key, name]) => [key, name]),
      (key) => this.choose(/** @type {Tab} */ (key)),
      ids,
    );
    /** @type {List<Entry>} */
    this.list = new List({ draw: (row) => this.row(row), seen: (last) => this.more(last) }, "Tasks, the newest first", ROW_PX);
    this.keeper = new KeeperSwitch(api, (text) => this.say(text));
    this.node = this.build(ids);
  }

  makeText() {
    const attributes = { type: "search", placeholder: "Id, input, file, sweep, note", "aria-label": "Search the tasks" };
    return h("input", {
      ...attributes,
      oninput: () => {
        clearTimeout(this.typing);
        this.typing = setTimeout(() => this.again(), TYPING_MS);
      },
    });
  }

  makeMoney() {
    const sum = h("summary", { title: "Where this figure is from" }, h("strong", {}), " ", h("span", { class: "fine" }));
    return h("details", { class: "money" }, sum, h("p", { class: "fine" }));
  }

  /** @param {string} id of the place of the list */
  build(id) {
    const attributes = { type: "button", class: "small", title: "Refresh", "aria-label": "Refresh" };
    const refresh = h("button", { ...attributes, onclick: () => this.poll.again() }, "↻");
    const place = h("div", { class: "place", id, role: "tabpanel", "aria-label": "Running" }, this.none, this.list.node);
    this.place = place;
    return h(
      "section",
      { class: "cometact-lab", "aria-label": "Act-Two" },
      h("div", { class: "head" }, h("strong", {}, "Act-Two"), this.since, refresh),
      this.problem,
      this.money,
      this.tabs.node,
      this.text,
      this.statusLine,
      place,
      this.keeper.node,
    );
  }

  // --- while somebody looks ------------------------------------------------------------------------

  show() {
    this.list.draw();
    this.poll.start();
  }

  hide() {
    this.poll.stop();
  }

  /** @param {number} seconds */
  setSeconds(seconds) {
    this.poll.seconds = seconds;
  }

  // --- what is asked -------------------------------------------------------------------------------

  /** @param {Tab} tab */
  choose(tab) {
    this.tab = tab;
    this.place?.setAttribute("aria-label", TABS.find(([key]) => key === tab)?.[1] ?? "");
    this.again();
  }

  // Another question: what stands there answers the one before.
  again() {
    clearTimeout(this.typing);
    this.say("");
    this.pages.clear();
    this.list.rewind();
    this.poll.again();
  }

  /**
   * @param {string | null} before
   * @returns {Promise<{ rows: Entry[], next: string | null }>}
   */
  load(before) {
    const text = this.text.value.trim();
    if (this.tab === "sweeps") return this.api.sweeps(text, MOST_SWEEPS);
    const status = this.tab === "running" ? "unfinished" : "";
    return this.api.tasks({ text, status, since: this.tab === "today" ? midnight() : "", limit: PAGE, before });
  }

  /** @returns {Promise<boolean>} whether something is other, or may soon be */
  async refresh() {
    try {
      // The list is drawn as soon as it is here; what the keeper does and what was spent may come later.
      const [changed, status, today] = await Promise.all([this.refreshList(), this.api.status(), this.api.today()]);
      this.asOf = new Date();
      this.fail(null);
      this.keeper.draw(status.keeper);
      this.drawMoney(today);
      return changed || this.pages.rows.some((row) => "settled" in row && !row.settled);
    } catch (error) {
      this.fail(/** @type {ServerError} */ (error));
      throw error;
    }
  }

  async refreshList() {
    const changed = await this.pages.refresh();
    if (changed) this.draw();
    return changed;
  }

  /** @param {number} last */
  async more(last) {
    try {
      if (await this.pages.more(last)) this.draw();
    } catch (error) {
      this.fail(/** @type {ServerError} */ (error));
    }
  }

  // --- what is shown -------------------------------------------------------------------------------

  /** @param {string} text */
  say(text) {
    put(this.statusLine, text);
  }

  /** @param {ServerError | null} error */
  fail(error) {
    this.problem.hidden = !error;
    put(this.problem, error?.message ?? "");
    this.node.classList.toggle("stale", Boolean(error));
    if (error?.kind === "missing" || error?.kind === "denied") this.poll.stop(); // Refresh asks again
    const time = this.asOf?.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    put(this.since, time ? `as of ${time}` : "");
  }

  /** @param {Today} today */
  drawMoney(today) {
    put(this.money.querySelector("strong"), today.title);
    put(this.money.querySelector("summary span"), today.line);
    put(this.money.querySelector("p"), today.source);
  }

  draw() {
    const { rows, known } = this.pages;
    this.list.set(rows);
    const empty = TABS.find(([key]) => key === this.tab)?.[2] ?? "";
    put(this.none, this.text.value.trim() ? "Nothing of the history fits." : empty);
    this.none.hidden = !known || rows.length > 0;
    this.list.node.hidden = rows.length === 0;
  }

  /** @param {Entry} row */
  row(row) {
    return "cells" in row ? sweepRow(row, this.deeds) : taskRow(row, this.api, this.deeds);
  }

  dispose() {
    clearTimeout(this.typing);
    this.poll.stop();
    this.list.dispose();
  }
}
