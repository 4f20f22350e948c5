// Records a reference from the reader's camera: countdown, recording, a look at it, and it is used or taken again.

import { h, paying, put } from "../base/dom.js";
import { cameraOf, cause, clock, ending, format, STOPPABLE, whyNot } from "./camera.js";
import { LONGEST, seconds } from "./trim.js";

/**
 * @typedef {"off" | "asking" | "live" | "counting" | "recording" | "review"} Stage
 * @typedef {{ file: File, length: number }} Take `length` in seconds
 */

const COUNT = 3; // seconds before a recording begins
const TICK_MS = 100;
const BITS = { videoBitsPerSecond: 6_000_000, audioBitsPerSecond: 128_000 }; // a browser's own 2.5 Mbit/s blur a face
/** @type {Record<Stage, string>} what the first button does */
const MAIN = {
  off: "",
  asking: "Waiting for the camera…",
  live: "Start recording",
  counting: "Starting…",
  recording: "Stop",
  review: "Use this recording",
};

export class Recorder {
  /** @param {(take: Take) => void} use is called with a recording that the reader wants */
  constructor(use) {
    this.use = use;
    /** @type {Stage} */
    this.stage = "off";
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {MediaRecorder | null} */
    this.recorder = null;
    /** @type {Take | null} */
    this.take = null;
    /** @type {ReturnType<typeof setInterval> | undefined} */
    this.timer = undefined;
    this.elapsed = 0; // seconds
    this.opened = 0; // counts the times that the camera was asked for: an answer may come too late
    this.button = h("button", { type: "button", class: "small", "aria-expanded": "false", onclick: () => this.toggle() }, "Record…");
    this.video = h("video", { playsinline: true });
    this.count = h("div", { class: "count", "aria-hidden": "true" });
    this.main = h("button", { type: "button", ...paying(() => this.act()) });
    this.again = h("button", { type: "button", class: "small", onclick: () => this.open() }, "Record again");
    this.close = h("button", { type: "button", class: "small", onclick: () => this.shut() }, "Close");
    this.sound = h("input", { type: "checkbox", checked: true });
    this.sound.checked = true;
    this.withSound = h("label", { class: "inline" }, this.sound, "With sound");
    this.statusLine = h("div", { class: "facts", role: "status" });
    const frame = h("div", { class: "frame-of-camera" }, this.video, this.count);
    const row = h("div", { class: "row" }, this.main, this.again, this.close, this.withSound);
    this.box = h("div", { class: "recorder", role: "group", "aria-label": "Record a reference", hidden: true }, frame, row);
    this.root = h("div", {}, this.box, this.statusLine);
  }

  toggle() {
    if (this.stage === "off") this.open();
    else this.shut();
  }

  /** Ask for the camera, and show what it sees. */
  async open() {
    this.end();
    const why = whyNot(window);
    if (why) {
      this.shut(why);
      return;
    }
    const mine = ++this.opened;
    this.set("asking");
    try {
      const stream = await cameraOf((constraints) => navigator.mediaDevices.getUserMedia(constraints));
      if (mine !== this.opened)
        release(stream); // it was closed meanwhile
      else this.live(stream);
    } catch (error) {
      if (mine === this.opened) this.shut(cause(error));
    }
  }

  /** @param {MediaStream} stream */
  live(stream) {
    this.stream = stream;
    for (const track of stream.getVideoTracks()) track.addEventListener("ended", () => this.lost(stream));
    this.video.removeAttribute("src");
    this.video.controls = false;
    this.video.muted = true;
    this.video.srcObject = stream;
    this.video.play().catch(() => {}); // the recording does not need the picture here
    this.set("live");
  }

  /**
   * The camera was unplugged, or taken back by the reader.
   * @param {MediaStream} stream
   */
  lost(stream) {
    if (stream !== this.stream) return;
    if (this.stage === "recording" && this.elapsed >= STOPPABLE) this.recorder?.stop();
    else this.shut("The camera went away. Connect it again, or choose a file.");
  }

  act() {
    if (this.stage === "live") this.countdown();
    else if (this.stage === "recording" && this.elapsed >= STOPPABLE) this.recorder?.stop();
    else if (this.stage === "review" && this.take) {
      this.use(this.take);
      this.shut();
    }
  }

  countdown() {
    let left = COUNT;
    const tell = () => {
      put(this.count, String(left));
      put(this.statusLine, `Recording starts in ${left}`);
    };
    this.set("counting");
    tell();
    this.timer = setInterval(() => {
      left -= 1;
      if (left) tell();
      else this.record();
    }, 1000);
  }

  record() {
    clearInterval(this.timer);
    const { stream } = this;
    if (!stream) return;
    const tracks = this.sound.checked ? stream.getTracks() : stream.getVideoTracks();
    const mimeType = format((one) => MediaRecorder.isTypeSupported(one));
    try {
      const recorder = new MediaRecorder(new MediaStream(tracks), { ...BITS, ...(mimeType ? { mimeType } : {}) });
      this.recorder = recorder;
      this.watch(recorder);
      recorder.start(); // without a time slice, so that browsers write the length
    } catch (error) {
      this.shut(cause(error));
    }
  }

  /** @param {MediaRecorder} recorder */
  watch(recorder) {
    /** @type {Blob[]} */
    const parts = [];
    let began = 0;
    recorder.addEventListener("start", () => {
      if (recorder !== this.recorder) return;
      began = performance.now();
      this.set("recording");
      this.timer = setInterval(() => {
        this.elapsed = (performance.now() - began) / 1000;
        if (this.elapsed >= LONGEST) recorder.stop();
        else this.tick();
      }, TICK_MS);
    });
    recorder.addEventListener("dataavailable", ({ data }) => data.size && parts.push(data));
    recorder.addEventListener("error", () => recorder === this.recorder && this.shut(cause(null)));
    recorder.addEventListener("stop", () => {
      if (recorder !== this.recorder) return; // it was given up
      this.elapsed = (performance.now() - began) / 1000;
      this.review(new Blob(parts, { type: recorder.mimeType }));
    });
  }

  tick() {
    put(this.count, clock(this.elapsed));
    this.lock();
  }

  /** @param {Blob} blob */
  review(blob) {
    const length = Math.min(this.elapsed, LONGEST);
    this.end();
    const file = new File([blob], `recording.${ending(blob.type)}`, { type: blob.type });
    this.take = { file, length };
    this.video.srcObject = null;
    this.video.src = URL.createObjectURL(blob);
    this.video.controls = true;
    this.video.muted = false;
    this.set("review");
    put(this.statusLine, `Recorded ${seconds(length)} s. The camera is off.`);
  }

  /**
   * Close, with the camera off.
   * @param {string} why what went wrong
   */
  shut(why = "") {
    this.end();
    this.opened += 1;
    this.set("off");
    put(this.statusLine, why);
    this.statusLine.classList.toggle("warning", Boolean(why));
  }

  // Stop what is under way; the camera's light goes off, and a recording that was not used is given up.
  end() {
    clearInterval(this.timer);
    const { recorder, stream } = this;
    this.recorder = null;
    this.stream = null;
    this.take = null;
    this.elapsed = 0;
    if (recorder && recorder.state !== "inactive") recorder.stop();
    if (stream) release(stream);
    this.video.srcObject = null;
    if (this.video.src) URL.revokeObjectURL(this.video.src);
    this.video.removeAttribute("src");
  }

  /** @param {Stage} stage */
  set(stage) {
    const had = this.box.contains(document.activeElement);
    this.stage = stage;
    this.box.hidden = stage === "off";
    this.box.dataset.stage = stage;
    this.button.setAttribute("aria-expanded", String(stage !== "off"));
    put(this.main, MAIN[stage]);
    this.main.classList.toggle("yes", stage === "live" || stage === "review");
    this.again.hidden = stage !== "review";
    put(this.close, stage === "review" || stage === "recording" ? "Discard" : "Close");
    this.withSound.hidden = stage !== "live" || !this.stream?.getAudioTracks().length;
    put(this.count, stage === "recording" ? clock(0) : "");
    put(
      this.statusLine,
      { asking: "Allow the camera in the browser's question.", live: this.hint(), recording: "Recording." }[String(stage)] ?? "",
    );
    this.statusLine.classList.remove("warning");
    this.lock();
    if (had && stage === "off") this.button.focus();
  }

  hint() {
    const silent = this.stream?.getAudioTracks().length ? "" : " There is no microphone: it will have no sound.";
    return `You see yourself as in a mirror; the file is not mirrored.${silent}`;
  }

  lock() {
    const isEarly = this.stage === "recording" && this.elapsed < STOPPABLE;
    this.main.setAttribute("aria-disabled", String(isEarly || this.stage === "asking" || this.stage === "counting"));
  }

  // The kernel is gone: a recording can still be saved.
  lose() {
    if (this.stage !== "review" || !this.take) {
      this.shut();
      return;
    }
    this.main.replaceWith(h("a", { href: this.video.src, download: this.take.file.name }, "Save this recording"));
    this.again.remove();
  }

  dispose() {
    this.shut();
  }
}

/** @param {MediaStream} stream */
function release(stream) {
  for (const track of stream.getTracks()) track.stop();
}
