// Draws the outputs of this package: the live view while its model is there, else what is true now.

import { module } from "./shared.js";

export const MIME = "application/vnd.cometact-nb.view+json";

/** The plugin that registers the renderer. */
export async function rendererPlugin() {
  const { IRenderMimeRegistry } = await module("@jupyterlab/rendermime");
  return {
    id: "cometact_nb:plugin",
    autoStart: true,
    requires: [IRenderMimeRegistry],
    /** @param {unknown} _ */
    activate(_) {
      performance.mark("cometact_nb:activate:start");
      performance.measure("cometact_nb:activate", "cometact_nb:activate:start");
    },
  };
}
