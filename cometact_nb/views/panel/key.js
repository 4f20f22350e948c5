// The field for a key. It goes to the kernel as a message and is not kept in the page: neither by the field, nor by
// the browser, nor by a password manager.

import { h } from "../base/dom.js";

/** @import { Notes } from "./notes.js" */

const FACTS =
  "No key is configured. It stays in the kernel's memory: it is not saved in the notebook. Without one, practise in the sandbox.";
// A code that is used once is what browsers offer not to keep; each password manager has a mark of its own.
const UNSAVED = {
  autocomplete: "one-time-code",
  "data-1p-ignore": true,
  "data-lpignore": "true",
  "data-bwignore": true,
  "data-form-type": "other",
};

/**
 * The field, hidden until a key is missing.
 *
 * @param {string} id of its input
 * @param {Notes} notes where what is wrong with the key is listed
 * @param {(key: string) => void} send hands the key over
 */
export function keyField(id, notes, send) {
  const handOver = () => {
    const key = input.value;
    input.value = "";
    if (key) send(key);
  };
  const onkeydown = (/** @type {KeyboardEvent} */ event) => event.key === "Enter" && handOver();
  const input = h("input", { type: "password", id, ...UNSAVED, "aria-describedby": `${id}-notes`, onkeydown });
  const row = h("div", { class: "row" }, input, h("button", { type: "button", onclick: handOver }, "Use in this kernel"));
  const label = h("label", { for: id }, "CometAPI key");
  const field = h("div", { class: "field key", hidden: true }, label, row, h("div", { class: "facts" }, FACTS), notes.list("key"));
  notes.controls.set("key", field);
  return field;
}
