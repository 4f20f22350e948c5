import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { FrameLock } from "../../cometact_nb/views/gallery/frame_lock.js";
import { Clock } from "./clock.js";

const FPS = 24;
const SEEK_MS = 30;
let clock;
let lock;

// A video as a browser plays it: on a clock of its own, which may run a little fast or slow.
class Video extends EventTarget {
  constructor(duration, drift = 1) {
    super();
    Object.assign(this, { duration, drift, paused: true, seeking: false, readyState: 4, from: 0, since: 0, rate: 1, seeks: 0 });
  }

  get currentTime() {
    const played = this.paused || this.seeking ? 0 : ((clock.now - this.since) / 1000) * this.rate * this.drift;
    return Math.min(this.duration, this.from + played);
  }

  set currentTime(time) {
    this.from = time;
    this.since = clock.now;
    this.seeking = true;
    const seek = ++this.seeks;
    clock.add(() => {
      if (seek !== this.seeks) return;
      this.seeking = false;
      this.since = clock.now;
      this.dispatchEvent(new Event("seeked"));
    }, SEEK_MS);
  }

  get playbackRate() {
    return this.rate;
  }

  set playbackRate(rate) {
    this.hold();
    this.rate = rate;
  }

  get ended() {
    return this.currentTime >= this.duration;
  }

  hold() {
    this.from = this.currentTime;
    this.since = clock.now;
  }

  async play() {
    this.hold();
    this.paused = false;
  }

  pause() {
    this.hold();
    this.paused = true;
  }
}

beforeEach(() => {
  clock = new Clock();
  lock = new FrameLock(() => {});
});
afterEach(() => {
  lock.dispose();
  clock.restore();
});

async function show(...videos) {
  const clips = videos.map(({ duration }) => ({ duration, fps: FPS }));
  lock.measure(clips);
  for (const [at, video] of videos.entries()) lock.add(video, clips[at]);
  await clock.pass(100);
  return videos;
}

const frameOf = (video) => Math.floor(video.currentTime * FPS);

test("at rest every video shows the middle of the same frame", async () => {
  const videos = await show(new Video(4), new Video(4, 1.01));
  lock.seek(30);
  await clock.pass(100);
  for (const video of videos) assert.equal(video.currentTime, 30.5 / FPS);
  lock.step(-1);
  await clock.pass(100);
  assert.deepEqual(videos.map(frameOf), [29, 29]);
});

test("a shorter clip holds its last frame, and is known to have ended", async () => {
  const [, short] = await show(new Video(4), new Video(2));
  lock.seek(80);
  await clock.pass(100);
  assert.equal(frameOf(short), 47);
  assert.equal(lock.isPast({ duration: 2 }), true);
  assert.equal(lock.isPast({ duration: 4 }), false);
  assert.equal(lock.isPast({ duration: null }), false);
});

test("of many seeks that are asked for while one is under way only the last is done", async () => {
  const [video] = await show(new Video(4));
  const before = video.seeks;
  for (let frame = 1; frame <= 50; frame++) lock.seek(frame);
  await clock.pass(500);
  assert.equal(frameOf(video), 50);
  assert.equal(video.seeks - before, 2);
});

test("a frame before the first or behind the last is the first or the last", async () => {
  await show(new Video(4));
  lock.seek(-5);
  assert.equal(lock.frame, 0);
  lock.seek(1000);
  assert.equal(lock.frame, 4 * FPS - 1);
});

test("videos whose clocks run apart are kept within half a frame of each other", async () => {
  const videos = await show(new Video(20, 0.98), new Video(20), new Video(20, 1.02));
  lock.play();
  await clock.pass(15_000);
  const times = videos.map((video) => video.currentTime);
  const apart = Math.max(...times) - Math.min(...times);
  assert.ok(apart < 0.5 / FPS, `${apart} s apart`);
  assert.ok(Math.min(...times) > 14);
});

test("a video that is far off is put right by a seek, the others are left alone", async () => {
  const videos = await show(new Video(20), new Video(20), new Video(20));
  lock.play();
  await clock.pass(1000);
  const seeks = videos.map((video) => video.seeks);
  videos[2].hold();
  videos[2].from -= 1; // it stalled for a second
  await clock.pass(1500);
  assert.deepEqual(
    videos.map((video, at) => video.seeks - seeks[at]),
    [0, 0, 1],
  );
  assert.ok(Math.abs(videos[2].currentTime - videos[0].currentTime) < 1 / FPS);
});

test("at the end it begins anew when it loops", async () => {
  const [video] = await show(new Video(2));
  lock.play();
  await clock.pass(2500);
  assert.equal(lock.playing, true);
  assert.ok(video.currentTime < 1, `at ${video.currentTime} s`);
});

test("at the end it rests on the last frame when it does not loop, and plays from the start again", async () => {
  const [video] = await show(new Video(2));
  lock.loop = false;
  lock.play();
  await clock.pass(3000);
  assert.equal(lock.playing, false);
  assert.equal(frameOf(video), 2 * FPS - 1);
  lock.play();
  await clock.pass(500);
  assert.ok(video.currentTime < 1);
});

test("a video that comes while the others play begins where they are", async () => {
  const [first] = await show(new Video(20));
  lock.play();
  await clock.pass(3000);
  const late = new Video(20);
  lock.add(late, { duration: 20 });
  await clock.pass(2000);
  assert.equal(late.paused, false);
  assert.ok(Math.abs(first.currentTime - late.currentTime) < 0.5 / FPS);
});

test("a pause stops all of them on one frame", async () => {
  const videos = await show(new Video(20, 0.98), new Video(20, 1.02));
  lock.play();
  await clock.pass(2000);
  lock.pause();
  await clock.pass(100);
  assert.ok(videos.every(({ paused }) => paused));
  assert.equal(videos[0].currentTime, videos[1].currentTime);
});

test("a faster clip among them makes finer frames and keeps the time", () => {
  lock.measure([{ duration: 4, fps: 24 }]);
  lock.seek(48);
  lock.measure([
    { duration: 4, fps: 24 },
    { duration: 6, fps: 48 },
  ]);
  assert.deepEqual([lock.frames, lock.frame], [288, 97]);
});

test("clips that say neither length nor speed are one frame", () => {
  lock.measure([{ duration: null, fps: null }]);
  assert.deepEqual([lock.frames, lock.fps], [1, 24]);
});
