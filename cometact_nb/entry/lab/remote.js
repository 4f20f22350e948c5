// What JupyterLab loads at its start: a classic script that registers this extension under its name. The rest are
// modules, imported by their addresses, so nothing is bundled. The protocol is module federation's: `init` hands over
// the shared modules of the application, `get` promises a factory of the plugins.

{
  const src = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  const address = new URL("plugin.js", src).href;
  /** @type {Promise<{ plugins: unknown[] }> | undefined} */
  let loading;
  /** @type {object} */
  let scope = {};
  const load = async () => {
    performance.mark("cometact_nb:load:start");
    const { load: loadPlugins } = await import(address);
    const plugins = await loadPlugins(scope);
    performance.measure("cometact_nb:load", "cometact_nb:load:start");
    // Without __esModule the application takes the whole module for one plugin.
    return { __esModule: true, default: plugins };
  };
  const page = /** @type {{ _JUPYTERLAB?: Record<string, unknown> }} */ (/** @type {unknown} */ (window));
  page._JUPYTERLAB ??= {};
  page._JUPYTERLAB.cometact_nb = {
    init(/** @type {object} */ shared) {
      scope = shared;
    },
    async get() {
      loading ??= /** @type {any} */ (load());
      const module = await loading;
      return () => module;
    },
  };
}
