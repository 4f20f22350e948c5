// One of the two clips of a pair.

import { h, put } from "../base/dom.js";
import { endedMark } from "../gallery/tile.js";

/**
 * @import { PairClip } from "../base/wire.d.ts"
 * @import { FrameLock } from "../gallery/frame_lock.js"
 * @import { Delivery } from "../gallery/delivery.js"
 * @typedef {{ lock: FrameLock, delivery: Delivery, leaveOut: (side: "first" | "second") => void }} Owner
 */

export class Side {
  /**
   * @param {Owner} owner
   * @param {"first" | "second"} name
   * @param {string} label
   */
  constructor(owner, name, label) {
    this.owner = owner;
    this.video = h("video", { playsinline: true, preload: "auto", "aria-label": label, tabindex: "-1" });
    this.video.muted = true;
    this.ended = endedMark();
    this.problem = h("span");
    const without = h("button", { type: "button", onclick: () => owner.leaveOut(name) }, "Go on without this clip");
    this.state = h("div", { class: "state", hidden: true }, this.problem, without);
    this.node = h("div", { class: "picture", role: "group", "aria-label": label }, this.video, this.state, this.ended);
    this.isReady = false;
    /** @type {PairClip | null} */
    this.current = null;
    /** @type {Promise<string> | null} */
    this.url = null;
  }

  /**
   * Load a clip; resolves once its first picture is there, or cannot be.
   * @param {PairClip} pair
   */
  async show(pair) {
    this.clear();
    this.current = pair;
    this.url = this.owner.delivery.clip(pair.index, true);
    try {
      const url = await this.url;
      if (this.current !== pair) return;
      await this.load(url);
      if (this.current !== pair) return;
      await this.owner.lock.add(this.video, pair.clip ?? { duration: this.video.duration });
      this.isReady = this.current === pair;
    } catch (error) {
      if (this.current !== pair) return;
      put(this.problem, error instanceof Error ? error.message : String(error));
      this.state.hidden = false;
    }
  }

  /**
   * @param {string} url
   * @returns {Promise<void>}
   */
  load(url) {
    return new Promise((resolve, reject) => {
      this.video.addEventListener("loadeddata", () => resolve(), { once: true });
      this.video.addEventListener("error", () => reject(new Error("The browser cannot play this clip.")), { once: true });
      this.video.src = url;
    });
  }

  markEnded() {
    const clip = this.current?.clip;
    this.ended.hidden = !this.isReady || !clip || !this.owner.lock.isPast(clip);
  }

  clear() {
    const { current, url, video } = this;
    this.current = null;
    this.isReady = false;
    this.state.hidden = true;
    this.owner.lock.remove(video);
    if (current && url) this.owner.delivery.free(current.index, url);
    this.url = null;
    if (video.hasAttribute("src")) {
      video.removeAttribute("src");
      video.load(); // lets go of its decoder
    }
  }
}

/**
 * Load the two clips of a pair; resolves once both are there, or cannot be. First both sides let go of what they show:
 * the clip that comes to one may be the clip that leaves the other.
 * @param {Side[]} sides
 * @param {PairClip[]} clips
 */
export function showPair(sides, clips) {
  for (const side of sides) side.clear();
  return Promise.all(sides.map((side, place) => side.show(clips[place])));
}
