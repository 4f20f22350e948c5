// "Really …?": a button that asks once more before it does what cannot be undone.

import { put } from "./dom.js";

const STANDS_MS = 12_000; // how long the question stands: long enough to read what it costs

export class Confirm {
  /** @param {() => void} left is called when a question is taken back */
  constructor(left = () => {}) {
    this.left = left;
    /** @type {HTMLButtonElement | null} */
    this.button = null;
    this.name = "";
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * A button was pressed. The first time it asks; true when it was pressed again while it asked.
   * @param {HTMLButtonElement} button
   * @param {string} question
   */
  pressed(button, question) {
    const again = this.button === button;
    this.leave();
    if (again) return true;
    this.button = button;
    this.name = button.textContent ?? "";
    button.dataset.sure = "1";
    put(button, question);
    this.timer = setTimeout(() => this.leave(), STANDS_MS);
    return false;
  }

  // Take the question back.
  leave() {
    clearTimeout(this.timer);
    const { button } = this;
    if (!button) return;
    this.button = null;
    delete button.dataset.sure;
    put(button, this.name);
    if (button.isConnected) this.left();
  }
}
