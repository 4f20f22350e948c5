// Asks again and again while somebody looks: seldom where nothing changes, more seldom where nobody answers.

const QUIET_MOST = 4; // times the usual pause, where nothing has changed
const FAILED_MOST_S = 300;

/**
 * @typedef {object} Clock
 * @property {(work: () => void, ms: number) => unknown} set
 * @property {(timer: unknown) => void} clear
 */

/** @type {Clock} */
const CLOCK = { set: (work, ms) => setTimeout(work, ms), clear: (timer) => clearTimeout(/** @type {number} */ (timer)) };

export class Poll {
  /**
   * @param {() => Promise<boolean>} work whether something has changed; an error is the worker's own to show
   * @param {number} seconds the usual pause
   * @param {Clock} clock
   */
  constructor(work, seconds, clock = CLOCK) {
    this.work = work;
    this.seconds = seconds;
    this.clock = clock;
    this.on = false;
    this.failures = 0;
    this.quiet = 1;
    /** @type {unknown} */
    this.timer = undefined;
    /** @type {Promise<void> | null} */
    this.working = null;
  }

  /** Somebody looks: ask now, and go on. */
  start() {
    if (this.on) return;
    this.on = true;
    this.now();
  }

  /** Nobody looks any more. */
  stop() {
    this.on = false;
    this.clock.clear(this.timer);
  }

  /** Somebody asks for it: now, and on from here, also after it was stopped. */
  again() {
    this.on = true;
    return this.now();
  }

  /** Ask at once; what is under way is waited for first. */
  async now() {
    this.clock.clear(this.timer);
    this.quiet = 1;
    if (this.working) await this.working;
    if (!this.working) this.working = this.ask();
    await this.working;
  }

  async ask() {
    this.clock.clear(this.timer);
    try {
      const changed = await this.work();
      this.failures = 0;
      this.quiet = changed ? 1 : Math.min(QUIET_MOST, this.quiet * 1.5);
    } catch {
      this.failures++;
    }
    this.working = null;
    if (this.on) this.timer = this.clock.set(() => this.tick(), 1000 * this.pause());
  }

  tick() {
    if (this.on && !this.working) this.working = this.ask();
  }

  /** @returns seconds until it asks again */
  pause() {
    if (this.failures) return Math.min(FAILED_MOST_S, this.seconds * 2 ** this.failures);
    return this.seconds * this.quiet;
  }
}
