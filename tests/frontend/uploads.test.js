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
  uploads = new Uploads(ask, (role, upload, problem) => bars.push([role, upload && upload.offset / upload.size, problem]));
});

function file(size) {
  return new Blob([Uint8Array.from({ length: size }, (_, at) => at % 251)]);
}

test("a file goes in pieces, the next one when the kernel has heard the last, and a bar follows", async () => {
  const size = 2 * PIECE + 10;
  await uploads.begin("character", file(size), "hero.png");
  assert.equal(sent.length, 1);
  await Promise.all([uploads.heard(1), uploads.heard(1)]); // the second says nothing new
  assert.equal(sent.length, 2);
  await uploads.heard(2);
  await uploads.heard(3);
  assert.deepEqual(
    sent.map(({ type, role, name, size, offset, recorded, bytes }) => [type, role, name, size, offset, recorded, bytes.byteLength]),
    [0, PIECE, 2 * PIECE].map((at) => ["upload", "character", "hero.png", size, at, false, Math.min(PIECE, size - at)]),
  );
  assert.deepEqual(await new Blob(sent.map(({ bytes }) => bytes)).bytes(), await file(size).bytes());
  assert.deepEqual(bars, [...[0, PIECE, 2 * PIECE].map((at) => ["character", at / size, ""]), ["character", null, ""]]);
});

test("of a file that the kernel refuses no more is sent", async () => {
  await uploads.begin("reference", file(4_000_000), "long.mp4");
  uploads.kept({ view: "another", role: "reference", address: "" });
  assert.equal(bars.at(-1)[1], 0);
  uploads.kept({ view: sent[0].view, role: "reference", address: "" });
  await uploads.heard(1);
  assert.deepEqual([sent.length, sent[0].size], [1, 4_000_000]);
  assert.deepEqual(bars.at(-1), ["reference", null, ""]);
});

test("an empty file is named to the kernel, which says what is wrong with it", async () => {
  await uploads.begin("character", file(0), "none.png");
  assert.deepEqual([sent[0].size, sent[0].bytes.byteLength], [0, 0]);
});

test("the bar goes when the kernel is gone", async () => {
  await uploads.begin("character", file(2 * PIECE), "hero.png");
  isGone = true;
  await uploads.heard(1);
  assert.deepEqual(bars.at(-1), ["character", null, ""]);
});

test("a file that goes away on its way is named", async () => {
  const slice = () => ({ arrayBuffer: () => Promise.reject(new Error("gone")) });
  await uploads.begin("character", { size: 10, slice }, "hero.png");
  assert.deepEqual(bars.at(-1), ["character", null, "hero.png cannot be read any more. Choose it again."]);
});

test("a second file for the same input takes the place of the first", async () => {
  await uploads.begin("character", file(2 * PIECE), "one.png");
  await uploads.begin("character", file(10), "other.png");
  await uploads.heard(1);
  await uploads.heard(2);
  assert.deepEqual(
    sent.map(({ name }) => name),
    ["one.png", "other.png"],
  );
});

test("a recording is found again under the name that the kernel gives it, once", async () => {
  const recording = file(10);
  await uploads.begin("reference", recording, "recording.webm", true);
  await uploads.heard(1);
  const answer = { view: sent[0].view, role: "reference", address: "recording 1.webm" };
  assert.equal(sent[0].recorded, true);
  assert.equal(uploads.kept({ ...answer, view: "another" }), null);
  assert.equal(uploads.kept(answer), recording);
  assert.equal(uploads.kept(answer), null);
});
