// The history in the browser. `rows` is what Python found, `asked` what the filters say; clicks, and the posters
// of the rows that are seen, go as messages.

import { Confirm } from "../base/confirm.js";
import { copyText, h, keepKeys, paying, put, subscribe } from "../base/dom.js";
import { goneNote, holdFocus } from "../base/gone.js";
import { Mailbox, viewName } from "../base/kernel.js";

/**
 * @import { Buffer, HistoryState, HistoryToKernel, HistoryToPage, Model, Rendering, Row, RowDeed } from "../base/wire.d.ts"
 * @typedef {{ text: string, node: HTMLElement }} Item a row as it is drawn, and what it was drawn from
 */

const TYPING_MS = 250; // text is asked for when it was left alone for this long
const BUSY = "The kernel is busy. This will be done when it is free.";
const WORDS = {
  busy: () => BUSY,
  patience: 400,
};
const TIMES = { "": "Any time", "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days" };
const NAMES = { show: "Show", load: "Load into panel", resume: "Resume", cancel: "Cancel" };

/**
 * The folder that JupyterLab shows beside the notebook on the page; null elsewhere.
 * @param {string} source a file's path, from the notebook's folder
 */
function labFolder(source) {
  const match = location.pathname.match(/^(.*\/lab)(?:\/workspaces\/[^/]+)?\/tree\/(.+)$/);
  const folders = source.split("/").slice(0, -1);
  if (!match || source.startsWith("..") || source.startsWith("/")) return null;
  return [match[1], "tree", ...match[2].split("/").slice(0, -1), ...folders].join("/");
}

class History {
  /**
   * @param {Model<HistoryState, HistoryToPage, HistoryToKernel>} model
   * @param {Element} el
   */
  constructor(model, el) {
    this.model = model;
    this.name = viewName(); // whose request a message of bytes answers
    this.mailSays = "";
    /** @type {Mailbox<HistoryToKernel>} */
    this.mail = new Mailbox(model, { ...WORDS, say: (text) => this.say(text), lost: () => this.lose() });
    this.confirm = new Confirm();
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.typing = undefined;
    /** @type {Map<string, Item>} */
    this.items = new Map(); // rows on the page by their task's key
    /** @type {Map<string, string>} */
    this.posters = new Map(); // object URLs by their task's key
    /** @type {Set<string>} */
    this.revealed = new Set(); // rows that show where their file lies
    const ask = () => this.ask();
    this.status = h("select", { onchange: ask, "aria-label": "Status" });
    this.since = h("select", { onchange: ask, "aria-label": "Begun" });
    this.text = this.makeText();
    this.count = h("span", { role: "status" });
    this.money = h("span", { class: "money", title: "act.spending() says on what, and how sure" });
    this.statusLine = h("span", { role: "status" });
    this.error = h("span", { class: "error", role: "alert", hidden: true });
    this.shut = h("button", { type: "button", hidden: true, onclick: () => this.post({ type: "close" }) }, "Close what is open below");
    this.list = h("ul", { "aria-label": "Tasks, the newest first", tabindex: "0" });
    this.none = h("div", { class: "none", hidden: true }, "No task of the history fits. Widen the filters.");
    this.root = this.build();
    this.sight = new IntersectionObserver((entries) => this.look(entries), { rootMargin: "200px" });
    el.append(this.root);
    const unsubscribe = subscribe(model, {
      "change:rows": () => this.draw(),
      "change:asked": () => this.fill(),
      "change:told": () => this.tell(),
      "msg:custom": (content, buffers) => this.message(content, buffers ?? []),
    });
    this.ends = [unsubscribe, keepKeys(this.root)];
    this.fill();
    this.tell();
    this.draw();
    this.mail.send({ type: "refresh" }); // after a reload of the page its state may be old
  }

  makeText() {
    const attributes = { type: "search", placeholder: "Id, input, file, sweep, note", "aria-label": "Text" };
    return h("input", { ...attributes, oninput: () => this.typed() });
  }

  build() {
    const refresh = h("button", { type: "button", onclick: () => this.post({ type: "refresh" }) }, "Refresh");
    const title = h("strong", { class: "title" }, "Act-Two history");
    return h(
      "section",
      { class: "cometact-history", "aria-label": "Act-Two history" },
      h("div", { class: "head", role: "search" }, title, this.status, this.since, this.text, refresh),
      h("div", { class: "note" }, this.count, this.money, this.error, this.statusLine, this.shut),
      this.list,
      this.none,
    );
  }

  // Controls that need a kernel go; the content stays, with its age.
  lose() {
    clearTimeout(this.typing);
    this.confirm.leave();
    this.sight.disconnect();
    const focus = holdFocus(this.root);
    const asking = "select, input, .head button, .note button, [data-at]:not([data-at^='file '])";
    for (const control of this.root.querySelectorAll(asking)) control.remove();
    this.root.querySelector(".head")?.after(goneNote("act.history()", "shows it again, and how it went on"));
    focus();
  }

  // --- to the kernel -------------------------------------------------------------------------------

  /** @param {HistoryToKernel} content */
  post(content) {
    this.mail.ask(content);
  }

  /**
   * Show the mailbox's message; it removes only its own.
   * @param {string} text
   */
  say(text) {
    if (text || this.statusLine.textContent === this.mailSays) put(this.statusLine, text);
    this.mailSays = text;
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.ask(), TYPING_MS);
  }

  ask() {
    clearTimeout(this.typing);
    put(this.statusLine, "");
    this.post({ type: "ask", status: this.status.value, since: this.since.value, text: this.text.value });
  }

  /**
   * @param {RowDeed} kind
   * @param {Row} row
   * @param {HTMLButtonElement} button
   */
  act(kind, row, button) {
    if (kind === "cancel" && !this.confirm.pressed(button, "Really cancel?")) {
      put(this.statusLine, "No refund once it is running. Click again to cancel it.");
      return;
    }
    put(this.statusLine, "");
    this.post({ type: kind, key: row.key });
  }

  // --- from the kernel -----------------------------------------------------------------------------

  /**
   * @param {HistoryToPage} content
   * @param {Buffer[]} buffers
   */
  message(content, buffers) {
    if (content.type === "heard") {
      this.mail.heard(content.number);
    } else if (content.type === "said") {
      put(this.statusLine, content.text);
      if (content.opened) this.bringBelow();
    } else if (content.view === this.name && buffers.length) {
      this.posters.set(content.key, URL.createObjectURL(new Blob(buffers, { type: content.mime })));
      this.paint(content.key);
    }
  }

  bringBelow() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const place = this.root.parentElement?.nextElementSibling;
    place?.scrollIntoView({ block: "nearest", behavior: calm ? "auto" : "smooth" });
  }

  fill() {
    const { status, since, text } = this.model.get("asked");
    const statuses = Object.fromEntries(this.model.get("statuses").map((name) => [name, name]));
    this.choose(this.status, { "": "Any status", ...statuses }, status);
    this.choose(this.since, TIMES, since);
    if (this.text.value !== text && document.activeElement !== this.text) this.text.value = text;
  }

  /**
   * @param {HTMLSelectElement} select
   * @param {Record<string, string>} choices names by their values
   * @param {string} value one that is none of them is added
   */
  choose(select, choices, value) {
    const all = value in choices ? choices : { ...choices, [value]: select === this.since ? `Since ${value}` : value };
    select.replaceChildren(...Object.entries(all).map(([key, name]) => h("option", { value: key }, name)));
    select.value = value;
  }

  tell() {
    const summary = this.model.get("told");
    put(this.count, summary.count ?? "");
    put(this.money, summary.money ?? "");
    put(this.error, summary.error ?? "");
    this.error.hidden = !summary.error;
    this.shut.hidden = !summary.open;
  }

  // Rows that stay the same are left alone, so that focus and posters stay where they are.
  draw() {
    const rows = this.model.get("rows");
    const focused = document.activeElement;
    const focus = this.root.contains(focused) ? focused?.getAttribute("data-at") : null;
    const before = this.items;
    this.items = new Map(rows.map((row) => [row.key, this.item(row, before.get(row.key))]));
    this.sight.disconnect();
    const nodes = [...this.items.values()].map((item) => item.node);
    if (nodes.length !== this.list.children.length || nodes.some((node, i) => node !== this.list.children[i])) {
      this.list.replaceChildren(...nodes);
    }
    for (const row of rows) this.showPoster(row);
    this.list.hidden = rows.length === 0;
    this.none.hidden = rows.length > 0;
    const again = focus && !this.root.contains(document.activeElement) && this.root.querySelector(`[data-at="${CSS.escape(focus)}"]`);
    if (again instanceof HTMLElement) again.focus();
  }

  /**
   * @param {Row} row
   * @param {Item | undefined} old
   * @returns {Item}
   */
  item(row, old) {
    const text = JSON.stringify(row);
    return old?.text === text ? old : { text, node: this.row(row) };
  }

  /** @param {Row} row */
  showPoster(row) {
    const item = this.items.get(row.key);
    if (!row.poster || !item) return;
    if (this.posters.has(row.key)) this.paint(row.key);
    else this.sight.observe(item.node);
  }

  /** @param {Row} row */
  row(row) {
    const facts = this.facts(row);
    const acts = row.can.map((kind) => this.button(NAMES[kind], row, kind, (button) => this.act(kind, row, button)));
    if (row.path) {
      const where = this.where(row);
      const toggle = this.button("File", row, "file", (button) => this.reveal(row, where, button));
      toggle.setAttribute("aria-expanded", String(this.revealed.has(row.key)));
      where.hidden = !this.revealed.has(row.key);
      acts.push(toggle);
      facts.append(where);
    }
    const poster = h("div", { class: "poster" }, row.poster ? "" : row.path ? "no poster" : "no clip");
    const node = h("li", { "data-key": row.key }, poster, facts, h("div", { class: "acts" }, ...acts));
    node.style.setProperty("--tone", row.tone);
    return node;
  }

  /** @param {Row} row */
  facts(row) {
    const marks = row.marks.map((mark) => h("span", { class: "badge" }, mark));
    const name = h("code", { title: row.id }, row.short);
    const first = h(
      "div",
      { class: "first" },
      h("span", { class: "tag" }, row.label),
      name,
      h("span", { class: "fine" }, row.when),
      ...marks,
    );
    const inputs = `${row.inputs.join(" → ")} · ${row.knobs}`;
    const request = row.inputs.length ? inputs : "The request is not known: it was made elsewhere.";
    const facts = h("div", { class: "facts" }, first, h("div", {}, request));
    if (row.sweep) facts.append(h("div", { class: "fine" }, `Sweep ${row.sweep}`));
    if (row.told) facts.append(h("div", { class: "fine" }, row.told));
    return facts;
  }

  /**
   * @param {string} name
   * @param {Row} row
   * @param {string} kind
   * @param {(button: HTMLButtonElement) => void} act
   */
  button(name, row, kind, act) {
    const attributes = { type: "button", "aria-label": `${name} ${row.short}`, "data-at": `${kind} ${row.key}` };
    /** @type {HTMLButtonElement} */
    const button = h("button", { ...attributes, ...paying(() => act(button)) }, name);
    return button;
  }

  /**
   * No page can open a file manager: the path, to be copied, and the folder where JupyterLab can show it.
   * @param {Row} row
   */
  where(row) {
    const path = h("code", {}, row.path);
    /** @type {HTMLButtonElement} */
    const copy = h("button", { type: "button", onclick: () => copyText(path, copy, "Copy path") }, "Copy path");
    const folder = row.source ? h("a", { target: "_blank", rel: "noreferrer" }, "Open its folder in JupyterLab") : "";
    return h("div", { class: "file" }, path, copy, folder);
  }

  /**
   * @param {Row} row
   * @param {HTMLElement} where
   * @param {HTMLButtonElement} toggle
   */
  reveal(row, where, toggle) {
    where.hidden = !where.hidden;
    toggle.setAttribute("aria-expanded", String(!where.hidden));
    if (where.hidden) this.revealed.delete(row.key);
    else this.revealed.add(row.key);
    const link = where.querySelector("a");
    const address = row.source && labFolder(row.source);
    if (link && address) link.href = address;
    if (link) link.hidden = !address;
  }

  /** @param {IntersectionObserverEntry[]} entries */
  look(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.sight.unobserve(target);
      this.mail.send({ type: "poster", view: this.name, key: target.getAttribute("data-key") ?? "" });
    }
  }

  /** @param {string} key of a task whose poster is here */
  paint(key) {
    const box = this.items.get(key)?.node.querySelector(".poster");
    if (box && !box.querySelector("img")) box.replaceChildren(h("img", { src: this.posters.get(key), alt: "" }));
  }

  dispose() {
    clearTimeout(this.typing);
    this.mail.dispose();
    this.confirm.leave();
    for (const end of this.ends) end();
    this.sight.disconnect();
    for (const url of this.posters.values()) URL.revokeObjectURL(url);
    this.root.remove();
  }
}

export default {
  /** @param {Rendering<HistoryState, HistoryToPage, HistoryToKernel>} context */
  render({ model, el }) {
    const history = new History(model, el);
    return () => history.dispose();
  },
};
