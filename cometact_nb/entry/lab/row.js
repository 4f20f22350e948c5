// One row of the sidebar: a button that opens it, and one that inserts its line.

import { h } from "../../views/base/dom.js";
import { galleryLine, isId, taskLine } from "./lines.js";
import { momentOf } from "./words.js";

/**
 * @import { Api } from "./api.js"
 * @import { SweepEntry, TaskEntry } from "./server.d.ts"
 * @typedef {object} Deeds what the Lab does for the sidebar
 * @property {(row: TaskEntry) => void} open
 * @property {(row: SweepEntry) => void} openSweep
 * @property {(line: string) => void} insert puts a line into the active notebook
 * @property {(line: string, event: PointerEvent) => void} drag begins to drag a line
 */

const DRAG_PX = 6; // a pointer that has moved less far means a click

/**
 * @param {TaskEntry} row
 * @param {Api} api
 * @param {Deeds} deeds
 */
export function taskRow(row, api, deeds) {
  const first = [h("code", {}, row.short), status(row.label), ...marks(row)];
  const inputs = row.inputs.join(" → ");
  const request = inputs ? `${inputs} · ${row.knobs}` : "The request is not known: it was made elsewhere.";
  const attributes = { alt: "", loading: "lazy", decoding: "async" };
  const picture = row.poster ? h("img", { src: api.file(row.poster), ...attributes }) : null;
  const last = [momentOf(row.created, new Date()), row.sweep && `Sweep ${row.sweep}`, row.outcome].filter(Boolean).join(" · ");
  const name = row.id ?? row.key;
  const line = isId(name) ? taskLine(name) : null;
  const open = opening(picture, words(first, request, last), row.tone, line, deeds, () => deeds.open(row));
  open.title = [request, row.outcome, row.money].filter(Boolean).join("\n");
  return line ? [open, inserting(`Insert task ${row.short}`, line, deeds)] : [open];
}

/**
 * @param {SweepEntry} row
 * @param {Deeds} deeds
 */
export function sweepRow(row, deeds) {
  const last = [row.outcome, momentOf(row.updated, new Date())].filter(Boolean).join(" · ");
  const first = [status(row.state.toUpperCase()), ...marks(row)];
  const line = galleryLine(row.name);
  const tone = row.state === "running" ? "#3b82f6" : "#858585";
  const open = opening(null, words(first, row.name, last), tone, line, deeds, () => deeds.openSweep(row));
  open.title = `${row.cells} cells: ${row.grid}`;
  return [open, inserting(`Insert gallery of sweep ${row.name}`, line, deeds)];
}

/** @param {string} label */
function status(label) {
  return h("span", { class: "tag" }, label);
}

/** @param {{ sandbox: boolean, history: string }} row */
function marks({ sandbox, history }) {
  const names = [sandbox ? "SANDBOX" : "", history === "default" ? "" : history];
  return names.filter(Boolean).map((name) => h("span", { class: "badge" }, name));
}

/**
 * @param {HTMLElement[]} first
 * @param {string} middle
 * @param {string} last
 */
function words(first, middle, last) {
  return h("span", { class: "words" }, h("span", { class: "first" }, ...first), h("span", {}, middle), h("span", { class: "fine" }, last));
}

/**
 * @param {HTMLElement | null} picture
 * @param {HTMLElement} text
 * @param {string} tone
 * @param {string | null} line what dragging it brings
 * @param {Deeds} deeds
 * @param {() => void} act
 */
function opening(picture, text, tone, line, deeds, act) {
  let moved = false;
  /** @type {PointerEvent | null} */
  let down = null;
  /** @type {HTMLButtonElement} */
  const button = h(
    "button",
    {
      type: "button",
      class: "open",
      onpointerdown: (event) => {
        moved = false;
        down = event.button === 0 ? event : null;
      },
      onpointermove: (event) => {
        if (!down || !line || Math.hypot(event.clientX - down.clientX, event.clientY - down.clientY) < DRAG_PX) return;
        [down, moved] = [null, true];
        deeds.drag(line, event);
      },
      onpointerup: () => {
        down = null;
      },
      onclick: () => moved || act(),
    },
    h("span", { class: "poster" }, picture),
    text,
  );
  button.style.setProperty("--tone", tone);
  return button;
}

/**
 * @param {string} name
 * @param {string} line
 * @param {Deeds} deeds
 */
function inserting(name, line, deeds) {
  const attributes = { type: "button", class: "small insert", "aria-label": name, title: `Insert ${line}` };
  return h("button", { ...attributes, onclick: () => deeds.insert(line) }, "Insert");
}
