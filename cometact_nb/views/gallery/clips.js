// The addresses of clips, each loaded once for all who show it.

/**
 * @import { Host } from "./host.d.ts"
 * @typedef {{ users: number, url: Promise<string> }} Held
 */

export class Clips {
  /** @param {Host} host */
  constructor(host) {
    this.host = host;
    /** @type {Map<number, Held>} */
    this.held = new Map();
  }

  /**
   * A clip's address; to be released once for each time it was acquired.
   * @param {number} index of its cell
   */
  acquire(index, urgent = false) {
    const held = this.held.get(index) ?? { users: 0, url: this.host.clip(index, urgent) };
    held.users++;
    this.held.set(index, held);
    return held.url;
  }

  /** @param {number} index */
  release(index) {
    const held = this.held.get(index);
    if (!held || --held.users) return;
    this.held.delete(index);
    this.host.free(index, held.url);
  }
}
