// Computes the part of a clip to keep, within the vendor's limits: logic without a page.

/** @typedef {"start" | "end"} Edge */

/** Seconds that a reference may last: CometAPI's page "control a character". */
export const SHORTEST = 3;
export const LONGEST = 30;
const STEPS = { plain: 0.5, fine: 0.05, page: 2 }; // seconds; fine is about a frame
const EPSILON = 1e-6;

export class Trim {
  /**
   * @param {number} duration of the clip, seconds
   * @param {[number, number]} limits the least and the most seconds of a part
   */
  constructor(duration, limits = [SHORTEST, LONGEST]) {
    this.duration = duration;
    this.shortest = limits[0];
    this.longest = limits[1];
    this.start = 0;
    this.end = Math.min(duration, this.longest);
  }

  /** The same clip, as it was before anything was cut. */
  get fresh() {
    return new Trim(this.duration, [this.shortest, this.longest]);
  }

  /** Whether the clip is long enough to be cut. */
  get isPossible() {
    return this.duration >= this.shortest;
  }

  get length() {
    return this.end - this.start;
  }

  /** Whether something is cut off. */
  get isCut() {
    return this.start > EPSILON || this.end < this.duration - EPSILON;
  }

  /**
   * The least and the most seconds of an edge.
   * @param {Edge} edge
   * @returns {[number, number]}
   */
  bounds(edge) {
    return edge === "start" ? [0, Math.max(0, this.duration - this.shortest)] : [Math.min(this.shortest, this.duration), this.duration];
  }

  /**
   * Move one edge; the other one follows where the part would become too short or too long.
   * @param {Edge} edge
   * @param {number} to seconds
   */
  move(edge, to) {
    if (!this.isPossible) return;
    const [least, most] = this.bounds(edge);
    const at = clamp(hundredths(to), least, most);
    if (edge === "start") {
      this.start = at;
      this.end = clamp(
        this.end,
        Math.min(this.duration, hundredths(at + this.shortest)),
        Math.min(this.duration, hundredths(at + this.longest)),
      );
    } else {
      this.end = at;
      this.start = clamp(this.start, Math.max(0, at - this.longest), Math.max(0, at - this.shortest));
    }
  }

  /**
   * Move one edge by a key.
   * @param {Edge} edge
   * @param {string} key as in a keyboard event
   * @param {boolean} fine
   * @returns whether the key moves an edge
   */
  press(edge, key, fine) {
    const to = keyed(key, this[edge], this.bounds(edge), fine ? STEPS.fine : STEPS.plain, STEPS.page);
    if (to === null) return false;
    this.move(edge, to);
    return true;
  }

  /** What is to be cut: seconds, null where the clip's own end stays. */
  get settings() {
    return {
      start_s: this.start > EPSILON ? this.start : null,
      end_s: this.end < this.duration - EPSILON ? this.end : null,
    };
  }

  /**
   * Take a part as `settings` gave it.
   * @param {{ start_s: number | null, end_s: number | null }} part
   */
  take({ start_s, end_s }) {
    if (start_s !== null) this.move("start", start_s);
    if (end_s !== null) this.move("end", end_s);
  }

  /** The part in words. */
  get sentence() {
    const limits = Number.isFinite(this.longest) ? ` Act-Two takes ${this.shortest}–${this.longest} s` : "";
    if (!this.isPossible) return `It lasts ${seconds(this.duration)} s.${limits && `${limits}: choose or record a longer one.`}`;
    const whole = this.isCut ? ` of ${seconds(this.duration)} s` : "";
    return `${seconds(this.start)}–${seconds(this.end)} s: ${seconds(this.length)} s${whole}.${limits && `${limits}.`}`;
  }
}

/**
 * Where a key moves a slider to; null for another key.
 * @param {string} key as in a keyboard event
 * @param {number} at
 * @param {[number, number]} bounds
 * @param {number} step of an arrow
 * @param {number} page of Page Up and Page Down
 */
export function keyed(key, at, [least, most], step, page) {
  const by = { ArrowLeft: -step, ArrowDown: -step, ArrowRight: step, ArrowUp: step, PageDown: -page, PageUp: page }[key];
  if (by !== undefined) return clamp(at + by, least, most);
  if (key === "Home") return least;
  return key === "End" ? most : null;
}

/**
 * Seconds without needless zeros, such as "2.5".
 * @param {number} value
 */
export function seconds(value) {
  return String(hundredths(value));
}

/**
 * @param {number} value
 * @param {number} least
 * @param {number} most
 */
export function clamp(value, least, most) {
  return Math.min(most, Math.max(least, value));
}

/** @param {number} value */
function hundredths(value) {
  return Math.round(value * 100) / 100;
}
