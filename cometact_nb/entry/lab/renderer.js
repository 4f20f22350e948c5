// Draws the outputs of this package: the live view while its model is there, else what is true now.

import { whenGone } from "../../views/base/kernel.js";
import { Api } from "./api.js";
import { MIME, readFacts, WIDGET_MIME } from "./facts.js";
import { module } from "./shared.js";

/**
 * @typedef {object} Host what the application has
 * @property {any} rendermime its own registry of renderers
 * @property {any[]} trackers of notebooks and consoles
 * @property {import("./api.js").Api} api
 */

const RANK = -20; // the widget manager has -10, and would show an error where the model is gone
const HTML_MIME = "text/html";
/** Views whose content nobody else has: what was typed, rated or chosen stays with its gone kernel. */
const KEPT = new Set(["panel", "gallery", "history"]);

/**
 * The notebook or console that an output is in: its renderers know its widget manager, its resolver its folder.
 * @param {Host} host
 * @param {any} options of a renderer
 */
function homeOf({ trackers }, { resolver }) {
  for (const tracker of trackers) {
    const panel = tracker?.find((/** @type {any} */ one) => (one.content?.rendermime ?? one.console?.rendermime)?.resolver === resolver);
    if (panel) return panel;
  }
  return null;
}

/**
 * The class of the renderers; the application's own widgets are its base.
 * @param {any} widgets the module @lumino/widgets
 * @param {Host} host
 */
function rendererClass(widgets, host) {
  return class extends widgets.Panel {
    /** @param {any} options */
    constructor(options) {
      super();
      this.addClass("cometact-view");
      this.options = options;
      /** @type {{ dispose: () => void } | null} */
      this.record = null;
      /** @type {() => void} */
      this.leave = () => {};
    }

    /** @param {any} model of an output */
    async renderModel(model) {
      this.clear();
      this.drawn = model;
      const facts = model.trusted ? readFacts(model.data[MIME]) : null;
      const home = homeOf(host, this.options);
      const rendermime = home?.content?.rendermime ?? home?.console?.rendermime ?? host.rendermime;
      if (facts?.live && model.data[WIDGET_MIME]) this.drawLive(model, facts, rendermime, home);
      else await this.drawRecord(model, facts, rendermime, home);
    }

    /**
     * The widget manager draws the live view, if it has its model now or gets it later. What it says instead is not
     * shown: the record below says more.
     * @param {any} model
     * @param {import("./facts.js").Facts} facts
     * @param {any} rendermime
     * @param {any} home
     */
    drawLive(model, facts, rendermime, home) {
      const session = home?.sessionContext;
      /** @type {any} */
      let live = null;
      /** @type {unknown} */
      let factory = null;
      let ended = () => {};
      const look = () => {
        if (!live || live.isDisposed) return;
        const isThere = live.widgets?.length > 0;
        live.setHidden(!isThere);
        this.toggleClass("cometact-live", isThere);
        if (isThere) import("./record.js").then(({ rest }) => rest(facts.key));
      };
      const observer = new MutationObserver(look);
      // The manager gives the notebook another factory once its kernel is there, and tells the renderers that stand
      // in an output themselves. This one stands deeper, so it asks again.
      const begin = () => {
        const newest = rendermime.getFactory(WIDGET_MIME);
        if (this.isDisposed || this.drawn !== model || newest === factory || live?.isDisposed || live?.widgets?.length) return;
        factory = newest;
        ended();
        if (!KEPT.has(facts.kind)) ended = whenGone(session?.session?.kernel, () => this.giveOver(live, facts));
        live?.dispose();
        live = rendermime.createRenderer(WIDGET_MIME);
        this.addWidget(live);
        look();
        observer.disconnect();
        observer.observe(live.node, { childList: true });
        live.renderModel(model).then(look, look);
      };
      const later = () => setTimeout(begin); // after the manager has heard the same
      const signals = [session?.kernelChanged, session?.statusChanged, session?.connectionStatusChanged].filter(Boolean);
      for (const signal of signals) signal.connect(later);
      begin();
      this.leave = () => {
        for (const signal of signals) signal.disconnect(later);
        observer.disconnect();
        ended();
      };
    }

    /**
     * The kernel is gone: the record below takes over, if it knows more than the view.
     * @param {any} live
     * @param {import("./facts.js").Facts} facts
     */
    async giveOver(live, facts) {
      const { takeOver } = await import("./record.js");
      if (!(await takeOver(facts.key)) || live.isDisposed) return;
      live.dispose();
      this.removeClass("cometact-live");
    }

    /**
     * @param {any} model
     * @param {import("./facts.js").Facts | null} facts
     * @param {any} rendermime
     * @param {any} home
     */
    async drawRecord(model, facts, rendermime, home) {
      if (!(HTML_MIME in model.data)) return;
      const html = rendermime.createRenderer(HTML_MIME);
      this.addWidget(html);
      await html.renderModel(model);
      if (!facts || this.drawn !== model || html.isDisposed) return;
      const { Record } = await import("./record.js");
      if (this.drawn !== model || html.isDisposed) return;
      const { resolver } = this.options;
      this.record = new Record(facts, { node: this.node, html: html.node, panel: home?.content ? home : null, resolver, api: host.api });
      await /** @type {any} */ (this.record).start();
    }

    clear() {
      this.leave();
      this.leave = () => {};
      this.record?.dispose();
      this.record = null;
      for (const widget of [...this.widgets]) widget.dispose();
    }

    dispose() {
      if (this.isDisposed) return;
      this.clear();
      super.dispose();
    }
  };
}

/** The plugin that registers the renderer. */
export async function rendererPlugin() {
  const names = ["@jupyterlab/rendermime", "@jupyterlab/notebook", "@jupyterlab/console", "@jupyterlab/services", "@lumino/widgets"];
  const [mime, notebook, consoles, services, widgets] = await Promise.all(names.map(module));
  const tokens = [notebook?.INotebookTracker, consoles?.IConsoleTracker].filter(Boolean);
  return {
    id: "cometact_nb:plugin",
    autoStart: true,
    requires: [mime.IRenderMimeRegistry],
    optional: tokens,
    /**
     * @param {any} app
     * @param {any} rendermime
     * @param {any[]} trackers
     */
    activate(app, rendermime, ...trackers) {
      performance.mark("cometact_nb:activate:start");
      const api = new Api(services.ServerConnection, app.serviceManager.serverSettings);
      const View = rendererClass(widgets, { rendermime, trackers: trackers.filter(Boolean), api });
      const createRenderer = (/** @type {any} */ options) => new View(options);
      rendermime.addFactory({ safe: false, mimeTypes: [MIME], defaultRank: RANK, createRenderer });
      performance.measure("cometact_nb:activate", "cometact_nb:activate:start");
    },
  };
}
