// Draws one output of this package: the live view while its model is there, else what is true now.

import { whenGone } from "../../views/base/kernel.js";
import { Api } from "./api.js";
import { readFacts, WIDGET_MIME } from "./facts.js";
import { Record, rest, takeOver } from "./record.js";
import { MIME } from "./shared.js";

/**
 * @typedef {object} Host what the application has
 * @property {any} rendermime its own registry of renderers
 * @property {any[]} trackers of notebooks and consoles
 * @property {import("./api.js").Connection} connection
 * @property {import("./api.js").Settings} settings of its server
 */

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

export class View {
  /**
   * @param {any} panel of the application's kind, in which it is drawn
   * @param {any} options of a renderer
   * @param {Host} host
   */
  constructor(panel, options, host) {
    this.panel = panel;
    this.options = options;
    this.host = host;
    this.api = new Api(host.connection, host.settings);
    /** @type {any} */
    this.drawn = null; // the model of the output
    /** @type {Record | null} */
    this.record = null;
    /** @type {() => void} */
    this.leave = () => {};
  }

  /** @param {any} model of an output */
  async draw(model) {
    this.clear();
    this.drawn = model;
    const facts = model.trusted ? readFacts(model.data[MIME]) : null;
    const home = homeOf(this.host, this.options);
    const rendermime = home?.content?.rendermime ?? home?.console?.rendermime ?? this.host.rendermime;
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
      this.panel.toggleClass("cometact-live", isThere);
      if (isThere) rest(facts.key);
    };
    const observer = new MutationObserver(look);
    // The manager gives the notebook another factory once its kernel is there, and tells the renderers that stand
    // in an output themselves. This one stands deeper, so it asks again.
    const begin = () => {
      const newest = rendermime.getFactory(WIDGET_MIME);
      if (this.panel.isDisposed || this.drawn !== model || newest === factory || live?.isDisposed || live?.widgets?.length) return;
      factory = newest;
      ended();
      if (!KEPT.has(facts.kind)) ended = whenGone(session?.session?.kernel, () => this.giveOver(live, facts));
      live?.dispose();
      live = rendermime.createRenderer(WIDGET_MIME);
      this.panel.addWidget(live);
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
    if (!(await takeOver(facts.key)) || live.isDisposed) return;
    live.dispose();
    this.panel.removeClass("cometact-live");
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
    this.panel.addWidget(html);
    await html.renderModel(model);
    if (!facts || this.drawn !== model || html.isDisposed) return;
    const { resolver } = this.options;
    this.record = new Record(facts, {
      node: this.panel.node,
      html: html.node,
      panel: home?.content ? home : null,
      resolver,
      api: this.api,
    });
    await this.record.start();
  }

  clear() {
    this.leave();
    this.leave = () => {};
    this.record?.dispose();
    this.record = null;
    for (const widget of [...this.panel.widgets]) widget.dispose();
  }
}
