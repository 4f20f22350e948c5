// Pictures and videos of the file browser: into the panel, or to the doctor.

import { h } from "../../views/base/dom.js";
import { inputLine, relativePath } from "./lines.js";
import { fillPanel, hindrance, insert } from "./notebook.js";

/**
 * @import { Role } from "../../views/base/wire.d.ts"
 * @import { Api } from "./api.js"
 * @import { Style, Tracker } from "./notebook.js"
 */

/**
 * Use a file as an input: the live panel of the active notebook gets it, else the notebook gets a line.
 * @param {Role} role
 * @param {string} file from the server's root
 * @param {Tracker | null} tracker
 * @param {Style} style
 * @param {(path: string) => string} local a path without the name of its drive
 * @returns {string} why it could not be done; "" if it was
 */
export function useFile(role, file, tracker, style, local) {
  const problem = hindrance(tracker);
  if (problem) return problem;
  const path = relativePath(local(file), local(tracker?.currentWidget.context.path));
  if (!fillPanel(role, path, tracker)) insert(inputLine(role, path), tracker, style);
  return "";
}

/**
 * The doctor's answer about a file, as an element.
 * @param {Api} api
 * @param {string} file from the server's root
 */
export async function diagnosis(api, file) {
  const name = h("p", { class: "fine" }, file);
  try {
    const { ok, verdict, text } = await api.doctor(file);
    const mark = ok === null ? "?" : ok ? "✓" : "✗";
    const verdictLine = h("p", { class: "verdict" }, h("span", { "aria-hidden": "true" }, `${mark} `), verdict);
    return h("div", { class: "cometact-lab-doctor" }, verdictLine, name, h("pre", { tabindex: "0", "aria-label": "What was found" }, text));
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return h("div", { class: "cometact-lab-doctor" }, h("p", { class: "verdict" }, why), name);
  }
}
