// The gallery in a notebook: clips and ratings go as messages, only the choice of axes is widget state.

import { subscribe } from "../base/dom.js";
import { goneNote } from "../base/gone.js";
import { Mailbox } from "../base/kernel.js";
import { Delivery } from "./delivery.js";
import { GalleryView } from "./view.js";

/**
 * @import { Buffer, GalleryState, GalleryToKernel, GalleryToPage, Layout, Model, Rating, RatingChange, Rendering, Round } from "../base/wire.d.ts"
 * @import { Host } from "./host.d.ts"
 */

const BUSY = "The kernel is busy and has not kept your rating yet. It does when it is free, unless it is restarted.";
const PATIENCE_MS = 1500;

/** @implements {Host} */
class Kernel {
  /**
   * @param {Model<GalleryState, GalleryToPage, GalleryToKernel>} model
   * @param {() => GalleryView} view
   */
  constructor(model, view) {
    this.model = model;
    this.title = model.get("title");
    this.axes = model.get("axes");
    /** @type {Mailbox<GalleryToKernel>} */
    this.mail = new Mailbox(model, {
      say: (text) => view().say(text),
      lost: () => this.lose(),
      busy: () => BUSY,
      patience: PATIENCE_MS,
      probe: { type: "still there" },
    });
    this.view = view;
    /** @type {Map<string, [number, Round, Rating]>} */
    this.unanswered = new Map(); // cells, and their rating before in a round
    this.delivery = new Delivery((content) => this.mail.send(content));
  }

  get choice() {
    return this.model.get("choice");
  }

  /** @param {Layout} choice */
  save(choice) {
    this.model.set("choice", choice);
    this.model.save_changes();
  }

  /**
   * @param {number} index
   * @param {boolean} urgent
   */
  clip(index, urgent) {
    return this.delivery.clip(index, urgent);
  }

  /** @param {number} index */
  poster(index) {
    return this.delivery.poster(index);
  }

  /**
   * @param {number} index
   * @param {Promise<string>} url
   */
  free(index, url) {
    this.delivery.free(index, url);
  }

  references() {
    this.mail.send({ type: "references" });
  }

  /**
   * @param {number} index
   * @param {RatingChange & Round} change
   * @param {Rating} before
   */
  rate(index, change, before) {
    const { round, rater } = change;
    const key = JSON.stringify([index, round, rater]);
    if (!this.unanswered.has(key)) this.unanswered.set(key, [index, { round, rater }, before]);
    this.mail.ask({ type: "rate", index, ...change });
  }

  /**
   * The kernel's answer to a rating; true if it was the last one.
   * @param {number} number
   */
  rated(number) {
    if (!this.mail.heard(number)) return false;
    this.unanswered.clear();
    return true;
  }

  // Nobody will keep what was not answered: it is taken back where it was shown, and none is taken any more.
  lose() {
    const lost = [...this.unanswered.values()];
    const view = this.view();
    this.unanswered.clear();
    for (const [index, round, rating] of lost) view.setRating(index, round, rating);
    this.delivery.pieces.stop("The kernel has ended before this clip was here.");
    const line = `${this.title.again}.gallery()`;
    view.lose(goneNote(line, "takes ratings, and has those that were kept", lost.length ? "Your rating was not kept." : ""));
  }

  dispose() {
    this.mail.dispose();
    this.delivery.dispose();
  }
}

/**
 * @param {Kernel} kernel
 * @param {GalleryView} view
 * @param {GalleryToPage} content
 * @param {Buffer[]} buffers
 */
function receive(kernel, view, content, buffers) {
  if (content.type === "cells") view.setCells(content.cells);
  else if (content.type === "references") view.references.show(content.videos);
  else if (content.type === "clip") kernel.delivery.pieces.receive(content, buffers);
  else if (kernel.rated(content.number)) view.say(content.problem);
}

export default {
  /** @param {Rendering<GalleryState, GalleryToPage, GalleryToKernel>} context */
  render({ model, el }) {
    const kernel = new Kernel(model, () => view);
    const view = new GalleryView(el, kernel);
    const unsubscribe = subscribe(model, {
      "msg:custom": (content, buffers) => receive(kernel, view, content, buffers ?? []),
      "change:choice": () => view.follow(model.get("choice")),
    });
    kernel.mail.send({ type: "hello" });
    return () => {
      unsubscribe();
      view.dispose();
      kernel.dispose();
    };
  },
};
