// Carries out the commands of the extension: notebooks, files, sidebar, and views in the main area.

import { Api } from "./api.js";
import { makeNotebook } from "./launcher.js";
import { drag, hindrance, insert } from "./notebook.js";
import { module } from "./shared.js";
import { styles } from "./styles.js";

/**
 * @import { Extension, View } from "./extension.js"
 * @import { SweepEntry, TaskEntry } from "./server.d.ts"
 */

const SOON_MS = 1000;

export class Actions {
  /** @param {Extension} extension */
  constructor(extension) {
    this.extension = extension;
    this.app = extension.app;
    this.modules = extension.modules;
    this.tracker = extension.services.tracker;
    this.api = new Api(this.modules.services.ServerConnection, this.app.serviceManager.serverSettings);
  }

  /**
   * From the launcher a notebook of its own; from the palette a line in the notebook that is open, if one is.
   * @param {"panel" | "history" | "sandbox"} kind
   * @param {string | undefined} cwd
   */
  async openNotebook(kind, cwd) {
    const { files } = this.extension.services;
    if (cwd === undefined && kind !== "sandbox" && !hindrance(this.tracker)) {
      insert(`act.${kind}()`, this.tracker, "new cell");
      this.app.shell.activateById(this.tracker.currentWidget.id);
      return;
    }
    await makeNotebook(this.app, kind, cwd ?? files?.tracker.currentWidget?.model.path ?? "");
  }

  /** @param {string} line of Python, into the active notebook */
  insert(line) {
    return insert(line, this.tracker, this.extension.choices.insert);
  }

  // --- the file browser ----------------------------------------------------------------------------

  /** @param {"character" | "reference"} role */
  async useFile(role) {
    const { useFile } = await import("./file_menu.js");
    const { contents } = this.app.serviceManager;
    const local = (/** @type {string} */ path) => String(contents.localPath(path));
    const file = this.extension.chosenFile();
    const problem = file && useFile(role, file.path, this.tracker, this.extension.choices.insert, local);
    if (problem) await this.extension.tell(problem);
  }

  async askDoctor() {
    const file = this.extension.chosenFile();
    if (!file) return;
    const [{ diagnosis }] = await Promise.all([import("./file_menu.js"), styles("lab")]);
    const node = await diagnosis(this.api, String(this.app.serviceManager.contents.localPath(file.path)));
    const { showDialog, Dialog } = this.modules.apputils;
    const body = new this.modules.widgets.Widget({ node });
    await showDialog({ title: "Would Act-Two take it?", body, buttons: [Dialog.okButton({ label: "Close" })] });
  }

  // --- the sidebar ---------------------------------------------------------------------------------

  /** @returns {Promise<View>} */
  async sidebar() {
    const [{ Sidebar }, dragdrop, coreutils] = await Promise.all([
      import("./sidebar.js"),
      module("@lumino/dragdrop"),
      module("@lumino/coreutils"),
      styles("lab"),
    ]);
    const sidebar = new Sidebar(
      this.api,
      {
        open: (row) => this.openTask(row),
        openSweep: (row) => this.openSweep(row),
        insert: (line) => sidebar.say(this.insert(line)),
        drag: (line, event) => drag(line, event, this.tracker, dragdrop, coreutils),
      },
      this.extension.choices.pollSeconds,
    );
    this.extension.paced = (seconds) => sidebar.setSeconds(seconds);
    // Who looks at the list may open a clip: the player's scripts come a second later, after the list's own.
    setTimeout(() => import("./viewer.js").catch(() => {}), SOON_MS);
    return sidebar;
  }

  // --- the main area -------------------------------------------------------------------------------

  /** @param {TaskEntry} task */
  openTask(task) {
    this.openView(`cometact_nb-task-${task.key}`, `Act-Two ${task.short}`, async () => {
      const { TaskViewer } = await import("./viewer.js");
      return new TaskViewer(this.api, (line) => this.insert(line), task);
    });
  }

  /** @param {SweepEntry} sweep */
  openSweep(sweep) {
    this.openView(`cometact_nb-sweep-${sweep.key}`, `Sweep ${sweep.name}`, async () => {
      const { SweepViewer } = await import("./viewer.js");
      return new SweepViewer(this.api, (line) => this.insert(line), sweep);
    });
  }

  /**
   * Show a view as a tab of the main area: the one that is there, or a new one.
   * @param {string} id
   * @param {string} label
   * @param {() => Promise<View>} make
   */
  openView(id, label, make) {
    const { shell } = this.app;
    const open = [...shell.widgets("main")].find((widget) => widget.id === id);
    if (!open) {
      const content = this.extension.widget(`${id}-content`, async () => {
        const [view] = await Promise.all([make(), styles("lab", "gallery", "gone", "task")]);
        return view;
      });
      const widget = new this.modules.apputils.MainAreaWidget({ content });
      Object.assign(widget, { id });
      Object.assign(widget.title, { label, icon: this.extension.icon, closable: true });
      shell.add(widget, "main");
    }
    shell.activateById(id);
  }
}
