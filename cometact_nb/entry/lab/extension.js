// Registers commands, launcher, palette, file menu and sidebar. What they do is imported when it is used.

import { ICON } from "./icon.js";

/**
 * @import { Actions } from "./actions.js"
 * @import { Style } from "./notebook.js"
 * @typedef {{ sidebar: boolean, pollSeconds: number, insert: Style }} Choices as the settings have them
 * @typedef {Record<string, any>} Things the application's modules, or its services, by short names
 * @typedef {{ node: HTMLElement, show(): void, hide(): void, dispose(): void }} View
 */

const SETTINGS = "cometact_nb:plugin";
const CATEGORY = "Act-Two";
const SIDEBAR = "cometact_nb-sidebar";
const RANK = 600; // of the sidebar, after the Lab's own
/** @type {Choices} */
const DEFAULTS = { sidebar: true, pollSeconds: 10, insert: "new cell" };
/** @type {["panel" | "history" | "sandbox", string, string][]} */
const NOTEBOOKS = [
  ["panel", "Act-Two panel", "A form for a request, its price, and its video"],
  ["history", "Act-Two history", "All tasks, as a table to act on"],
  ["sandbox", "Practise in the sandbox", "A notebook with its first cells: nothing is billed"],
];
/** @type {["use-character" | "use-reference" | "doctor", string][]} */
const FILE_COMMANDS = [
  ["use-character", "Use as Act-Two character"],
  ["use-reference", "Use as Act-Two reference"],
  ["doctor", "Would Act-Two take it?"],
];
const ITEM = ".jp-DirListing-item";
// By their names: the browser's model knows no more of its files.
const PICTURE = /\.(?:png|jpe?g|webp|avif|heic|heif|gif|bmp|tiff?)$/i;
const VIDEO = /\.(?:mp4|m4v|mov|webm|mkv|avi)$/i;

export class Extension {
  /**
   * @param {any} app
   * @param {Things} modules
   * @param {Things} services
   */
  constructor(app, modules, services) {
    this.app = app;
    this.modules = modules;
    this.services = services;
    this.choices = DEFAULTS;
    this.icon = modules.icons && new modules.icons.LabIcon(ICON);
    /** @type {any} */
    this.sidebar = null; // its widget
    /** @type {(seconds: number) => void} */
    this.paced = () => {}; // tells the sidebar, once it was shown
    /** @type {Promise<Actions> | undefined} */
    this.doing = undefined;
  }

  register() {
    const { shell, launcher, palette, registry } = this.services;
    for (const [kind, label, caption] of NOTEBOOKS) this.addNotebook(kind, label, caption, launcher, palette);
    this.addFileCommands();
    if (shell) this.addSidebar(shell, palette);
    if (registry) this.app.restored.then(() => this.readSettings(registry));
  }

  /** What the commands do. */
  actions() {
    this.doing ??= import("./actions.js").then(({ Actions }) => new Actions(this));
    this.doing.catch(() => {
      this.doing = undefined; // the next one asks again
    });
    return this.doing;
  }

  /**
   * Do it, and say in a dialog why it could not be done.
   * @param {(actions: Actions) => unknown} work
   */
  async attempt(work) {
    try {
      await work(await this.actions());
    } catch (error) {
      this.tell(error instanceof Error ? error.message : String(error));
    }
  }

  // --- settings ------------------------------------------------------------------------------------

  /** @param {any} registry */
  async readSettings(registry) {
    const settings = await registry.load(SETTINGS).catch(() => null);
    if (!settings) return; // an installation without the schema has the defaults
    const read = () => this.choose({ ...DEFAULTS, ...settings.composite });
    settings.changed.connect(read);
    read();
  }

  /** @param {Choices} choices */
  choose(choices) {
    this.choices = choices;
    this.paced(choices.pollSeconds);
    const { shell } = this.services;
    if (!shell || !this.sidebar || choices.sidebar === Boolean(this.sidebar.parent)) return;
    if (choices.sidebar) shell.add(this.sidebar, "left", { rank: RANK });
    else this.sidebar.parent = null;
  }

  // --- launcher and palette ------------------------------------------------------------------------

  /**
   * @param {"panel" | "history" | "sandbox"} kind
   * @param {string} label
   * @param {string} caption
   * @param {any} launcher
   * @param {any} palette
   */
  addNotebook(kind, label, caption, launcher, palette) {
    const command = `cometact_nb:${kind}`;
    const execute = (/** @type {{ cwd?: string }} */ { cwd }) => this.attempt((actions) => actions.openNotebook(kind, cwd));
    this.app.commands.addCommand(command, { label, caption, icon: this.icon, execute });
    launcher?.add({ command, category: CATEGORY, rank: NOTEBOOKS.findIndex(([name]) => name === kind) });
    palette?.addItem({ command, category: CATEGORY });
  }

  /** @param {string} text */
  tell(text) {
    const { showDialog, Dialog } = this.modules.apputils;
    return showDialog({ title: "Act-Two", body: text, buttons: [Dialog.okButton({ label: "Close" })] });
  }

  // --- the file browser ----------------------------------------------------------------------------

  /** The chosen file of the browser, whose items name no path themselves. */
  chosenFile() {
    const items = [...(this.services.files?.tracker.currentWidget?.selectedItems() ?? [])];
    const [file] = items;
    const fits = items.length === 1 && file.type !== "directory" && (PICTURE.test(file.path) || VIDEO.test(file.path));
    return fits ? file : undefined;
  }

  addFileCommands() {
    if (!this.services.files) return;
    /** @type {Record<string, (actions: Actions) => unknown>} */
    const acts = {
      "use-character": (actions) => actions.useFile("character"),
      "use-reference": (actions) => actions.useFile("reference"),
      doctor: (actions) => actions.askDoctor(),
    };
    FILE_COMMANDS.forEach(([name, label], place) => {
      const command = `cometact_nb:${name}`;
      const isVisible = () => this.isFor(name);
      this.app.commands.addCommand(command, { label, icon: this.icon, isVisible, execute: () => this.attempt(acts[name]) });
      this.app.contextMenu.addItem({ command, selector: ITEM, rank: 20 + place });
    });
  }

  /** @param {string} name of a command */
  isFor(name) {
    const file = this.chosenFile();
    return Boolean(file) && (name !== "use-reference" || VIDEO.test(file.path));
  }

  // --- the sidebar ---------------------------------------------------------------------------------

  /**
   * @param {any} shell
   * @param {any} palette
   */
  addSidebar(shell, palette) {
    const widget = this.widget(SIDEBAR, async () => {
      import("./sidebar.js").catch(() => {}); // on its way while the actions are; these say what failed
      return (await this.actions()).sidebar();
    });
    widget.title.caption = "Act-Two";
    widget.title.icon = this.icon;
    this.sidebar = widget;
    shell.add(widget, "left", { rank: RANK });
    this.services.restorer?.add(widget, SIDEBAR);
    const command = "cometact_nb:sidebar";
    const isVisible = () => Boolean(widget.parent);
    this.app.commands.addCommand(command, {
      label: "Show the Act-Two sidebar",
      icon: this.icon,
      isVisible,
      execute: () => shell.activateById(SIDEBAR),
    });
    palette?.addItem({ command, category: CATEGORY });
  }

  /**
   * A widget of the application's whose view is made when it is first shown.
   * @param {string} id
   * @param {() => Promise<View>} make
   */
  widget(id, make) {
    const { Widget } = this.modules.widgets;
    const widget = new Lazy(make);
    const place = new Widget();
    place.id = id;
    place.addClass("cometact-lab-place");
    place.node.tabIndex = -1;
    const look = () => widget.see(place.isVisible && document.visibilityState === "visible", place.node);
    document.addEventListener("visibilitychange", look);
    // Each is a message of the application to its widget, here taken without a class of our own.
    for (const name of ["onAfterShow", "onAfterHide", "onAfterAttach", "onBeforeDetach"]) {
      place[name] = () => (name === "onBeforeDetach" ? widget.see(false, place.node) : look());
    }
    place.onActivateRequest = () => place.node.focus();
    place.disposed.connect(() => {
      document.removeEventListener("visibilitychange", look);
      widget.dispose();
    });
    return place;
  }
}

/** A view that is made when it is first seen, and works only while it is. */
class Lazy {
  /** @param {() => Promise<View>} make */
  constructor(make) {
    this.make = make;
    /** @type {Promise<View | null> | null} */
    this.view = null;
    this.isSeen = false;
    this.over = false;
  }

  /**
   * @param {boolean} isSeen
   * @param {HTMLElement} node where it is shown
   */
  async see(isSeen, node) {
    this.isSeen = isSeen;
    if (isSeen && !this.view) this.view = this.begin(node);
    const view = await this.view;
    if (!view) return;
    if (this.over) view.dispose();
    else if (this.isSeen) view.show();
    else view.hide();
  }

  /**
   * Make the view and put it there; where its scripts cannot be loaded, say so, and try again when it is shown again.
   * @param {HTMLElement} node
   */
  async begin(node) {
    try {
      const view = await this.make();
      node.replaceChildren(view.node);
      return view;
    } catch {
      this.view = null;
      node.textContent = "The server does not answer, so this could not be loaded. Show it again to try once more.";
      return null;
    }
  }

  async dispose() {
    this.over = true;
    (await this.view)?.dispose();
  }
}
