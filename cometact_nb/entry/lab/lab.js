// What the extension adds to the Lab beside outputs: sidebar, viewer, launcher, file browser. At the start it only
// registers; the modules that draw are imported when somebody looks.

import { Extension } from "./extension.js";
import { module } from "./shared.js";

/** The application's modules and services, by short names; those it does not have are null. */
const MODULES = {
  application: "@jupyterlab/application",
  apputils: "@jupyterlab/apputils",
  files: "@jupyterlab/filebrowser",
  launcher: "@jupyterlab/launcher",
  notebook: "@jupyterlab/notebook",
  services: "@jupyterlab/services",
  settings: "@jupyterlab/settingregistry",
  icons: "@jupyterlab/ui-components",
  widgets: "@lumino/widgets",
};

/** @returns {Promise<object>[]} */
export function labPlugins() {
  return [labPlugin()];
}

async function labPlugin() {
  const names = Object.keys(MODULES);
  const loaded = await Promise.all(Object.values(MODULES).map(module));
  /** @type {Record<string, any>} */
  const modules = Object.fromEntries(names.map((name, at) => [name, loaded[at]]));
  /** @type {[string, any][]} */
  const tokens = [
    ["shell", modules.application?.ILabShell],
    ["restorer", modules.application?.ILayoutRestorer],
    ["palette", modules.apputils?.ICommandPalette],
    ["files", modules.files?.IFileBrowserFactory],
    ["launcher", modules.launcher?.ILauncher],
    ["tracker", modules.notebook?.INotebookTracker],
    ["registry", modules.settings?.ISettingRegistry],
  ];
  const there = tokens.filter(([, token]) => token);
  return {
    id: "cometact_nb:lab",
    autoStart: true,
    optional: there.map(([, token]) => token),
    /**
     * @param {any} app
     * @param {any[]} all in the order of the tokens
     */
    activate(app, ...all) {
      performance.mark("cometact_nb:lab:start");
      const services = Object.fromEntries(there.map(([name], at) => [name, all[at]]));
      new Extension(app, modules, services).register();
      performance.measure("cometact_nb:lab", "cometact_nb:lab:start");
    },
  };
}
