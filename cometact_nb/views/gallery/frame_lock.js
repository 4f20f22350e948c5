// Many videos in step. Each runs on its own clock, so every tenth of a second all are measured against the
// median of them: one that is a little off runs a little faster or slower until it is back, one that is far off
// is put right by a seek. At rest all show the same frame exactly: times are the middles of frames.

/**
 * @import { Clip } from "../base/wire.d.ts"
 * @typedef {object} Player
 * @property {number} duration seconds
 * @property {number} lead how far ahead of the others a seek aims, seconds: it takes about as long
 * @property {number} soughtAt when it was last put right, milliseconds
 */

const CHECK_MS = 100;
const CALM_S = 0.002; // closer than that is in step
const NUDGE = 0.12; // the largest change of speed, a share of it
const CATCH_UP_S = 0.3; // a nudge is meant to have done its work after so long
const FAR_S = 0.2; // beyond this a seek is quicker
const SEEK_AGAIN_MS = 600;

export class FrameLock {
  /** @param {() => void} tell is called whenever time or state has changed */
  constructor(tell) {
    this.tell = tell;
    /** @type {Map<HTMLVideoElement, Player>} */
    this.players = new Map();
    this.playing = false;
    this.frame = 0;
    this.rate = 1;
    this.loop = true;
    this.fps = 24;
    this.duration = 0;
    this.spread = 0; // seconds between the first and the last video, as last measured while they played
    this.turn = 0; // the number of the last command: what an older one still waits for is void
    this.isSeekDue = false; // a seek is to be done
    /** @type {Promise<void> | null} */
    this.seeking = null; // a seek that is under way
    this.checked = 0; // when the videos were last measured, milliseconds
    this.raf = 0;
  }

  get frames() {
    return Math.max(1, Math.round(this.duration * this.fps));
  }

  get time() {
    return (this.frame + 0.5) / this.fps;
  }

  /**
   * The longest clip and the fastest one set the scale; a frame of it is one step.
   * @param {Pick<Clip, "duration" | "fps">[]} clips
   */
  measure(clips) {
    const time = this.time;
    this.duration = Math.max(0, ...clips.map((clip) => clip.duration ?? 0));
    this.fps = Math.max(0, ...clips.map((clip) => clip.fps ?? 0)) || 24;
    this.frame = Math.min(this.frames - 1, Math.max(0, Math.floor(time * this.fps)));
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Pick<Clip, "duration">} clip
   */
  async add(video, { duration }) {
    const player = { duration: duration ?? Infinity, lead: 0.05, soughtAt: 0 };
    this.players.set(video, player);
    video.pause();
    await this.put(video, player, this.time);
    if (this.playing && this.players.has(video) && !this.over(video, player)) await this.start([video]);
  }

  /** @param {HTMLVideoElement} video */
  remove(video) {
    this.players.delete(video);
    video.pause();
  }

  /**
   * When its last frame begins to be shown, seconds: the middle of it.
   * @param {HTMLVideoElement} video
   * @param {Player} player
   */
  last(video, player) {
    const duration = Number.isFinite(video.duration) ? video.duration : player.duration;
    return Math.min(duration, this.duration || duration) - 0.5 / this.fps; // a performance may be longer than its clips
  }

  /**
   * Show a time; resolves when its picture is there. A shorter clip holds its last frame.
   * @param {HTMLVideoElement} video
   * @param {Player} player
   * @param {number} time
   * @returns {Promise<void>}
   */
  put(video, player, time) {
    const target = Math.max(0, Math.min(time, this.last(video, player)));
    return new Promise((resolve) => {
      const done = (/** @type {Event} */ { type }) => {
        if (type === "seeked" && video.seeking) return; // an earlier seek's
        for (const name of ["seeked", "error", "emptied"]) video.removeEventListener(name, done);
        resolve();
      };
      for (const name of ["seeked", "error", "emptied"]) video.addEventListener(name, done);
      video.currentTime = target;
    });
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Player} player
   */
  over(video, player, time = this.time) {
    return video.ended || time >= this.last(video, player);
  }

  /**
   * Whether a clip has ended before this frame.
   * @param {Pick<Clip, "duration">} clip
   */
  isPast({ duration }) {
    return Boolean(duration) && this.frame >= Math.round((duration ?? 0) * this.fps);
  }

  /** @param {HTMLVideoElement[]} videos */
  start(videos) {
    for (const video of videos) video.playbackRate = this.rate;
    return Promise.all(videos.map((video) => video.play().catch(() => {})));
  }

  async play() {
    if (this.playing) return;
    if (this.frame >= this.frames - 1) this.frame = 0;
    this.playing = true;
    await this.run();
  }

  // From this frame on: first every picture is there, then all start at once.
  async run() {
    const turn = ++this.turn;
    this.tell();
    for (const video of this.players.keys()) video.pause();
    await this.settle();
    if (turn !== this.turn) return;
    await this.start([...this.players].filter(([video, player]) => !this.over(video, player)).map(([video]) => video));
    if (turn === this.turn) this.watch();
  }

  settle() {
    return Promise.all([...this.players].map(([video, player]) => this.put(video, player, this.time)));
  }

  async pause() {
    if (!this.playing) return;
    this.playing = false;
    this.turn++;
    this.unwatch();
    for (const video of this.players.keys()) video.pause();
    await this.seek(this.frame);
  }

  /** @param {number} count of frames; negative ones go back */
  step(count) {
    this.pause();
    return this.seek(this.frame + count);
  }

  /**
   * While a seek is under way only the last one asked for is kept: a scrubber asks for many.
   * @param {number} frame
   */
  async seek(frame) {
    this.frame = Math.max(0, Math.min(this.frames - 1, Math.round(frame)));
    this.unwatch();
    this.tell();
    if (this.playing) {
      await this.run();
      return;
    }
    this.turn++;
    this.isSeekDue = true;
    this.seeking ??= this.follow();
    await this.seeking;
  }

  async follow() {
    while (this.isSeekDue) {
      this.isSeekDue = false;
      await this.settle();
    }
    this.seeking = null;
    this.tell();
  }

  /** @param {number} rate 1 is as it was filmed */
  setRate(rate) {
    this.rate = rate;
    for (const video of this.players.keys()) video.playbackRate = rate;
    this.tell();
  }

  watch() {
    this.unwatch();
    const look = (/** @type {number} */ at) => {
      this.raf = requestAnimationFrame(look);
      if (at - this.checked >= CHECK_MS) {
        this.checked = at;
        this.correct();
      }
      this.follows();
    };
    this.raf = requestAnimationFrame(look);
  }

  unwatch() {
    cancelAnimationFrame(this.raf);
  }

  running() {
    return [...this.players].filter(([video]) => !video.paused && !video.ended && !video.seeking && video.readyState > 2);
  }

  correct() {
    const running = this.running();
    if (!running.length) return;
    const times = running.map(([video]) => video.currentTime);
    const sorted = [...times].sort((a, b) => a - b);
    const median = sorted[sorted.length >> 1];
    this.spread = sorted[sorted.length - 1] - sorted[0];
    const now = performance.now();
    for (const [index, [video, player]] of running.entries()) {
      const off = times[index] - median;
      if (Math.abs(off) > FAR_S) this.catchUp(video, player, median, now);
      else video.playbackRate = this.rate * (Math.abs(off) < CALM_S ? 1 : 1 - this.nudge(off));
    }
  }

  /** @param {number} off seconds */
  nudge(off) {
    return Math.max(-NUDGE, Math.min(NUDGE, off / CATCH_UP_S / this.rate));
  }

  /**
   * @param {HTMLVideoElement} video
   * @param {Player} player
   * @param {number} median of all videos' times, seconds
   * @param {number} now milliseconds
   */
  async catchUp(video, player, median, now) {
    if (now - player.soughtAt < SEEK_AGAIN_MS) return;
    player.soughtAt = now;
    await this.put(video, player, median + player.lead * this.rate);
    player.lead = Math.min(0.5, (performance.now() - now) / 1000); // a seek takes about as long as the last one
  }

  // The place of the videos decides the frame; at the end they start again or rest.
  follows() {
    const times = this.running().map(([video]) => video.currentTime);
    const ended = [...this.players].every(([video, player]) => video.ended || this.over(video, player, video.currentTime));
    if (times.length) {
      times.sort((a, b) => a - b);
      this.frame = Math.min(this.frames - 1, Math.floor(times[times.length >> 1] * this.fps));
    }
    if (this.players.size && ended) this.finish();
    else this.tell();
  }

  finish() {
    this.unwatch();
    if (this.loop) {
      this.frame = 0;
      this.run();
    } else {
      this.playing = false;
      this.turn++;
      for (const video of this.players.keys()) video.pause(); // half a frame before its end it still plays
      this.seek(this.frames - 1);
    }
  }

  dispose() {
    this.unwatch();
    this.turn++;
    this.playing = false;
    this.players.clear();
  }
}
