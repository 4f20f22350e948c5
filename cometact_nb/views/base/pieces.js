// Clips as bytes: asked for in pieces, one by one and no faster than a server lets through. A server drops
// messages above its rate limit (jupyter_server: 1 MB/s over 3 s), and a message that is too large.

import { viewName } from "./kernel.js";

/** @import { Buffer, FileName, Piece, PieceAsked } from "./wire.d.ts" */

/**
 * @typedef {{ blob: Blob, name: string }} File
 * @typedef {object} Job
 * @property {FileName} what
 * @property {string} key
 * @property {(file: File) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {Buffer[]} pieces
 * @property {number} have bytes
 */

const PIECE = 512 * 1024;
const RATE = 0.93e6; // bytes a second
const BURST = 2.5e6;
const SILENT_MS = 5000; // a piece that has not come by then is asked for again: it may have been dropped
const PACE = Symbol.for("cometact-pace");

/**
 * All views of a page share its connection, so they share its rate: `left` bytes may be asked for at once.
 * @returns {{ left: number, at: number }}
 */
function pace() {
  const page = /** @type {{ [PACE]?: { left: number, at: number } }} */ (globalThis);
  page[PACE] ??= { left: BURST, at: performance.now() };
  return page[PACE];
}

// How long to wait before a piece is asked for, milliseconds.
function pause() {
  const now = performance.now();
  const shared = pace();
  shared.left = Math.min(BURST, shared.left + ((now - shared.at) / 1000) * RATE) - PIECE;
  shared.at = now;
  return shared.left >= 0 ? 0 : (-shared.left / RATE) * 1000;
}

export class Pieces {
  /** @param {(content: PieceAsked) => unknown} send hands a message to the kernel */
  constructor(send) {
    this.send = send;
    this.view = viewName();
    /** @type {Job[]} */
    this.queue = [];
    /** @type {Job | null} */
    this.current = null;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
  }

  /**
   * A file; the last urgent one comes first.
   * @param {FileName} what
   * @returns {Promise<File>}
   */
  get(what, urgent = false) {
    return new Promise((resolve, reject) => {
      const job = { what, key: JSON.stringify(what), resolve, reject, pieces: [], have: 0 };
      if (urgent) this.queue.unshift(job);
      else this.queue.push(job);
      this.next();
    });
  }

  /**
   * Ask no more for a file that nobody has seen the end of.
   * @param {FileName} what
   */
  drop(what) {
    const key = JSON.stringify(what);
    this.queue = this.queue.filter((job) => job.key !== key);
    if (this.current?.key === key) this.end();
  }

  next() {
    if (this.current) return;
    this.current = this.queue.shift() ?? null;
    if (this.current) this.ask(this.current);
  }

  /** @param {Job} job */
  ask(job, tries = 0) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.send({ type: "clip", view: this.view, ...job.what, offset: job.have, size: PIECE });
      this.timer = setTimeout(() => this.ask(job, Math.min(tries + 1, 4)), SILENT_MS * 2 ** tries);
    }, pause());
  }

  end() {
    clearTimeout(this.timer);
    this.current = null;
    this.next();
  }

  /**
   * A message from the kernel; true if it was a piece.
   * @template {{ type: string }} Other
   * @param {Piece | Other} content
   * @param {Buffer[]} buffers
   * @returns {content is Piece}
   */
  receive(content, buffers) {
    if (content.type !== "clip") return false;
    this.take(/** @type {Piece} */ (content), buffers);
    return true;
  }

  /**
   * @param {Piece} piece
   * @param {Buffer[]} buffers
   */
  take(piece, buffers) {
    const job = this.current;
    if (piece.view !== this.view || !job || piece.offset !== job.have) return;
    if (piece.index !== job.what.index || piece.file !== job.what.file) return;
    if (piece.error !== undefined) {
      job.reject(new Error(piece.error));
      this.end();
      return;
    }
    job.pieces.push(buffers[0]);
    pace().left += PIECE - buffers[0].byteLength; // what the last piece was short of
    job.have += buffers[0].byteLength;
    if (job.have < piece.total) {
      this.ask(job);
      return;
    }
    job.resolve({ blob: new Blob(job.pieces, { type: piece.mime }), name: piece.name });
    this.end();
  }

  dispose() {
    clearTimeout(this.timer);
    this.queue = [];
    this.current = null;
  }
}
