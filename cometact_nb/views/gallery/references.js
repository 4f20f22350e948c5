// The performances that the clips follow, in step with them.

import { h, put } from "../base/dom.js";
import { press } from "./tile.js";

/**
 * @import { ReferenceVideo } from "../base/wire.d.ts"
 * @import { GalleryView } from "./view.js"
 */

const NOT_LOADED = "This video could not be loaded: its link may have ended, or the browser cannot play it.";
const NONE = "The performance cannot be shown here: its address is not one that a page may load.";

export class References {
  /** @param {GalleryView} view */
  constructor(view) {
    this.view = view;
    this.open = false;
    /** @type {HTMLVideoElement[]} */
    this.videos = [];
    this.node = h("div", { class: "references", role: "group", "aria-label": "Reference performance", hidden: true });
    const attributes = { type: "button", "aria-pressed": "false", onclick: () => this.toggle() };
    this.button = view.host.references ? h("button", attributes, "Reference") : null;
  }

  toggle() {
    this.open = !this.open;
    this.node.hidden = !this.open;
    if (this.button) press(this.button, this.open);
    if (this.open) this.view.host.references?.();
    else this.release();
    this.view.sizer.apply();
  }

  /**
   * The kernel's answer.
   * @param {ReferenceVideo[]} clips
   */
  show(clips) {
    if (!this.open) return;
    this.release();
    this.node.replaceChildren(...(clips.length ? clips.map((one) => this.tile(one)) : [h("p", { class: "fine" }, NONE)]));
    this.view.sizer.apply();
  }

  /** @param {ReferenceVideo} reference */
  tile({ url, label }) {
    const video = h("video", { playsinline: true, preload: "auto", "aria-label": `Reference ${label}`, tabindex: "-1" });
    const state = h("div", { class: "state", hidden: true });
    video.muted = true;
    video.addEventListener("loadeddata", () => this.add(video));
    video.addEventListener("error", () => {
      if (!video.hasAttribute("src")) return; // let go
      state.hidden = false;
      put(state, NOT_LOADED);
    });
    video.src = url;
    this.videos.push(video);
    const picture = h("div", { class: "picture" }, video, state);
    return h("figure", { class: "tile" }, picture, h("figcaption", { class: "caption" }, h("small", {}, "Reference"), ` ${label}`));
  }

  /** @param {HTMLVideoElement} video */
  add(video) {
    if (this.videos.includes(video) && !this.view.compare.open) this.view.lock.add(video, { duration: video.duration });
  }

  pause() {
    this.node.hidden = true;
    for (const video of this.videos) this.view.lock.remove(video);
  }

  resume() {
    this.node.hidden = !this.open;
    for (const video of this.videos) if (video.readyState > 1) this.add(video);
  }

  release() {
    for (const video of this.videos.splice(0)) {
      this.view.lock.remove(video);
      video.removeAttribute("src");
      video.load(); // lets go of its decoder
    }
    this.node.replaceChildren();
  }
}
