// Reads the description of an output from a notebook. Others may have written it, so each value is checked.

import { isId } from "./lines.js";

export const WIDGET_MIME = "application/vnd.jupyter.widget-view+json";

/**
 * @typedef {object} Facts
 * @property {string} kind of the view
 * @property {string} key of its task or sweep, "" for none
 * @property {string} id of its task at the service, "" for none
 * @property {string} files the path of its clip without its extension, from the notebook's folder; "" for none
 * @property {boolean} final whether the HTML beside it says the last word
 * @property {number} asOf when the HTML beside it was written, milliseconds; 0 for an unknown time
 * @property {boolean} live whether it is the place of a live view
 */

const KINDS = new Set(["task", "sweep", "gallery", "history", "panel", "inspection"]);
const STEM = /^[A-Za-z0-9][A-Za-z0-9._-]{0,199}$/;
const KEY = /^[A-Za-z0-9_-]{1,100}$/;
const FOLDER_MOST = 1000;

/**
 * The path of the files beside the notebook; "" for what is no relative path.
 * @param {unknown} folder
 * @param {unknown} stem
 */
function filesOf(folder, stem) {
  if (typeof folder !== "string" || typeof stem !== "string" || !STEM.test(stem)) return "";
  const isOdd = folder.length > FOLDER_MOST || /^\/|[\p{Cc}\\:?#]/u.test(folder);
  return isOdd ? "" : `${folder}/${stem}`;
}

/**
 * Returns the facts about an output; null for a description that this version does not read.
 * @param {any} data
 * @returns {Facts | null}
 */
export function readFacts(data) {
  if (data?.version !== 1 || !KINDS.has(data.kind)) return null;
  return {
    kind: data.kind,
    key: typeof data.key === "string" && KEY.test(data.key) ? data.key : "",
    id: isId(data.id) ? data.id : "",
    files: filesOf(data.folder, data.stem),
    final: data.final === true,
    asOf: Date.parse(data.as_of) || 0,
    live: typeof data.model_id === "string",
  };
}
