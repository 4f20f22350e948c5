// Helpers of all front ends for elements of a page.

/** @import { Listener, Listeners, Source } from "./wire.d.ts" */

/**
 * @typedef {{ [Name in keyof GlobalEventHandlersEventMap as `on${Name}`]?: (event: GlobalEventHandlersEventMap[Name]) => unknown }} Reactions
 * @typedef {Reactions & { [name: string]: string | number | boolean | undefined | ((event: never) => unknown) }} Attributes
 */

/**
 * An element; everything is set as text or attribute, never parsed as HTML.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes a function is a listener; true is an empty attribute, false and undefined are none
 * @param {...(Node | string | null)} children
 */
export function h(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") node.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== undefined) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child !== null));
  return node;
}

/**
 * Only what changed is written: a screen reader announces a text that is set again.
 * @param {Node | null | undefined} node
 * @param {string} text
 */
export function put(node, text) {
  if (node && node.textContent !== text) node.textContent = text;
}

/**
 * Copies a node's text, and says so on the button that was pressed for it.
 * @param {HTMLElement} node
 * @param {HTMLElement} button
 * @param {string} name of the button
 */
export async function copyText(node, button, name = "Copy") {
  let done = true;
  try {
    await navigator.clipboard.writeText(node.textContent ?? "");
  } catch {
    // Not a secure page, or not allowed: select the text and copy the selection.
    getSelection()?.selectAllChildren(node);
    done = document.execCommand("copy");
  }
  put(button, done ? "Copied" : "Press Ctrl+C");
  setTimeout(() => put(button, name), 1500);
}

/**
 * JupyterLab takes arrows, Enter and letters for its cells, except where text is typed; Ctrl+S stays its own.
 * @param {Element} root
 * @returns what ends it
 */
export function keepKeys(root) {
  const own = (/** @type {KeyboardEvent} */ { target, ctrlKey, metaKey }) => {
    if (target instanceof Element && root.contains(target)) target.toggleAttribute("data-lm-suppress-shortcuts", !ctrlKey && !metaKey);
  };
  addEventListener("keydown", own, { capture: true });
  return () => removeEventListener("keydown", own, { capture: true });
}

/**
 * Makes the click handler of a button that pays. The second click of a double click and a key held down mean the first again,
 * also where a fast service has answered in between.
 * @param {() => unknown} act
 */
export function paying(act) {
  return {
    onclick: (/** @type {MouseEvent} */ { detail }) => detail < 2 && act(),
    onkeydown: (/** @type {KeyboardEvent} */ event) => event.repeat && ["Enter", " "].includes(event.key) && event.preventDefault(),
  };
}

/**
 * Hears of a model's changes and messages.
 * @template State, In, Out
 * @param {Source<State, In, Out>} model
 * @param {Listeners<State, In>} listeners
 * @returns what ends it
 */
export function subscribe(model, listeners) {
  const all = /** @type {[string, Listener<In>][]} */ (Object.entries(listeners));
  for (const [name, listener] of all) model.on(name, listener);
  return () => {
    for (const [name, listener] of all) model.off(name, listener);
  };
}

/** @returns the time of day, hours and minutes */
export function timeOfDay() {
  return new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}
