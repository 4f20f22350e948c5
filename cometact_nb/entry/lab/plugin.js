// The extension's plugins. This runs at every start of the application: it registers, and loads what draws or asks
// only when that is needed.

import { labPlugins } from "./lab.js";
import { rendererPlugin } from "./renderer.js";
import { use } from "./shared.js";

/**
 * @param {import("./shared.js").Scope} scope
 * @returns {Promise<object[]>}
 */
export async function load(scope) {
  use(scope);
  return Promise.all([rendererPlugin(), ...labPlugins()]);
}
