// Lines for the active notebook. They are written, never run.

import { withImport } from "./lines.js";

/**
 * @typedef {object} Tracker as much as is used of JupyterLab's list of notebooks
 * @property {any} currentWidget the one that was used last
 * @typedef {"new cell" | "cursor"} Style
 */

const CELLS = "application/vnd.jupyter.cells"; // what a notebook lets be dropped between its cells

/** @param {any} notebook */
function sources(notebook) {
  return [...notebook.model.cells].map((cell) => String(cell.sharedModel.getSource()));
}

/**
 * Why a line cannot be written; "" if it can.
 * @param {Tracker | null} tracker
 */
export function hindrance(tracker) {
  const panel = tracker?.currentWidget;
  if (!panel?.content?.model) return "No notebook is open. Open one, and insert the line again.";
  if (panel.content.model.readOnly) return "The active notebook can only be read.";
  return "";
}

/**
 * Write a line into the active notebook: where the cursor is, or as a cell of its own below the active one.
 * @param {string} line
 * @param {Tracker | null} tracker
 * @param {Style} style
 * @returns what was done, or why not, in a sentence
 */
export function insert(line, tracker, style) {
  const problem = hindrance(tracker);
  if (problem) return problem;
  const panel = /** @type {Tracker} */ (tracker).currentWidget;
  const notebook = panel.content;
  const cell = notebook.activeCell;
  const name = String(panel.title.label);
  if (style === "cursor" && cell?.model.type === "code" && cell.editor) {
    cell.editor.replaceSelection(line);
    return `Inserted into ${name}, at the cursor. Nothing was run.`;
  }
  const source = withImport(line, sources(notebook));
  const isEmpty = cell?.model.type === "code" && !String(cell.model.sharedModel.getSource()).trim();
  if (isEmpty) cell.model.sharedModel.setSource(source);
  else addCell(notebook, source);
  return `Inserted into ${name}. Nothing was run.`;
}

/**
 * @param {any} notebook
 * @param {string} source
 */
function addCell(notebook, source) {
  const at = Math.min(notebook.activeCellIndex + 1, notebook.model.cells.length);
  notebook.model.sharedModel.insertCell(at, { cell_type: "code", source, metadata: {} });
  notebook.deselectAll();
  notebook.activeCellIndex = at;
  notebook.scrollToItem?.(at, "smart")?.catch?.(() => {});
}

/**
 * Begin to drag a line: a notebook takes it as a cell, where it is dropped.
 * @param {string} line
 * @param {{ clientX: number, clientY: number }} event
 * @param {Tracker | null} tracker
 * @param {any} dragdrop the module @lumino/dragdrop
 * @param {any} coreutils the module @lumino/coreutils
 */
export function drag(line, event, tracker, dragdrop, coreutils) {
  const notebook = tracker?.currentWidget?.content;
  const source = notebook?.model ? withImport(line, sources(notebook)) : line;
  const mimeData = new coreutils.MimeData();
  mimeData.setData(CELLS, [{ cell_type: "code", execution_count: null, metadata: {}, outputs: [], source }]);
  mimeData.setData("text/plain", line);
  const dragImage = document.createElement("div");
  dragImage.className = "cometact-lab-drag";
  dragImage.textContent = line;
  const drag = new dragdrop.Drag({ mimeData, dragImage, supportedActions: "copy", proposedAction: "copy", source: null });
  drag.start(event.clientX, event.clientY);
}

/**
 * Hand a file to the live panel of the active notebook, which takes it as if it were typed.
 * @param {"character" | "reference"} role
 * @param {string} address a path from the notebook's folder
 * @param {Tracker | null} tracker
 * @returns whether a panel took it
 */
export function fillPanel(role, address, tracker) {
  /** @type {HTMLElement | undefined} */
  const node = tracker?.currentWidget?.content?.node;
  const panels = [...(node?.querySelectorAll(".cometact-panel") ?? [])].reverse();
  for (const panel of panels) {
    const offer = new CustomEvent("cometact-input", { detail: { role, address }, cancelable: true });
    if (panel.dispatchEvent(offer)) continue; // its kernel is gone, or it is none of ours
    panel.scrollIntoView({ block: "nearest" });
    return true;
  }
  return false;
}
