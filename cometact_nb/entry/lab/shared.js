// The application's own modules, such as @jupyterlab/notebook: a copy of ours would have other tokens and classes.

/**
 * @typedef {{ get: () => Promise<() => any>, loaded?: number | boolean, eager?: boolean }} Version
 * @typedef {Record<string, Record<string, Version>>} Scope
 */

/** @type {Scope} */
let scope = {};

/** @param {Scope} shared what the application handed over at its start */
export function use(shared) {
  scope = shared;
}

/**
 * A module of the application; null where it has none of this name.
 * @param {string} name such as "@lumino/widgets"
 * @returns {Promise<any>}
 */
export async function module(name) {
  const versions = Object.values(scope[name] ?? {});
  const best = versions.find((version) => version.loaded) ?? versions[0];
  return best ? (await best.get())() : null;
}
