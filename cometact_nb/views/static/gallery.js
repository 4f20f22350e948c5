// The gallery in a notebook: clips and ratings go as messages, only the choice of axes is widget state.

const BUSY_MS = 1500; // a kernel that has not answered by then is busy

class Kernel {
  constructor(model) {
    this.model = model;
    this.title = model.get("title");
    this.axes = model.get("axes");
    this.number = 0;
    this.pieces = new Pieces((content) => this.send(content));
    this.posters = new Set();
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
    } catch {
      this.view?.say("The kernel is gone. Run the cell again in a new one; ratings that were kept are there.");
    }
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

  rate(index, change) {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.view.say("The kernel is busy. Your rating is kept when it is free."), BUSY_MS);
    this.send({ type: "rate", number: ++this.number, index, ...change });
  }

  message(content, buffers) {
    if (this.pieces.receive(content, buffers)) return;
    if (content.type === "cells") this.view.setCells(content.cells);
    if (content.type === "rated" && content.number === this.number) {
      clearTimeout(this.waiting);
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
