import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { holdFocus } from "../../cometact_nb/views/base/gone.js";

globalThis.HTMLElement = class {
  constructor(disabled = false) {
    this.disabled = disabled;
  }

  matches(selector) {
    return selector === ":disabled" && this.disabled;
  }

  focus() {
    document.activeElement = this;
  }
};

const body = new HTMLElement();
let note;
let button;
let inside;
let root;

beforeEach(() => {
  [note, button] = [new HTMLElement(), new HTMLElement()];
  inside = new Set([note, button]);
  root = { contains: (node) => inside.has(node), querySelector: () => note };
  globalThis.document = { activeElement: button };
});

// As a page does with a control that is taken away.
function remove(control) {
  inside.delete(control);
  document.activeElement = body;
}

test("a removed button hands its focus to the words about it", () => {
  const focus = holdFocus(root);
  remove(button);
  focus();
  assert.equal(document.activeElement, note);
});

test("a button that takes no clicks any more hands its focus to what is named instead", () => {
  const tile = new HTMLElement();
  inside.add(tile);
  const focus = holdFocus(root);
  button.disabled = true;
  focus(tile);
  assert.equal(document.activeElement, tile);
});

test("what can still be used keeps the focus, such as a field to copy from", () => {
  const focus = holdFocus(root);
  focus();
  assert.equal(document.activeElement, button);
});

test("the focus elsewhere on the page is left alone", () => {
  document.activeElement = body;
  const focus = holdFocus(root);
  remove(button);
  focus();
  assert.equal(document.activeElement, body);
});
