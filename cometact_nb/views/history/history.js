// The history in the browser. `rows` is what Python found, `asked` what the filters say; clicks, and the posters
// of the rows that are seen, go as messages.

import { copyText, h, keepKeys, put, subscribe } from "../base/dom.js";

const TYPING_MS = 250; // text is asked for when it was left alone for this long
const BUSY_MS = 400; // a kernel that has not heard a message by then is busy
const SURE_MS = 6000; // how long "Really cancel?" stands
const TIMES = { "": "Any time", "1h": "Last hour", "24h": "Last 24 hours", "7d": "Last 7 days", "30d": "Last 30 days" };
const NAMES = { show: "Show", load: "Load into panel", resume: "Resume", cancel: "Cancel" };
let count = 0; // for ids: a history may have several views on a page

// Where JupyterLab shows a folder beside the notebook that is on the page; null elsewhere.
function labFolder(source) {
  const found = location.pathname.match(/^(.*\/lab)(?:\/workspaces\/[^/]+)?\/tree\/(.+)$/);
  const folders = source.split("/").slice(0, -1);
  if (!found || source.startsWith("..") || source.startsWith("/")) return null;
  return [found[1], "tree", ...found[2].split("/").slice(0, -1), ...folders].join("/");
}

class History {
  constructor(model, el) {
    this.model = model;
    this.name = Math.random().toString(36).slice(2); // whose request a message of bytes answers
    this.id = `cometact-history-${++count}`;
    this.number = 0;
    this.items = new Map(); // rows on the page by their task's key
    this.posters = new Map(); // object URLs by their task's key
    this.revealed = new Set();
    this.build(el);
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
    this.send({ type: "refresh" }, true); // after a reload of the page its state may be old
  }

  build(el) {
    const ask = () => this.ask();
    this.status = h("select", { onchange: ask, "aria-label": "Status" });
    this.since = h("select", { onchange: ask, "aria-label": "Begun" });
    this.text = h("input", { type: "search", placeholder: "Id, input, file, failure", "aria-label": "Text", oninput: () => this.typed() });
    this.count = h("span", { role: "status" });
    this.said = h("span", { role: "status" });
    this.error = h("span", { class: "error", role: "alert", hidden: "" });
    this.shut = h("button", { type: "button", hidden: "", onclick: () => this.send({ type: "close" }) }, "Close what is open below");
    this.list = h("ul", { "aria-label": "Tasks, the newest first", tabindex: "0" });
    this.none = h("div", { class: "none", hidden: "" }, "No task of the history fits. Widen the filters.");
    const refresh = h("button", { type: "button", onclick: () => this.send({ type: "refresh" }) }, "Refresh");
    this.root = h(
      "section",
      { class: "cometact-history", "aria-label": "Act-Two history" },
      h("div", { class: "head", role: "search" }, h("h3", {}, "Act-Two history"), this.status, this.since, this.text, refresh),
      h("div", { class: "note" }, this.count, this.error, this.said, this.shut),
      this.list,
      this.none,
    );
    this.seen = new IntersectionObserver((entries) => this.look(entries), { rootMargin: "200px" });
    el.append(this.root);
  }

  // --- to the kernel -------------------------------------------------------------------------------

  // Every message is acknowledged as soon as the kernel hears it.
  send(content, quiet = false) {
    const number = ++this.number;
    try {
      this.model.send({ ...content, number });
    } catch {
      return put(this.said, "The kernel is gone. act.history() in a new one shows the history again.");
    }
    if (quiet) return;
    this.awaited = number;
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => put(this.said, "The kernel is busy. This will be done when it is free."), BUSY_MS);
  }

  typed() {
    clearTimeout(this.typing);
    this.typing = setTimeout(() => this.ask(), TYPING_MS);
  }

  ask() {
    clearTimeout(this.typing);
    put(this.said, "");
    this.send({ type: "ask", status: this.status.value, since: this.since.value, text: this.text.value });
  }

  act(kind, row, button) {
    if (kind === "cancel" && !button.dataset.sure) return this.sure(button);
    if (kind === "cancel") this.unsure();
    put(this.said, "");
    this.send({ type: kind, key: row.key });
  }

  sure(button) {
    this.unsure();
    button.dataset.sure = "1";
    button.textContent = "Really cancel?";
    put(this.said, "No refund once it is running. Click again to cancel it.");
    this.sureTimer = setTimeout(() => this.unsure(), SURE_MS);
  }

  unsure() {
    clearTimeout(this.sureTimer);
    for (const button of this.root.querySelectorAll("button[data-sure]")) {
      delete button.dataset.sure;
      button.textContent = NAMES.cancel;
    }
  }

  // --- from the kernel -----------------------------------------------------------------------------

  message(content, buffers) {
    if (content.type === "heard" && content.number === this.awaited) {
      clearTimeout(this.waiting);
      if (this.said.textContent.startsWith("The kernel is busy")) put(this.said, "");
    }
    if (content.type === "said") {
      put(this.said, content.text);
      if (content.opened) this.bringBelow();
    }
    if (content.type === "poster" && content.view === this.name && buffers.length) {
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

  choose(select, choices, value) {
    const all = value in choices ? choices : { ...choices, [value]: select === this.since ? `Since ${value}` : value };
    select.replaceChildren(...Object.entries(all).map(([key, name]) => h("option", { value: key }, name)));
    select.value = value;
  }

  tell() {
    const told = this.model.get("told");
    put(this.count, told.count ?? "");
    put(this.error, told.error ?? "");
    this.error.hidden = !told.error;
    this.shut.hidden = !told.open;
  }

  // Rows that stay the same are left alone, so that focus and posters stay where they are.
  draw() {
    const rows = this.model.get("rows");
    const focus = this.root.contains(document.activeElement) ? document.activeElement.dataset.at : null;
    const before = this.items;
    this.items = new Map();
    for (const row of rows) {
      const text = JSON.stringify(row);
      const old = before.get(row.key);
      this.items.set(row.key, old?.text === text ? old : { text, node: this.row(row) });
    }
    this.seen.disconnect();
    const nodes = [...this.items.values()].map((item) => item.node);
    if (nodes.length !== this.list.children.length || nodes.some((node, i) => node !== this.list.children[i])) {
      this.list.replaceChildren(...nodes);
    }
    for (const row of rows) {
      if (row.poster && !this.posters.has(row.key)) this.seen.observe(this.items.get(row.key).node);
      else if (row.poster) this.paint(row.key);
    }
    this.list.hidden = rows.length === 0;
    this.none.hidden = rows.length > 0;
    if (focus && !this.root.contains(document.activeElement)) this.root.querySelector(`[data-at="${CSS.escape(focus)}"]`)?.focus();
  }

  row(row) {
    const first = h(
      "div",
      { class: "first" },
      h("span", { class: "tag" }, row.label),
      h("code", { title: row.id }, row.short),
      h("span", { class: "fine" }, row.when),
      ...row.marks.map((mark) => h("span", { class: "badge" }, mark)),
    );
    const asked = row.inputs.length ? `${row.inputs.join(" → ")} · ${row.knobs}` : "The request is not known: it was made elsewhere.";
    const facts = h("div", { class: "facts" }, first, h("div", {}, asked));
    if (row.sweep) facts.append(h("div", { class: "fine" }, `Sweep ${row.sweep}`));
    if (row.told) facts.append(h("div", { class: "fine" }, row.told));
    const acts = row.can.map((kind) => this.button(NAMES[kind], row, kind, (button) => this.act(kind, row, button)));
    if (row.path) {
      const where = this.where(row);
      const toggle = this.button("File", row, "file", () => this.reveal(row, where, toggle));
      toggle.setAttribute("aria-expanded", String(this.revealed.has(row.key)));
      where.hidden = !this.revealed.has(row.key);
      acts.push(toggle);
      facts.append(where);
    }
    const node = h(
      "li",
      {},
      h("div", { class: "poster" }, row.poster ? "" : row.path ? "no poster" : "no clip"),
      facts,
      h("div", { class: "acts" }, ...acts),
    );
    node.style.setProperty("--tone", row.tone);
    node.dataset.key = row.key;
    return node;
  }

  button(name, row, kind, act) {
    return h(
      "button",
      {
        type: "button",
        "aria-label": `${name} ${row.short}`,
        "data-at": `${kind} ${row.key}`,
        onclick: ({ currentTarget }) => act(currentTarget),
      },
      name,
    );
  }

  // No page can open a file manager: the path, to be copied, and the folder where JupyterLab can show it.
  where(row) {
    const path = h("code", {}, row.path);
    const copy = h("button", { type: "button", onclick: () => copyText(path, copy, "Copy path") }, "Copy path");
    const folder = row.source ? h("a", { target: "_blank", rel: "noreferrer" }, "Open its folder in JupyterLab") : "";
    return h("div", { class: "file" }, path, copy, folder);
  }

  reveal(row, where, toggle) {
    where.hidden = !where.hidden;
    toggle.setAttribute("aria-expanded", String(!where.hidden));
    where.hidden ? this.revealed.delete(row.key) : this.revealed.add(row.key);
    const link = where.querySelector("a");
    const address = row.source && labFolder(row.source);
    if (link && address) link.href = address;
    if (link) link.hidden = !address;
  }

  look(entries) {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      this.seen.unobserve(target);
      this.send({ type: "poster", view: this.name, key: target.dataset.key }, true);
    }
  }

  paint(key) {
    const box = this.items.get(key)?.node.querySelector(".poster");
    if (box && !box.querySelector("img")) box.replaceChildren(h("img", { src: this.posters.get(key), alt: "" }));
  }

  dispose() {
    for (const timer of [this.typing, this.waiting, this.sureTimer]) clearTimeout(timer);
    for (const end of this.ends) end();
    this.seen.disconnect();
    for (const url of this.posters.values()) URL.revokeObjectURL(url);
    this.root.remove();
  }
}

export default {
  render({ model, el }) {
    const history = new History(model, el);
    return () => history.dispose();
  },
};
