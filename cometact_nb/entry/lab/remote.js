// Is loaded by JupyterLab at its start: a classic script that registers this extension under its name. The rest are
// modules, imported by their addresses, so nothing is bundled. The protocol is module federation's: `init` hands over
// the shared modules of the application, `get` promises a factory of the plugins.

{
  /**
   * @typedef {{ get: () => Promise<() => any>, loaded?: number | boolean }} Version
   * @typedef {Record<string, Record<string, Version>>} Scope
   * @typedef {Record<string, any>} Modules of the application, by short names; those it does not have are null
   */

  /** Those whose tokens name what the plugins ask for. */
  const MODULES = {
    application: "@jupyterlab/application",
    apputils: "@jupyterlab/apputils",
    consoles: "@jupyterlab/console",
    files: "@jupyterlab/filebrowser",
    launcher: "@jupyterlab/launcher",
    notebook: "@jupyterlab/notebook",
    rendermime: "@jupyterlab/rendermime",
    services: "@jupyterlab/services",
    settings: "@jupyterlab/settingregistry",
    icons: "@jupyterlab/ui-components",
    widgets: "@lumino/widgets",
  };

  const src = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  // Asked for now, while the application is on its way. Later its own modules keep the page busy, and a file would have
  // to wait for its turn: JupyterLab waits for what `get` promises, and for each plugin.
  const script = import(new URL("plugin.js", src).href);
  script.catch(() => {}); // the plugins say it
  /** @type {Scope} */
  let scope = {};
  /** @type {Promise<object> | undefined} */
  let loading;

  /**
   * A module of the application; null where it has none of this name.
   * @param {string} name such as "@lumino/widgets"
   */
  const module = async (name) => {
    const versions = Object.values(scope[name] ?? {});
    const best = versions.find((version) => version.loaded) ?? versions[0];
    return best ? (await best.get())() : null;
  };

  /**
   * Activate a plugin, and measure it.
   * @param {string} name of the measure
   * @param {() => Promise<void>} work
   */
  const measured = async (name, work) => {
    performance.mark(`${name}:start`);
    await work();
    performance.measure(name, `${name}:start`);
  };

  /**
   * A plugin whose work is a function of plugin.js.
   * @param {string} id
   * @param {"outputs" | "beside"} work the function
   * @param {Modules} modules
   * @param {[string, any][]} services what it needs, by a short name, with its token
   * @param {string} [needed] the only one that it cannot do without
   */
  const plugin = (id, work, modules, services, needed = "") => {
    const there = services.filter(([, token]) => token);
    const [requires, optional] = [true, false].map((must) => there.filter(([name]) => (name === needed) === must));
    const names = [...requires, ...optional].map(([name]) => name);
    const activate = (/** @type {any} */ app, /** @type {any[]} */ ...all) =>
      measured(id.replace("plugin", "activate"), async () => {
        const parts = await script;
        parts.use(module);
        parts[work](app, modules, Object.fromEntries(names.map((name, at) => [name, all[at]])));
      });
    const tokens = (/** @type {[string, any][]} */ some) => some.map(([, token]) => token);
    return { id, autoStart: true, requires: tokens(requires), optional: tokens(optional), activate };
  };

  const load = async () => {
    // Not measured: the application has these already, but runs its own plugins' scripts before it comes back here.
    const loaded = await Promise.all(Object.values(MODULES).map(module));
    performance.mark("cometact_nb:load:start");
    /** @type {Modules} */
    const modules = Object.fromEntries(Object.keys(MODULES).map((name, at) => [name, loaded[at]]));
    const { application, apputils, consoles, files, launcher, notebook, rendermime, settings } = modules;
    const tracker = notebook?.INotebookTracker;
    /** @type {[string, any][]} */
    const forOutputs = [
      ["rendermime", rendermime.IRenderMimeRegistry],
      ["tracker", tracker],
      ["consoles", consoles?.IConsoleTracker],
    ];
    /** @type {[string, any][]} */
    const forLab = [
      ["shell", application?.ILabShell],
      ["restorer", application?.ILayoutRestorer],
      ["palette", apputils?.ICommandPalette],
      ["files", files?.IFileBrowserFactory],
      ["launcher", launcher?.ILauncher],
      ["tracker", tracker],
      ["registry", settings?.ISettingRegistry],
    ];
    const plugins = [
      plugin("cometact_nb:plugin", "outputs", modules, forOutputs, "rendermime"),
      plugin("cometact_nb:lab", "beside", modules, forLab),
    ];
    performance.measure("cometact_nb:load", "cometact_nb:load:start");
    // Without __esModule the application takes the whole module for one plugin.
    return { __esModule: true, default: plugins };
  };

  const page = /** @type {{ _JUPYTERLAB?: Record<string, unknown> }} */ (/** @type {unknown} */ (window));
  page._JUPYTERLAB ??= {};
  page._JUPYTERLAB.cometact_nb = {
    init(/** @type {Scope} */ shared) {
      scope = shared;
    },
    async get() {
      loading ??= load();
      const module = await loading;
      return () => module;
    },
  };
}
