// The gallery in a notebook: clips and ratings go as messages, only the choice of axes is widget state.

import { subscribe } from "../base/dom.js";
import { Pieces } from "../base/pieces.js";
import { GalleryView } from "./view.js";

const BUSY_MS = 1500; // a kernel that has not answered by then is busy
const ASK_MOST_MS = 60_000; // and is asked whether it is still there, after twice the time each
const GONE = "The kernel is gone. Run the cell again in a new one; ratings that were kept are there.";

class Kernel {
  constructor(model) {
    this.model = model;
    this.title = model.get("title");
    this.axes = model.get("axes");
    this.number = 0;
    this.pieces = new Pieces((content) => this.send(content));
    this.posters = new Set();
    this.unanswered = new Map(); // cells, and their rating before
  }

  get choice() {
    return this.model.get("choice");
  }

  save(choice) {
    this.model.set("choice", choice);
    this.model.save_changes();
  }

  send(content) {
    try {
      this.model.send(content);
      return true;
    } catch {
      this.lose();
      return false;
    }
  }

  // Nobody will keep what was not answered: it is taken back where it was shown.
  lose() {
    clearTimeout(this.waiting);
    const lost = [...this.unanswered];
    this.unanswered.clear();
    for (const [index, rating] of lost) this.view.takeBack(index, rating);
    this.view?.say(lost.length ? `Your rating was not kept. ${GONE}` : GONE);
  }

  async clip(index, urgent) {
    const { blob } = await this.pieces.get({ file: "clip", index }, urgent);
    return URL.createObjectURL(blob);
  }

  async poster(index) {
    const { blob } = await this.pieces.get({ file: "poster", index }, true);
    const url = URL.createObjectURL(blob);
    this.posters.add(url);
    return url;
  }

  free(index, promise) {
    this.pieces.drop({ file: "clip", index });
    promise.then(URL.revokeObjectURL, () => {});
  }

  rate(index, change, before) {
    if (!this.unanswered.has(index)) this.unanswered.set(index, before);
    if (this.send({ type: "rate", number: ++this.number, index, ...change })) this.wait(BUSY_MS);
  }

  wait(ms) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => {
      if (!this.send({ type: "still there" })) return;
      this.view.say("The kernel is busy and has not kept your rating yet. It does when it is free, unless it is restarted.");
      this.wait(Math.min(2 * ms, ASK_MOST_MS));
    }, ms);
  }

  message(content, buffers) {
    if (this.pieces.receive(content, buffers)) return;
    if (content.type === "cells") this.view.setCells(content.cells);
    if (content.type === "rated" && content.number === this.number) {
      clearTimeout(this.waiting);
      this.unanswered.clear();
      this.view.say(content.problem);
    }
  }

  dispose() {
    clearTimeout(this.waiting);
    this.pieces.dispose();
    for (const url of this.posters) URL.revokeObjectURL(url);
  }
}

export default {
  render({ model, el }) {
    const kernel = new Kernel(model);
    const view = (kernel.view = new GalleryView(el, kernel));
    const unsubscribe = subscribe(model, {
      "msg:custom": (content, buffers) => kernel.message(content, buffers ?? []),
      "change:choice": () => view.follow(model.get("choice")),
    });
    kernel.send({ type: "hello" });
    return () => {
      unsubscribe();
      view.dispose();
      kernel.dispose();
    };
  },
};
