// The page's side of the kernel's mailbox.

/** @import { Sender, Stamp } from "./wire.d.ts" */

const PROBE_MOST_MS = 60_000; // how long between two looks whether the kernel is still there

/**
 * @template Out
 * @typedef {object} Words
 * @property {(text: string) => void} say shows a sentence; "" takes it back
 * @property {() => string} gone what to say when there is no kernel any more
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
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * Hands a message over, and says nothing.
   * @param {Out & Stamp} content
   * @param {ArrayBuffer[]} [buffers]
   * @returns false when the kernel is gone
   */
  post(content, buffers) {
    try {
      this.model.send({ ...content, ...this.stamp }, undefined, buffers);
      return true;
    } catch {
      return false;
    }
  }

  /**
   * Hands a message over; says when the kernel is gone.
   * @param {Out & Stamp} content
   * @param {ArrayBuffer[]} [buffers]
   */
  send(content, buffers) {
    const sent = this.post(content, buffers);
    if (sent) return true;
    clearTimeout(this.timer);
    this.say(this.words.gone());
    return false;
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
    if (this.spoke) this.words.say("");
    this.spoke = false;
    return true;
  }

  /** @param {string} text */
  say(text) {
    this.spoke = true;
    this.words.say(text);
  }

  dispose() {
    clearTimeout(this.timer);
  }
}
