// A reader's own file for one input: its picture, which part of it is kept, what preparing it changes, and how far that is.

import { h, put } from "../base/dom.js";
import { ANY, ASPECT, Crop } from "./crop.js";
import { CropFrame } from "./crop_frame.js";
import { drawTurned, Footage, keepPart } from "./footage.js";
import { Timeline } from "./timeline.js";
import { LONGEST, SHORTEST, Trim } from "./trim.js";

/**
 * @import { Cut, OwnFile, Role } from "../base/wire.d.ts"
 * @import { Stills } from "./footage.js"
 *
 * @typedef {object} Doings what the editor asks for
 * @property {(role: Role, address: string, cut: Cut) => void} prepare
 * @property {(role: Role, address: string, cut: Cut) => void} choose keeps what was chosen, for a page that comes later
 * @property {(role: Role) => void} stop
 * @property {(role: Role) => void} reopen
 * @property {(role: Role, address: string, kind: "image" | "video") => Promise<Stills>} frames
 * @property {(address: string) => string} source the file's address for this page, or ""
 */

const LARGEST = 420; // the picture's longest side, pixels
const QUIET_MS = 300; // what was chosen is kept when nothing was moved for this long
/** @type {Record<Role, [number, number]>} a character's clip has no limits */
const LIMITS = { character: [0.1, Number.POSITIVE_INFINITY], reference: [SHORTEST, LONGEST] };
/** @type {Record<string, string>} */
const HEADS = { new: "Preparing takes care of this:", preparing: "Preparing takes care of this:", prepared: "Prepared. This was changed:" };

export class Editor {
  /**
   * @param {Role} role
   * @param {Doings} doings
   */
  constructor(role, doings) {
    this.role = role;
    this.doings = doings;
    /** @type {OwnFile | null} */
    this.file = null;
    /** @type {Footage | null} */
    this.footage = null;
    /** @type {Trim | null} */
    this.trim = null;
    /** @type {Crop | null} */
    this.crop = null;
    this.turned = 0; // degrees clockwise
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.choosing = undefined;
    this.isLost = false;
    this.stageChanged = false;
    this.canvas = h("canvas", { role: "img", "aria-label": `Picture of your file for the ${role}`, width: 1, height: 1 });
    this.frame = new CropFrame(() => this.chosen());
    this.timeline = new Timeline((at) => this.moved(at));
    const small = (/** @type {string} */ text, /** @type {() => void} */ onclick) =>
      h("button", { type: "button", class: "small", onclick }, text);
    this.turn = small("Turn ↻", () => this.rotate());
    this.turn.setAttribute("aria-label", "Turn clockwise");
    this.play = small("Play the part", () => this.playing());
    this.whole = small("Start over", () => this.reset());
    this.prepare = h("button", { type: "button", onclick: () => this.ask() }, "Prepare");
    this.stop = small("Stop", () => this.doings.stop(this.role));
    this.again = small("Change it…", () => this.doings.reopen(this.role));
    this.bar = h("progress", { max: 1, value: 0, "aria-label": "Preparation" });
    this.statusLine = h("span", { class: "facts", role: "status" });
    this.title = h("div", { class: "facts" });
    this.list = h("ul", { class: "changes" });
    this.stage = h("div", { class: "stage" }, this.canvas, this.frame.root);
    const tools = h("div", { class: "row" }, this.turn, this.play, this.whole);
    const work = h("div", { class: "row" }, this.prepare, this.bar, this.stop, this.again, this.statusLine);
    const parts = [this.stage, this.timeline.root, this.frame.text, tools, this.title, this.list, work];
    this.root = h("div", { class: "own", role: "group", "aria-label": `Your file for the ${role}`, hidden: true }, ...parts);
  }

  /**
   * Show how a file stands; null: the input is no file of this machine.
   * @param {OwnFile | null} file
   */
  show(file) {
    if (file?.address !== this.file?.address || file?.kind !== this.file?.kind) this.begin(file);
    else if (file?.stage !== this.file?.stage) this.stageChanged = true;
    this.file = file;
    this.root.hidden = !file;
    if (!file) return;
    this.measure(file);
    this.draw(file);
    if (this.stageChanged) this.picture(this.trim?.start ?? 0); // cropped once it is prepared
    this.stageChanged = false;
  }

  /**
   * Let go of one file, and load the pictures of another.
   * @param {OwnFile | null} file
   */
  async begin(file) {
    this.dispose();
    this.trim = this.crop = null;
    this.turned = file?.cut?.turn ?? 0;
    this.frame.root.hidden = true;
    if (!file?.kind) return;
    const { address, kind } = file;
    const footage = new Footage(this.doings.source(address), kind, () => this.doings.frames(this.role, address, kind));
    this.footage = footage;
    const isSeen = await footage.load();
    if (footage.isOver) return;
    this.stage.hidden = !isSeen;
    footage.video?.addEventListener("timeupdate", () => this.played());
    if (this.file) {
      this.measure(this.file);
      this.draw(this.file);
    }
    await this.redraw();
  }

  /**
   * Offer the cut once the length or the size is known.
   * @param {OwnFile} file
   */
  measure({ kind, duration_s, width, height, cut }) {
    const duration = duration_s ?? this.footage?.duration;
    if (kind === "video" && !this.trim && duration) {
      this.trim = new Trim(duration, LIMITS[this.role]);
      if (cut) this.trim.take(cut);
      this.timeline.show(this.trim);
    }
    const size = width && height ? [width, height] : this.footage?.size;
    if (!this.crop && size) {
      const [across, down] = this.turned % 180 ? [size[1], size[0]] : size;
      this.crop = new Crop(across, down, kind === "image" ? ASPECT : ANY);
      if (cut) this.crop.take(cut.crop);
      this.frame.show(this.crop);
    }
  }

  /** @param {OwnFile} file */
  draw({ kind, stage, progress, changes, able }) {
    const isOpen = stage === "new" && able && !this.isLost;
    const focused = document.activeElement;
    this.root.dataset.stage = stage;
    this.timeline.root.hidden = kind !== "video" || !this.trim || stage === "prepared";
    this.frame.root.hidden = !this.crop || stage === "prepared";
    this.frame.text.hidden = !this.crop || stage === "prepared";
    this.timeline.disable(!isOpen);
    this.frame.disable(!isOpen);
    for (const button of [this.turn, this.whole, this.prepare]) {
      button.hidden = stage !== "new" || !able;
      button.disabled = !isOpen;
    }
    if (this.trim && !this.trim.isPossible) this.prepare.disabled = true;
    this.play.hidden = !this.footage?.plays;
    this.stop.hidden = this.bar.hidden = stage !== "preparing";
    this.stop.disabled = this.isLost;
    this.again.hidden = stage !== "prepared" || this.isLost;
    this.bar.value = progress;
    put(this.title, changes.length && able ? (HEADS[stage] ?? "") : "");
    const lines = JSON.stringify(changes);
    if (this.list.dataset.drawn !== lines) this.list.replaceChildren(...changes.map((one) => h("li", {}, one)));
    this.list.dataset.drawn = lines;
    put(this.statusLine, this.status(stage));
    this.settled();
    if (focused instanceof HTMLElement && focused.hidden && this.root.contains(focused))
      [this.stop, this.again, this.prepare].find((button) => !button.hidden)?.focus();
  }

  /** @param {string} stage */
  status(stage) {
    if (stage === "looking") return "Looking at it…";
    return stage === "preparing" ? "Preparing…" : "";
  }

  chosen() {
    this.settled();
    this.choose();
  }

  settled() {
    this.prepare.classList.toggle("yes", this.isPending);
    this.whole.disabled = !this.isTouched || this.isLost;
  }

  /** Whether the reader has changed something. */
  get isTouched() {
    const { trim, crop } = this;
    const first = trim?.fresh;
    const isCut = Boolean(first && trim && (trim.start !== first.start || trim.end !== first.end));
    return isCut || this.turned !== 0 || Boolean(crop && JSON.stringify(crop.box) !== JSON.stringify(crop.largest()));
  }

  /** Whether a part was chosen that is not what the file in the form holds. */
  get isPending() {
    const isCut = Boolean(this.trim?.isCut || this.crop?.isCut || this.turned);
    return Boolean(this.file?.able && (this.isBusy || (this.file.stage === "new" && isCut)));
  }

  get isBusy() {
    return this.file?.stage === "preparing";
  }

  /** Why a submission has to wait, in a sentence. */
  get why() {
    if (this.isBusy) return `Nothing was sent: your file for the ${this.role} is still being prepared.`;
    return `Nothing was sent: you chose a part of your file for the ${this.role} that is not prepared yet. Press Prepare, or Start over.`;
  }

  /** @returns {Cut} */
  get cut() {
    const turn = /** @type {Cut["turn"]} */ (this.turned || null);
    const trim = this.trim?.settings ?? { start_s: null, end_s: null };
    return { ...trim, crop: this.crop?.settings ?? null, turn };
  }

  // A page that is loaded again goes on with what was chosen here.
  choose() {
    clearTimeout(this.choosing);
    const { file } = this;
    if (file?.stage !== "new" || !file.able || this.isLost) return;
    this.choosing = setTimeout(() => {
      if (this.file === file || this.file?.address === file.address) this.doings.choose(this.role, file.address, this.cut);
    }, QUIET_MS);
  }

  ask() {
    clearTimeout(this.choosing);
    this.footage?.video?.pause();
    if (this.file) this.doings.prepare(this.role, this.file.address, this.cut);
  }

  rotate() {
    this.turned = (this.turned + 90) % 360;
    put(this.statusLine, this.turned ? `Turned by ${this.turned} degrees` : "Not turned");
    if (this.crop) {
      this.crop = this.crop.turned;
      this.frame.show(this.crop);
    }
    this.chosen();
    this.redraw();
  }

  reset() {
    if (this.turned) this.turned = 270; // a last turn stands it up again
    if (this.turned) this.rotate();
    if (this.trim) {
      this.trim = this.trim.fresh;
      this.timeline.show(this.trim);
    }
    this.crop?.reset();
    this.frame.draw();
    this.chosen();
    this.redraw();
    if (this.whole.disabled) this.prepare.focus();
  }

  async redraw() {
    const { footage, trim, turned } = this;
    if (!footage) return;
    await this.picture(trim?.start ?? 0);
    if (trim && footage === this.footage && turned === this.turned) await this.timeline.fill(footage, turned);
    if (footage === this.footage) await this.picture(trim?.start ?? 0); // the strip has left the video elsewhere
  }

  /** @param {number} at seconds */
  async picture(at) {
    // At its very end a clip has no picture any more.
    const moment = this.trim ? Math.min(at, Math.max(0, this.trim.duration - 0.05)) : at;
    const { footage } = this;
    const source = await footage?.frame(moment);
    if (!source || footage !== this.footage) return;
    drawTurned(this.canvas, source, this.turned, LARGEST);
    this.keep();
  }

  // Once it is prepared, the cropped part is shown alone.
  keep() {
    if (this.file?.stage === "prepared" && this.crop?.isCut) keepPart(this.canvas, this.crop.box);
  }

  /** @param {number} at seconds */
  moved(at) {
    this.footage?.video?.pause();
    this.chosen();
    this.picture(at);
  }

  // --- a look at the part --------------------------------------------------------------------------

  playing() {
    const { footage, trim } = this;
    const video = footage?.video;
    if (!video) return;
    if (!video.paused) {
      video.pause();
      return;
    }
    video.currentTime = trim?.start ?? 0;
    video.addEventListener("pause", () => this.paused(), { once: true });
    video.play().then(
      () => {
        put(this.play, "Pause");
        this.follow(video);
      },
      () => this.paused(),
    );
  }

  /** @param {HTMLVideoElement} video */
  follow(video) {
    if (video.paused || video !== this.footage?.video) return;
    drawTurned(this.canvas, video, this.turned, LARGEST);
    this.keep();
    this.timeline.play(video.currentTime);
    requestAnimationFrame(() => this.follow(video));
  }

  // No frame is drawn while the page is hidden, but the part ends all the same.
  played() {
    const video = this.footage?.video;
    if (video && this.trim && video.currentTime >= this.trim.end) video.pause();
  }

  paused() {
    put(this.play, "Play the part");
    this.timeline.play(null);
  }

  // The kernel is gone: the file can still be looked at.
  lose() {
    this.isLost = true;
    if (this.file) this.draw(this.file);
  }

  dispose() {
    clearTimeout(this.choosing);
    this.footage?.dispose();
    this.footage = null;
  }
}
