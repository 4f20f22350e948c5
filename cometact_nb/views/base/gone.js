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
  return h("div", { class: "cometact-gone", role: "status", tabindex: "-1" }, start, h("code", {}, line), ` in a new one ${does}.`);
}

/**
 * Keeps the focus in a view whose controls are taken away. Call it before.
 * @param {HTMLElement} root
 * @returns what gives the focus to another element, without one to the view's message, if the control that had it is
 *   gone or takes no clicks any more
 */
export function holdFocus(root) {
  const had = root.contains(document.activeElement);
  return (/** @type {Element | null} */ other = root.querySelector(".cometact-gone")) => {
    const now = document.activeElement;
    const isKept = now && root.contains(now) && !now.matches(":disabled");
    if (had && !isKept && other instanceof HTMLElement) other.focus({ preventScroll: true });
  };
}
