// Clips as bytes: asked for in pieces, one by one and no faster than a server lets through. A server drops
// messages above its rate limit (jupyter_server: 1 MB/s over 3 s), and a message that is too large.

const PIECE = 512 * 1024;
const RATE = 0.93e6; // bytes a second
const BURST = 2.5e6;
const SILENT_MS = 5000; // a piece that has not come by then is asked for again: it may have been dropped

// All views of a page share its connection, so they share its rate.
const pace = (globalThis[Symbol.for("cometact-pace")] ??= { left: BURST, at: performance.now() });

function pause() {
  const now = performance.now();
  pace.left = Math.min(BURST, pace.left + ((now - pace.at) / 1000) * RATE) - PIECE;
  pace.at = now;
  return pace.left >= 0 ? 0 : (-pace.left / RATE) * 1000;
}

export class Pieces {
  // `send(content)` hands a message to the kernel.
  constructor(send) {
    this.send = send;
    this.view = Math.random().toString(36).slice(2); // whose request an answer belongs to
    this.queue = [];
    this.current = null;
  }

  // A file as {blob, name}. `what` names it to the kernel, such as {index: 3}. The last `urgent` one comes first.
  get(what, urgent = false) {
    return new Promise((resolve, reject) => {
      const job = { what, key: JSON.stringify(what), resolve, reject, pieces: [], have: 0 };
      if (urgent) this.queue.unshift(job);
      else this.queue.push(job);
      this.next();
    });
  }

  // Ask no more for a file that nobody has seen the end of.
  drop(what) {
    const key = JSON.stringify(what);
    this.queue = this.queue.filter((job) => job.key !== key);
    if (this.current?.key === key) this.end();
  }

  next() {
    if (this.current || !this.queue.length) return;
    this.current = this.queue.shift();
    this.ask();
  }

  ask(tries = 0) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.send({ type: "clip", view: this.view, ...this.current.what, offset: this.current.have, size: PIECE });
      this.timer = setTimeout(() => this.ask(Math.min(tries + 1, 4)), SILENT_MS * 2 ** tries);
    }, pause());
  }

  end() {
    clearTimeout(this.timer);
    this.current = null;
    this.next();
  }

  // A message from the kernel; true if it was a piece.
  receive(content, buffers) {
    if (content.type !== "clip") return false;
    const job = this.current;
    if (content.view !== this.view || !job || content.offset !== job.have) return true;
    if (Object.entries(job.what).some(([name, value]) => content[name] !== value)) return true;
    if (content.error) {
      job.reject(new Error(content.error));
      this.end();
      return true;
    }
    job.pieces.push(buffers[0]);
    pace.left += PIECE - buffers[0].byteLength; // what the last piece was short of
    job.have += buffers[0].byteLength;
    if (job.have < content.total) return (this.ask(), true);
    job.resolve({ blob: new Blob(job.pieces, { type: content.mime }), name: content.name });
    this.end();
    return true;
  }

  dispose() {
    clearTimeout(this.timer);
    this.queue = [];
    this.current = null;
  }
}
