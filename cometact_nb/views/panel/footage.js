// The pictures of a local file: from the browser where it can decode the file, else from the kernel.

import { h } from "../base/dom.js";

/**
 * @typedef {HTMLVideoElement | HTMLImageElement} Source what a canvas can draw
 * @typedef {{ at: number[], pictures: HTMLImageElement[] }} Stills `at` in seconds
 */

const LOADS_MS = 8000; // a browser that has shown nothing of a local file by then will not

export class Footage {
  /**
   * @param {string} src the file's address for this page; "" where it is on the kernel's disk
   * @param {"image" | "video"} kind
   * @param {() => Promise<Stills>} ask asks the kernel for pictures
   */
  constructor(src, kind, ask) {
    this.src = src;
    this.kind = kind;
    this.ask = ask;
    /** @type {HTMLVideoElement | null} */
    this.video = null;
    /** @type {Stills} */
    this.stills = { at: [], pictures: [] };
    /** @type {Promise<unknown>} */
    this.seeking = Promise.resolve();
    this.latest = 0; // the last moment that was asked for: earlier ones are skipped
    this.isOver = false;
  }

  /** @returns whether there is a picture at all */
  async load() {
    const source = this.src ? await loaded(this.src, this.kind) : null;
    if (source instanceof HTMLVideoElement) this.video = source;
    else if (source) this.stills = { at: [0], pictures: [source] };
    else if (!this.isOver) this.stills = await this.ask();
    return Boolean(this.video || this.stills.pictures.length);
  }

  /** Seconds; 0 where the browser does not know. */
  get duration() {
    const duration = this.video?.duration ?? 0;
    return Number.isFinite(duration) ? duration : 0;
  }

  /**
   * Width and height as they are seen, pixels; null where no picture is known.
   * @returns {[number, number] | null}
   */
  get size() {
    const source = this.video ?? this.stills.pictures[0];
    return source ? sizeOf(source) : null;
  }

  /** Whether the browser plays it. */
  get plays() {
    return Boolean(this.video);
  }

  /**
   * The picture of a moment; null where another one was asked for meanwhile.
   * @param {number} at seconds
   * @param {boolean} skips whether a later question makes this one needless
   * @returns {Promise<Source | null>}
   */
  async frame(at, skips = true) {
    const { video } = this;
    if (!video) return this.still(at);
    const mine = skips ? ++this.latest : 0;
    const before = this.seeking;
    const seek = async () => {
      await before;
      if (this.isOver || (mine && mine !== this.latest)) return null;
      return (await sought(video, at)) && !this.isOver ? video : null;
    };
    const turn = seek();
    this.seeking = turn;
    return turn;
  }

  /** @param {number} at seconds */
  still(at) {
    const { at: moments, pictures } = this.stills;
    let best = 0;
    for (const [index, moment] of moments.entries()) if (Math.abs(moment - at) < Math.abs(moments[best] - at)) best = index;
    return pictures[best] ?? null;
  }

  dispose() {
    this.isOver = true;
    this.video?.pause();
    this.video?.removeAttribute("src");
    this.video?.load(); // lets go of the file
  }
}

/**
 * A video or a picture that the browser has decoded; null where it cannot.
 * @param {string} src
 * @param {"image" | "video"} kind
 * @returns {Promise<Source | null>}
 */
function loaded(src, kind) {
  return new Promise((resolve) => {
    const timer = setTimeout(() => resolve(null), LOADS_MS);
    const end = (/** @type {Source | null} */ source) => {
      clearTimeout(timer);
      resolve(source);
    };
    if (kind === "image") {
      const image = new Image();
      image.addEventListener("load", () => end(image));
      image.addEventListener("error", () => end(null));
      image.src = src;
      return;
    }
    const video = h("video", { preload: "auto", playsinline: true });
    video.addEventListener("loadeddata", () => end(video.videoWidth ? video : null));
    video.addEventListener("error", () => end(null));
    video.src = src;
  });
}

/**
 * Go to a moment of a video.
 * @param {HTMLVideoElement} video
 * @param {number} at seconds
 * @returns {Promise<boolean>}
 */
function sought(video, at) {
  return new Promise((resolve) => {
    if (Math.abs(video.currentTime - at) < 0.001 && !video.seeking) {
      resolve(true);
      return;
    }
    const timer = setTimeout(() => end(false), LOADS_MS);
    const done = () => end(true);
    const end = (/** @type {boolean} */ isThere) => {
      clearTimeout(timer);
      video.removeEventListener("seeked", done);
      resolve(isThere);
    };
    video.addEventListener("seeked", done);
    video.currentTime = at;
  });
}

/**
 * Draw a picture, turned, as large as fits; the canvas takes its shape.
 * @param {HTMLCanvasElement} canvas
 * @param {Source} source
 * @param {number} turn quarter turns clockwise, degrees
 * @param {number} most the longest side, pixels
 */
export function drawTurned(canvas, source, turn, most) {
  const [width, height] = sizeOf(source);
  const share = Math.min(1, most / Math.max(width, height));
  const [across, down] = [Math.max(1, Math.round(width * share)), Math.max(1, Math.round(height * share))];
  const isOnSide = turn % 180 !== 0;
  canvas.width = isOnSide ? down : across;
  canvas.height = isOnSide ? across : down;
  const pen = canvas.getContext("2d");
  if (!pen) return;
  pen.translate(canvas.width / 2, canvas.height / 2);
  pen.rotate((turn * Math.PI) / 180);
  pen.drawImage(source, -across / 2, -down / 2, across, down);
}

/**
 * Keep one part of a canvas.
 * @param {HTMLCanvasElement} canvas
 * @param {{ left: number, top: number, right: number, bottom: number }} part fractions
 */
export function keepPart(canvas, { left, top, right, bottom }) {
  const { width, height } = canvas;
  const pixels = canvas.getContext("2d")?.getImageData(left * width, top * height, (right - left) * width, (bottom - top) * height);
  if (!pixels) return;
  canvas.width = pixels.width;
  canvas.height = pixels.height;
  canvas.getContext("2d")?.putImageData(pixels, 0, 0);
}

/**
 * Width and height as they are seen, pixels.
 * @param {Source} source
 * @returns {[number, number]}
 */
export function sizeOf(source) {
  return source instanceof HTMLVideoElement ? [source.videoWidth, source.videoHeight] : [source.naturalWidth, source.naturalHeight];
}
