// Clips as bytes, in pieces: a few are under way at a time, and one that does not come is asked for again.

import { viewName } from "./kernel.js";

/** @import { Buffer, FileName, Piece, PieceAsked } from "./wire.d.ts" */

/**
 * @typedef {{ blob: Blob, name: string }} File
 * @typedef {object} Job
 * @property {FileName} what
 * @property {string} key
 * @property {(file: File) => void} resolve
 * @property {(error: Error) => void} reject
 * @property {Map<number, Buffer>} pieces by where they begin, bytes
 * @property {number} have bytes
 * @property {number} next where the next piece begins that nobody asked for, bytes
 * @property {number} total bytes; 1 until the first piece says it
 * @property {Set<number>} missing where the pieces begin that were asked for and have not come
 * @property {number} patience how long nothing may come, milliseconds
 */

const PIECE = 1024 * 1024; // what one message carries at the most, bytes; the kernel's limit, see pieces.py
const WINDOW = 4; // so many pieces are under way: the kernel reads one while another is on its way
const SILENT_MS = 5000; // doubled each time, for a kernel that is busy or a line that is slow
const SILENT_MOST_MS = 16 * SILENT_MS;

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
    this.why = ""; // no more can come
  }

  /**
   * A file; the last urgent one comes first.
   * @param {FileName} what
   * @returns {Promise<File>}
   */
  get(what, urgent = false) {
    return new Promise((resolve, reject) => {
      const name = { what, key: JSON.stringify(what), resolve, reject };
      const state = { pieces: new Map(), have: 0, next: 0, total: 1, missing: new Set(), patience: SILENT_MS };
      /** @type {Job} */
      const job = { ...name, ...state };
      if (this.why) reject(new Error(this.why));
      else if (urgent) this.queue.unshift(job);
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
    if (this.current) this.askMore(this.current);
  }

  /**
   * Ask for as many pieces as may be under way.
   * @param {Job} job
   */
  askMore(job) {
    while (job.missing.size < WINDOW && job.next < job.total) {
      job.missing.add(job.next);
      this.ask(job, job.next);
      job.next += PIECE;
    }
    this.wait(job);
  }

  /**
   * @param {Job} job
   * @param {number} offset
   */
  ask(job, offset) {
    this.send({ type: "clip", view: this.view, ...job.what, offset, size: PIECE });
  }

  /**
   * When nothing comes, what was asked for or its answer may be lost with a connection.
   * @param {Job} job
   */
  wait(job) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      for (const offset of job.missing) this.ask(job, offset);
      job.patience = Math.min(2 * job.patience, SILENT_MOST_MS);
      this.wait(job);
    }, job.patience);
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
    if (piece.view !== this.view || !job || !job.missing.has(piece.offset)) return;
    if (piece.index !== job.what.index || piece.file !== job.what.file) return;
    if (piece.error !== undefined) {
      job.reject(new Error(piece.error));
      this.end();
      return;
    }
    job.missing.delete(piece.offset);
    job.pieces.set(piece.offset, buffers[0]);
    job.have += buffers[0].byteLength;
    job.total = piece.total;
    if (job.have < job.total) {
      this.askMore(job);
      return;
    }
    const pieces = [...job.pieces].sort(([one], [other]) => one - other).map(([, bytes]) => bytes);
    job.resolve({ blob: new Blob(pieces, { type: piece.mime }), name: piece.name });
    this.end();
  }

  /**
   * Fail what is asked for and what will be.
   * @param {string} why
   */
  stop(why) {
    this.why = why;
    const jobs = [...(this.current ? [this.current] : []), ...this.queue];
    this.dispose();
    for (const job of jobs) job.reject(new Error(why));
  }

  dispose() {
    clearTimeout(this.timer);
    this.queue = [];
    this.current = null;
  }
}
