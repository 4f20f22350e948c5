// The page's side of the kernel's mailbox.

import { timeOfDay } from "./dom.js";

/** @import { KernelConnection, Sender, Stamp } from "./wire.d.ts" */

const OVER = new Set(["restarting", "autorestarting", "terminating", "dead"]); // what a kernel is not busy with
const PROBE_MOST_MS = 60_000; // how long between two looks whether the kernel is still there
const APART_MS = 2000; // how long the page may be without its kernel unsaid: a reconnection is mostly faster

/**
 * Hears once when a kernel has ended, was started anew or replaced. Nothing is sent, so a busy kernel is left alone.
 * @param {KernelConnection | null | undefined} kernel none where a front end does not show it
 * @param {() => void} gone
 * @returns what ends it
 */
export function whenGone(kernel, gone) {
  if (!kernel) return () => {};
  let isOver = false;
  let session = "";
  const over = () => {
    if (!isOver) gone();
    isOver = true;
  };
  const status = (/** @type {unknown} */ _, /** @type {string} */ word) => OVER.has(word) && over();
  /** @type {Parameters<KernelConnection["iopubMessage"]["connect"]>[0]} */
  const message = (_, { header, content }) => {
    // Another page may have restarted it. The server speaks, too, but never of "idle" and "busy".
    if (header.msg_type === "shutdown_reply") over();
    if (!["idle", "busy"].includes(content.execution_state ?? "")) return;
    if (session && header.session !== session) over();
    session = header.session;
  };
  kernel.disposed.connect(over);
  kernel.statusChanged.connect(status);
  kernel.iopubMessage.connect(message);
  return () => {
    kernel.disposed.disconnect(over);
    kernel.statusChanged.disconnect(status);
    kernel.iopubMessage.disconnect(message);
  };
}

/**
 * Hears when the page has lost its connection to the kernel, which may go on, and when it is there again.
 * @param {KernelConnection | null | undefined} kernel none where a front end does not show it
 * @param {(isApart: boolean) => void} tell
 * @returns what ends it
 */
export function whenApart(kernel, tell) {
  const { connectionStatusChanged } = kernel ?? {};
  if (!connectionStatusChanged) return () => {};
  let isApart = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const changed = (/** @type {unknown} */ _, /** @type {string} */ word) => {
    clearTimeout(timer);
    if (word !== "connected") {
      timer = setTimeout(() => {
        isApart = true;
        tell(true);
      }, APART_MS);
    } else if (isApart) {
      isApart = false;
      tell(false);
    }
  };
  connectionStatusChanged.connect(changed);
  return () => {
    clearTimeout(timer);
    connectionStatusChanged.disconnect(changed);
  };
}

/** @returns the sentence of a view whose page has no connection to its kernel */
function apartNote() {
  return `No connection to the kernel since ${timeOfDay()}: what is shown here may be old. A click is sent when it is back.`;
}

/**
 * @template Out
 * @typedef {object} Words
 * @property {(text: string) => void} say shows a sentence; "" takes it back
 * @property {(isApart: boolean) => void} [apart] is called when the page has no connection to the kernel, and when it has again
 * @property {() => void} [lost] is called once when there is no kernel any more
 * @property {() => string} busy what to say when it has not heard a message in time
 * @property {number} patience how long a message may go unheard, milliseconds
 * @property {Out} [probe] is sent after twice the time each while a message goes unheard: whether that can be done tells
 *   a busy kernel from one that is gone
 */

/** @returns a name for a view, which answers carry back: every view of a model hears all of its messages */
export function viewName() {
  return Math.random().toString(36).slice(2);
}

/**
 * Sends messages, and says when the kernel is gone or busy.
 * @template {{ type: string }} Out
 */
export class Mailbox {
  /**
   * @param {Sender<Out>} model
   * @param {Words<Out>} words
   * @param {Stamp} stamp what every message carries
   */
  constructor(model, words, stamp = {}) {
    this.model = model;
    this.words = words;
    this.stamp = stamp;
    this.number = 0; // of the last message that wants to be heard
    this.spoke = false;
    this.isGone = false;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    const kernel = model.widget_manager?.kernel;
    const leaves = [whenGone(kernel, () => this.lose()), whenApart(kernel, (isApart) => this.part(isApart))];
    this.leave = () => {
      for (const leave of leaves) leave();
    };
  }

  /**
   * Hands a message over.
   * @param {Out & Stamp} content
   * @param {ArrayBuffer[]} [buffers]
   * @returns false when the kernel is gone
   */
  send(content, buffers) {
    if (this.isGone) return false;
    try {
      this.model.send({ ...content, ...this.stamp }, undefined, buffers);
    } catch {
      this.lose();
    }
    return !this.isGone;
  }

  /** @param {boolean} isApart */
  part(isApart) {
    if (isApart) this.say(apartNote());
    else this.unsay();
    this.words.apart?.(isApart);
  }

  // There is no kernel any more, and none that comes will know this view.
  lose() {
    if (this.isGone) return;
    this.isGone = true;
    clearTimeout(this.timer);
    this.leave();
    this.words.say("");
    this.words.lost?.();
  }

  /**
   * Sends a message with a number; says that the kernel is busy when that was not heard in time.
   * @param {Out & Stamp} content
   * @param {ArrayBuffer[]} [buffers]
   */
  ask(content, buffers) {
    clearTimeout(this.timer);
    const sent = this.send({ ...content, number: ++this.number }, buffers);
    if (sent) this.wait(this.words.patience);
    return sent;
  }

  /** @param {number} ms */
  wait(ms) {
    const { probe, busy } = this.words;
    this.timer = setTimeout(() => {
      if (probe && !this.send(probe)) return;
      this.say(busy());
      if (probe) this.wait(Math.min(2 * ms, PROBE_MOST_MS));
    }, ms);
  }

  /**
   * The kernel heard a message; true if it was the last one that was asked.
   * @param {number | null} number
   */
  heard(number = this.number) {
    if (number !== this.number) return false;
    clearTimeout(this.timer);
    this.unsay();
    return true;
  }

  unsay() {
    if (this.spoke) this.words.say("");
    this.spoke = false;
  }

  /** @param {string} text */
  say(text) {
    this.spoke = true;
    this.words.say(text);
  }

  dispose() {
    clearTimeout(this.timer);
    this.leave();
  }
}
