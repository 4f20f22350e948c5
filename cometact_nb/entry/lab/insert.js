// A line for a new cell below an output. It is written, never run.

import { h, put } from "../../views/base/dom.js";
import { withImport } from "./lines.js";

/**
 * @param {any} panel a notebook's
 * @param {Node} node of an output in it
 */
function placeOf(panel, node) {
  return panel.content.widgets.findIndex((/** @type {any} */ cell) => cell.node.contains(node));
}

/**
 * The button that inserts a line below the output that it stands in; null where nothing may be written.
 * @param {any} panel a notebook's
 * @param {string} line of Python
 * @param {string} does what it does, as in "shows how it goes on"
 */
export function insertButton(panel, line, does) {
  const notebook = panel?.content;
  if (!notebook?.model || notebook.model.readOnly) return null;
  const outcome = h("span", { role: "status" });
  const insert = () => {
    const at = placeOf(panel, outcome);
    if (at < 0) return;
    const sources = [...notebook.model.cells].map((cell) => String(cell.sharedModel.getSource()));
    notebook.model.sharedModel.insertCell(at + 1, { cell_type: "code", source: withImport(line, sources), metadata: {} });
    notebook.deselectAll();
    notebook.activeCellIndex = at + 1;
    put(outcome, " Inserted below. Nothing was run.");
  };
  const title = `Insert ${line} as a new cell below. It ${does}. Nothing is run.`;
  const button = h("button", { type: "button", title, onclick: insert }, "Insert below");
  return h("span", { class: "insert" }, " ", button, outcome);
}
