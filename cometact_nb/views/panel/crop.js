// Computes the part of a picture to keep, with an aspect ratio that the vendor takes: logic without a page.

import { clamp, keyed } from "./trim.js";

/**
 * @typedef {"left" | "top" | "right" | "bottom"} Side
 * @typedef {Record<Side, number>} Box fractions of the picture, from its left and its top
 */

/** The least and the most of width over height: docs.dev.runwayml.com/assets/inputs. */
export const ASPECT = [0.5, 2];
/** @type {Side[]} */
export const SIDES = ["left", "top", "right", "bottom"];
/** A clip may have any shape; a strip of less is a slip of the hand. */
export const ANY = [0.05, 20];
const MARGIN = 0.004; // within the limits: a part is made of whole pixels, and must not fall outside by one
const LEAST = 0.1; // of the picture: a smaller frame can hardly be taken hold of
const STEPS = { plain: 0.02, fine: 0.002, page: 0.1 };
const EPSILON = 1e-6;

export class Crop {
  /**
   * @param {number} width of the picture as it is seen, pixels
   * @param {number} height
   * @param {number[]} aspect the least and the most of width over height
   */
  constructor(width, height, aspect = ASPECT) {
    this.natural = width / height;
    this.aspects = aspect;
    this.box = this.largest();
  }

  /** The whole of the same picture, a quarter turn further. */
  get turned() {
    return new Crop(1, this.natural, this.aspects);
  }

  /** The largest part with a legal ratio, in the middle. */
  largest() {
    const [low, high] = this.isLegal ? [0, Number.POSITIVE_INFINITY] : this.inside;
    const across = Math.min(1, high / this.natural);
    const down = Math.min(1, this.natural / low);
    return { left: (1 - across) / 2, top: (1 - down) / 2, right: (1 + across) / 2, bottom: (1 + down) / 2 };
  }

  /** Whether the whole picture may be kept. */
  get isLegal() {
    return this.isAny || (this.natural >= this.aspects[0] - EPSILON && this.natural <= this.aspects[1] + EPSILON);
  }

  /** Whether the vendor takes any shape. */
  get isAny() {
    return this.aspects === ANY;
  }

  /** @returns {[number, number]} the least and the most of width over height for a part */
  get inside() {
    return [this.aspects[0] * (1 + MARGIN), this.aspects[1] * (1 - MARGIN)];
  }

  /** Whether something is cut off. */
  get isCut() {
    const { left, top, right, bottom } = this.box;
    return left > EPSILON || top > EPSILON || right < 1 - EPSILON || bottom < 1 - EPSILON;
  }

  /** Width over height of the part. */
  get aspect() {
    return this.natural * ((this.box.right - this.box.left) / (this.box.bottom - this.box.top));
  }

  reset() {
    this.box = this.largest();
  }

  /**
   * The least and the most of a side, so that the part stays in the picture and its ratio legal.
   * @param {Side} side
   * @returns {[number, number]}
   */
  bounds(side) {
    const { left, top, right, bottom } = this.box;
    const [low, high] = this.inside;
    const isAcross = side === "left" || side === "right";
    const other = isAcross ? (bottom - top) / this.natural : (right - left) * this.natural;
    // Of the length between this side and its opposite, in fractions of the picture.
    const longest = other * (isAcross ? high : 1 / low);
    const shortest = Math.min(Math.max(LEAST, other * (isAcross ? low : 1 / high)), longest, 1);
    if (side === "left") return [Math.max(0, right - longest), Math.max(0, right - shortest)];
    if (side === "top") return [Math.max(0, bottom - longest), Math.max(0, bottom - shortest)];
    if (side === "right") return [Math.min(1, left + shortest), Math.min(1, left + longest)];
    return [Math.min(1, top + shortest), Math.min(1, top + longest)];
  }

  /**
   * Move one side, as far as its bounds.
   * @param {Side} side
   * @param {number} to fraction of the picture
   */
  drag(side, to) {
    this.box[side] = clamp(to, ...this.bounds(side));
  }

  /**
   * Move one side by a key.
   * @param {Side} side
   * @param {string} key as in a keyboard event
   * @param {boolean} fine
   * @returns whether the key moves a side
   */
  press(side, key, fine) {
    // Down is down here: a side's value grows from the top.
    const turned = side === "left" || side === "right" ? key : ({ ArrowUp: "ArrowDown", ArrowDown: "ArrowUp" }[key] ?? key);
    const to = keyed(turned, this.box[side], this.bounds(side), fine ? STEPS.fine : STEPS.plain, STEPS.page);
    if (to === null) return false;
    this.drag(side, to);
    return true;
  }

  /**
   * Move a corner: its two sides, as far as the ratio lets both.
   * @param {"left" | "right"} across
   * @param {"top" | "bottom"} down
   * @param {number} x fraction of the picture
   * @param {number} y
   */
  corner(across, down, x, y) {
    // The first side may be held by the second; once that has moved, it can follow.
    this.drag(across, x);
    this.drag(down, y);
    this.drag(across, x);
  }

  /**
   * Move the whole part, within the picture.
   * @param {number} x by which fraction
   * @param {number} y
   */
  shift(x, y) {
    const { left, top, right, bottom } = this.box;
    const across = clamp(x, -left, 1 - right);
    const down = clamp(y, -top, 1 - bottom);
    this.box = { left: left + across, top: top + down, right: right + across, bottom: bottom + down };
  }

  /**
   * The part to keep: left, top, right and bottom; null for the whole picture.
   * @returns {[number, number, number, number] | null}
   */
  get settings() {
    const { left, top, right, bottom } = this.box;
    return this.isCut ? [left, top, right, bottom] : null;
  }

  /**
   * Take a part as `settings` gave it.
   * @param {[number, number, number, number] | null} part
   */
  take(part) {
    if (!part) return;
    const [left, top, right, bottom] = part.map((at) => clamp(at, 0, 1));
    if (right > left && bottom > top) this.box = { left, top, right, bottom };
  }

  /** The part in words. */
  get sentence() {
    if (this.isAny) return this.isCut ? `Width : height of the part is ${ratio(this.aspect)}.` : "";
    const [low, high] = this.aspects;
    const why = this.isLegal ? "" : ` The whole picture has ${ratio(this.natural)}.`;
    return `Width : height is ${ratio(this.aspect)}. Act-Two takes ${low}–${high}.${why}`;
  }
}

/**
 * Where a side is, in words.
 * @param {Side} side
 * @param {number} at
 */
export function sideText(side, at) {
  const from = side === "left" || side === "right" ? "left" : "top";
  return `${Math.round(at * 1000) / 10} percent from the ${from}`;
}

/** @param {number} value */
function ratio(value) {
  return String(Math.round(value * 100) / 100);
}
