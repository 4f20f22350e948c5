// Files of the reader's machine on their way to the kernel, in pieces, each with a bar that says how far it came.

import { h, put } from "../base/dom.js";

/**
 * @import { PanelToKernel, Role } from "../base/wire.d.ts"
 * @typedef {{ role: Role, name: string, bytes: ArrayBuffer, size: number, offset: number, number: number }} Upload
 */

const PIECE = 1024 * 1024; // a Jupyter server takes no message of a page above 10 MiB, and does not say so
const MOST = 3_900_000; // 5 MB once encoded, the vendor's limit; of a larger file the kernel need only know the size

export class Uploads {
  /**
   * @param {(content: PanelToKernel, buffers: ArrayBuffer[]) => number} ask sends a message; its number, 0 if the kernel is gone
   * @param {(role: Role, upload: Upload | null) => void} draw shows how far an upload is; null: it is over
   */
  constructor(ask, draw) {
    this.ask = ask;
    this.draw = draw;
    /** @type {Map<Role, Upload>} */
    this.under = new Map();
  }

  /**
   * Begin; a file that was on its way to the same input is given up.
   * @param {Role} role
   * @param {Blob} file
   * @param {string} name as the kernel writes it in the form
   */
  async begin(role, file, name) {
    const { size } = file;
    const upload = { role, name, bytes: new ArrayBuffer(1), size, offset: 0, number: 0 };
    this.under.set(role, upload);
    if (size <= MOST) upload.bytes = await file.arrayBuffer();
    if (this.under.get(role) === upload) this.send(upload);
  }

  /** @param {Upload} upload */
  send(upload) {
    const { role, name, size, offset, bytes } = upload;
    this.draw(role, upload);
    upload.number = this.ask({ type: "upload", role, name, size, offset }, [bytes.slice(offset, offset + PIECE)]);
    if (!upload.number) this.end(upload);
  }

  /**
   * The kernel has heard all messages up to this number: the next piece can go.
   * @param {number} number
   */
  heard(number) {
    for (const upload of [...this.under.values()]) {
      if (!upload.number || number < upload.number) continue;
      upload.offset += PIECE;
      if (upload.offset < upload.bytes.byteLength) this.send(upload);
      else this.end(upload);
    }
  }

  // The kernel is gone.
  stop() {
    for (const upload of [...this.under.values()]) this.end(upload);
  }

  /** @param {Upload} upload */
  end({ role }) {
    this.under.delete(role);
    this.draw(role, null);
  }
}

/** @returns a place for an upload's bar */
export function uploadBar() {
  return h("div", { class: "upload", hidden: true }, h("progress", { max: 1, value: 0 }), h("span", { class: "facts" }));
}

/**
 * @param {HTMLElement} box see {@link uploadBar}
 * @param {Upload | null} upload
 */
export function drawUpload(box, upload) {
  box.hidden = !upload;
  if (!upload) return;
  const { name, offset, size } = upload;
  const [bar, text] = box.children;
  bar.setAttribute("aria-label", `Upload of ${name}`);
  bar.setAttribute("value", String(offset / (size || 1)));
  put(text, `${name}: ${megabytes(offset)} of ${megabytes(size)} MB are there`);
}

/** @param {number} bytes */
function megabytes(bytes) {
  return (bytes / 1e6).toFixed(1);
}
