// Holds what all parts of the extension share: the kind of its outputs, and the application's own modules, such as
// @jupyterlab/notebook. A copy of ours would have other tokens and classes.

export const MIME = "application/vnd.cometact-nb.view+json";

/** @typedef {(name: string) => Promise<any>} Find a module of the application by its name; null for none */

/** @type {Find} */
let find = async () => null;

/** @param {Find} how as remote.js does it */
export function use(how) {
  find = how;
}

/**
 * A module of the application; null where it has none of this name.
 * @param {string} name such as "@lumino/dragdrop"
 * @returns {Promise<any>}
 */
export function module(name) {
  return find(name);
}
