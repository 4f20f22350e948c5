// Notebooks with their first cells, from the launcher and the palette. Nothing in them is run.

import { NOTEBOOKS, notebookOf } from "./lines.js";

/**
 * Make a notebook and open it.
 * @param {any} app
 * @param {keyof typeof NOTEBOOKS} kind
 * @param {string} folder from the server's root
 */
export async function makeNotebook(app, kind, folder) {
  const { contents, kernelspecs } = app.serviceManager;
  await kernelspecs.ready;
  const { path } = await contents.newUntitled({ path: folder, type: "notebook" });
  const content = notebookOf(NOTEBOOKS[kind], spec(kernelspecs.specs));
  await contents.save(path, { type: "notebook", format: "json", content });
  return app.commands.execute("docmanager:open", { path, factory: "Notebook" });
}

/**
 * The kernel that a new notebook of the Lab has: the default one, or the first of Python.
 * @param {any} specs
 */
export function spec(specs) {
  const all = Object.values(specs?.kernelspecs ?? {});
  const isPython = (/** @type {any} */ one) => one?.language === "python";
  const chosen = [specs?.kernelspecs?.[specs.default], ...all].find(isPython);
  return chosen ? { name: chosen.name, display_name: chosen.display_name, language: chosen.language } : null;
}
