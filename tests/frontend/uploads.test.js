import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Uploads } from "../../cometact_nb/views/panel/uploads.js";

const PIECE = 1024 * 1024;
let sent;
let bars;
let isGone;
let uploads;

beforeEach(() => {
  sent = [];
  bars = [];
  isGone = false;
  const ask = (content, [bytes]) => (isGone ? 0 : sent.push({ ...content, bytes }));
  uploads = new Uploads(ask, (role, upload) => bars.push([role, upload && upload.offset / upload.size]));
});

function file(size) {
  return new Blob([Uint8Array.from({ length: size }, (_, at) => at % 251)]);
}

test("a file goes in pieces, the next one when the kernel has heard the last, and a bar follows", async () => {
  const size = 2 * PIECE + 10;
  await uploads.begin("character", file(size), "hero.png");
  assert.equal(sent.length, 1);
  uploads.heard(1);
  uploads.heard(1); // nothing new
  assert.equal(sent.length, 2);
  uploads.heard(2);
  uploads.heard(3);
  assert.deepEqual(
    sent.map(({ type, role, name, size, offset, bytes }) => [type, role, name, size, offset, bytes.byteLength]),
    [0, PIECE, 2 * PIECE].map((at) => ["upload", "character", "hero.png", size, at, Math.min(PIECE, size - at)]),
  );
  assert.deepEqual(await new Blob(sent.map(({ bytes }) => bytes)).bytes(), await file(size).bytes());
  assert.deepEqual(bars, [...[0, PIECE, 2 * PIECE].map((at) => ["character", at / size]), ["character", null]]);
});

test("of a file that is too large the kernel is told the size, and gets no more", async () => {
  await uploads.begin("reference", file(4_000_000), "long.mp4");
  uploads.heard(1);
  assert.deepEqual([sent.length, sent[0].size, sent[0].bytes.byteLength], [1, 4_000_000, 1]);
  assert.deepEqual(bars.at(-1), ["reference", null]);
});

test("an empty file is named to the kernel, which says what is wrong with it", async () => {
  await uploads.begin("character", file(0), "none.png");
  assert.deepEqual([sent[0].size, sent[0].bytes.byteLength], [0, 0]);
});

test("the bar goes when the kernel is gone", async () => {
  await uploads.begin("character", file(2 * PIECE), "hero.png");
  isGone = true;
  uploads.heard(1);
  assert.deepEqual(bars.at(-1), ["character", null]);
});

test("a second file for the same input takes the place of the first", async () => {
  await uploads.begin("character", file(2 * PIECE), "one.png");
  await uploads.begin("character", file(10), "other.png");
  uploads.heard(1);
  uploads.heard(2);
  assert.deepEqual(
    sent.map(({ name }) => name),
    ["one.png", "other.png"],
  );
});
