// Files of the reader's machine on their way to the kernel, in pieces, each with a bar that says how far it came.

import { h, put } from "../base/dom.js";
import { viewName } from "../base/kernel.js";

/**
 * @import { PanelToKernel, Role } from "../base/wire.d.ts"
 * @typedef {{ role: Role, name: string, file: Blob, size: number, offset: number, number: number, recorded: boolean }} Upload
 */

const PIECE = 1024 * 1024; // a Jupyter server takes no message of a page above 10 MiB, and does not say so

export class Uploads {
  /**
   * @param {(content: PanelToKernel, buffers: ArrayBuffer[]) => number} ask sends a message; its number, 0 if the kernel is gone
   * @param {(role: Role, upload: Upload | null, problem: string) => void} draw shows how far an upload is; null: it is over
   */
  constructor(ask, draw) {
    this.ask = ask;
    this.draw = draw;
    this.view = viewName();
    /** @type {Map<Role, Upload>} */
    this.under = new Map();
    /** @type {Map<Role, Blob>} */
    this.recordings = new Map(); // that were sent whole, and whose names are not known yet
  }

  /**
   * Begin; a file that was on its way to the same input is given up.
   * @param {Role} role
   * @param {Blob} file
   * @param {string} name as the kernel writes it in the form
   * @param {boolean} recorded whether it was recorded here: the kernel names it and keeps it
   */
  async begin(role, file, name, recorded = false) {
    const upload = { role, name, file, size: file.size, offset: 0, number: 0, recorded };
    this.under.set(role, upload);
    this.recordings.delete(role);
    if (recorded) this.recordings.set(role, file);
    await this.send(upload);
  }

  /** @param {Upload} upload */
  async send(upload) {
    const { role, name, file, size, offset, recorded } = upload;
    this.draw(role, upload, "");
    try {
      // A piece at a time: a whole film would not fit into memory.
      const piece = await file.slice(offset, offset + PIECE).arrayBuffer();
      if (this.under.get(role) !== upload) return;
      upload.number = this.ask({ type: "upload", view: this.view, role, name, size, offset, recorded }, [piece]);
      if (!upload.number) this.end(upload);
    } catch {
      if (this.under.get(role) === upload) this.end(upload, `${name} cannot be read any more. Choose it again.`);
    }
  }

  /**
   * The kernel has heard all messages up to this number: the next pieces can go.
   * @param {number} number
   */
  async heard(number) {
    for (const upload of [...this.under.values()]) {
      if (!upload.number || number < upload.number) continue;
      upload.offset += PIECE;
      upload.number = 0;
      if (upload.offset < upload.size) await this.send(upload);
      else this.end(upload);
    }
  }

  /**
   * The kernel has a whole file, or refuses it: then nothing more of it is sent.
   * @param {{ view: string, role: Role, address: string }} answer
   * @returns a recording whose name is known now
   */
  kept({ view, role, address }) {
    if (view !== this.view) return null;
    const upload = this.under.get(role);
    if (upload && !address) this.end(upload);
    const recording = this.recordings.get(role) ?? null;
    this.recordings.delete(role);
    return recording;
  }

  // The kernel is gone.
  stop() {
    for (const upload of [...this.under.values()]) this.end(upload);
  }

  /**
   * @param {Upload} upload
   * @param {string} problem
   */
  end({ role }, problem = "") {
    this.under.delete(role);
    this.draw(role, null, problem);
  }
}

/** @returns a place for an upload's bar */
export function uploadBar() {
  return h("div", { class: "upload", hidden: true }, h("progress", { max: 1, value: 0 }), h("span", { class: "facts" }));
}

/**
 * @param {HTMLElement} box see {@link uploadBar}
 * @param {Upload | null} upload
 * @param {string} problem
 */
export function drawUpload(box, upload, problem) {
  const [bar, text] = /** @type {HTMLElement[]} */ ([...box.children]);
  box.hidden = !upload && !problem;
  bar.hidden = !upload;
  if (!upload) {
    put(text, problem);
    return;
  }
  const { name, offset, size } = upload;
  bar.setAttribute("aria-label", `Upload of ${name}`);
  bar.setAttribute("value", String(offset / (size || 1)));
  put(text, `${name}: ${megabytes(offset)} of ${megabytes(size)} MB are there`);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}
