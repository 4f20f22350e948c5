// Registers the plugins at the start. Modules that draw or ask are imported when somebody looks.

import { Extension } from "./extension.js";
import { MIME, use } from "./shared.js";

export { use };

const RANK = -20; // the widget manager has -10, and would show an error where the model is gone

/** @typedef {Record<string, any>} Things the application's modules, or its services, by short names */

/**
 * Register the renderer of our outputs.
 * @param {any} app
 * @param {Things} modules
 * @param {Things} services
 */
export function outputs(app, modules, { rendermime, tracker, consoles }) {
  const { ServerConnection: connection } = modules.services;
  const host = { rendermime, trackers: [tracker, consoles].filter(Boolean), connection, settings: app.serviceManager.serverSettings };
  const Output = outputClass(modules.widgets, host);
  const createRenderer = (/** @type {any} */ options) => new Output(options);
  rendermime.addFactory({ safe: false, mimeTypes: [MIME], defaultRank: RANK, createRenderer });
}

/**
 * The class of the renderers; the application's own widgets are its base. What they draw is imported with the first.
 * @param {any} widgets the module @lumino/widgets
 * @param {import("./renderer.js").Host} host
 */
function outputClass(widgets, host) {
  return class extends widgets.Panel {
    /** @param {any} options */
    constructor(options) {
      super();
      this.addClass("cometact-view");
      this.options = options;
      /** @type {import("./renderer.js").View | null} */
      this.view = null;
    }

    /** @param {any} model of an output */
    async renderModel(model) {
      const { View } = await import("./renderer.js");
      if (this.isDisposed) return;
      this.view ??= new View(this, this.options, host);
      await this.view.draw(model);
    }

    dispose() {
      if (this.isDisposed) return;
      this.view?.clear();
      super.dispose();
    }
  };
}

/**
 * Register sidebar, launcher, palette and file browser.
 * @param {any} app
 * @param {Things} modules
 * @param {Things} services those that it does not have are null
 */
export function beside(app, modules, services) {
  new Extension(app, modules, services).register();
}
