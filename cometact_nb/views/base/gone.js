// The message of a view after the end of its kernel.

import { h, timeOfDay } from "./dom.js";

/**
 * A name as Python reads it.
 * @param {string} name
 */
export function quoted(name) {
  return JSON.stringify(name);
}

/**
 * The age of the view, and the line that goes on.
 * @param {string} line of Python
 * @param {string} does what it does, as in "shows how it went on"
 * @param {string} [first] what is to be said before
 */
export function goneNote(line, does, first = "") {
  const start = `${first && `${first} `}The kernel has ended. This is how it stood at ${timeOfDay()}. `;
  return h("div", { class: "cometact-gone", role: "status" }, start, h("code", {}, line), ` in a new one ${does}.`);
}
