// The readers' own files of a panel: an editor for each input, and the messages about them.

import { viewName } from "../base/kernel.js";
import { Editor } from "./own_file.js";

/**
 * @import { Buffer, PanelToKernel, PanelToPage, Role } from "../base/wire.d.ts"
 * @import { Stills } from "./footage.js"
 */

const PICTURES = 8; // of a clip that the browser cannot decode
/** @type {Role[]} */
const ROLES = ["character", "reference"];

export class OwnFiles {
  /**
   * @param {(content: PanelToKernel) => unknown} ask
   * @param {(address: string) => string} source a file's address for this page, or ""
   */
  constructor(ask, source) {
    this.ask = ask;
    this.view = viewName();
    /** @type {Map<string, (stills: Stills) => void>} */
    this.waiting = new Map();
    const doings = {
      source,
      prepare: (/** @type {Role} */ role, /** @type {string} */ address, /** @type {import("../base/wire.d.ts").Cut} */ cut) => {
        ask({ type: "prepare", role, address, ...cut });
      },
      choose: (/** @type {Role} */ role, /** @type {string} */ address, /** @type {import("../base/wire.d.ts").Cut} */ cut) => {
        ask({ type: "choose", role, address, ...cut });
      },
      stop: (/** @type {Role} */ role) => ask({ type: "stop", role }),
      reopen: (/** @type {Role} */ role) => ask({ type: "reopen", role }),
      frames: (/** @type {Role} */ role, /** @type {string} */ address, /** @type {"image" | "video"} */ kind) =>
        this.frames(role, address, kind === "video" ? PICTURES : 1),
    };
    this.editors = { character: new Editor("character", doings), reference: new Editor("reference", doings) };
  }

  /**
   * @param {Role} role
   * @param {string} address
   * @param {number} count
   * @returns {Promise<Stills>}
   */
  frames(role, address, count) {
    this.ask({ type: "frames", view: this.view, role, address, count });
    return new Promise((resolve) => this.waiting.set(address, resolve));
  }

  /**
   * A message from the kernel; true if it was about a file.
   * @param {PanelToPage} content
   * @param {Buffer[]} buffers
   */
  receive(content, buffers) {
    if (content.type === "own") for (const role of ROLES) this.editors[role].show(content.files.find((one) => one.role === role) ?? null);
    else if (content.type === "frames") {
      if (content.view === this.view) this.take(content.address, content.at, buffers);
    } else return false;
    return true;
  }

  /**
   * @param {string} address
   * @param {number[]} at
   * @param {Buffer[]} buffers
   */
  async take(address, at, buffers) {
    const resolve = this.waiting.get(address);
    this.waiting.delete(address);
    const pictures = await Promise.all(buffers.map(picture));
    const present = pictures.flatMap((one, index) => (one ? [{ one, at: at[index] }] : []));
    resolve?.({ at: present.map((each) => each.at), pictures: present.map((each) => each.one) });
  }

  /**
   * Whether a file of an input is edited here, so that it needs no other preview.
   * @param {Role} role
   */
  shows(role) {
    return !this.editors[role].root.hidden && !this.editors[role].stage.hidden;
  }

  /** The first editor with a part that was chosen and not prepared. */
  get pending() {
    return ROLES.map((role) => this.editors[role]).find((editor) => editor.isPending) ?? null;
  }

  // The kernel is gone.
  lose() {
    for (const role of ROLES) this.editors[role].lose();
  }

  dispose() {
    for (const role of ROLES) this.editors[role].dispose();
  }
}

/** @param {Buffer} bytes of a JPEG */
async function picture(bytes) {
  const image = new Image();
  const url = URL.createObjectURL(new Blob([bytes], { type: "image/jpeg" }));
  image.src = url;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  } finally {
    URL.revokeObjectURL(url);
  }
}
