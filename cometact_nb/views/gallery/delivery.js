// Clips and posters that a kernel sends in pieces, as addresses for a page.

import { Pieces } from "../base/pieces.js";

/** @import { PieceAsked } from "../base/wire.d.ts" */

export class Delivery {
  /** @param {(content: PieceAsked) => unknown} send hands a message to the kernel */
  constructor(send) {
    this.pieces = new Pieces(send);
    /** @type {Set<string>} */
    this.posters = new Set();
  }

  /**
   * Promises the address of a cell's clip.
   * @param {number} index
   */
  async clip(index, urgent = false) {
    const { blob } = await this.pieces.get({ file: "clip", index }, urgent);
    return URL.createObjectURL(blob);
  }

  /**
   * Promises the address of a cell's poster.
   * @param {number} index
   */
  async poster(index) {
    const { blob } = await this.pieces.get({ file: "poster", index }, true);
    const url = URL.createObjectURL(blob);
    this.posters.add(url);
    return url;
  }

  /**
   * Lets go of a clip's address.
   * @param {number} index
   * @param {Promise<string>} url
   */
  free(index, url) {
    this.pieces.drop({ file: "clip", index });
    url.then(URL.revokeObjectURL, () => {});
  }

  dispose() {
    this.pieces.dispose();
    for (const url of this.posters) URL.revokeObjectURL(url);
  }
}
