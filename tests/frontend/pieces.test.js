import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Pieces } from "../../cometact_nb/views/base/pieces.js";
import { Clock } from "./clock.js";

const PIECE = 1024 * 1024;
let clock;
let asked;
let pieces;

beforeEach(() => {
  clock = new Clock();
  asked = [];
  pieces = new Pieces((content) => asked.push(content));
});
afterEach(() => {
  pieces.dispose();
  clock.restore();
});

// The kernel's answer, to what was asked last unless it is another question.
function answer(bytes, total, change = {}, to = asked.at(-1)) {
  const { size, ...question } = to;
  return pieces.receive({ ...question, total, mime: "video/mp4", name: "a.mp4", ...change }, [new DataView(new ArrayBuffer(bytes))]);
}

test("a file comes in pieces, each asked for where the last one ended", async () => {
  const file = pieces.get({ index: 0 });
  await clock.pass(1);
  assert.deepEqual([asked[0].type, asked[0].index, asked[0].offset, asked[0].size], ["clip", 0, 0, PIECE]);
  answer(PIECE, PIECE + 10);
  await clock.pass(1);
  assert.equal(asked[1].offset, PIECE);
  answer(10, PIECE + 10);
  const { blob, name } = await file;
  assert.deepEqual([blob.size, blob.type, name], [PIECE + 10, "video/mp4", "a.mp4"]);
});

test("what is no piece is left for others", () => {
  assert.equal(pieces.receive({ type: "note" }, []), false);
});

test("a piece for another view, out of order or of another file changes nothing", async () => {
  const file = pieces.get({ file: "clip", index: 3 });
  await clock.pass(1);
  assert.equal(answer(10, 10, { view: "another" }), true);
  answer(10, 10, { offset: 10 });
  answer(10, 10, { index: 4 });
  answer(10, 10, { file: "poster" });
  answer(20, 20);
  assert.equal((await file).blob.size, 20);
});

test("a piece that comes twice is taken once", async () => {
  const file = pieces.get({ index: 0 });
  await clock.pass(1);
  answer(PIECE, PIECE + 5);
  answer(PIECE, PIECE + 5, {}, asked[0]);
  await clock.pass(1);
  answer(5, PIECE + 5);
  assert.equal((await file).blob.size, PIECE + 5);
});

test("a piece that does not come is asked for again, ever more patiently", async () => {
  pieces.get({ index: 0 });
  await clock.pass(5100);
  assert.equal(asked.length, 2);
  await clock.pass(9000);
  assert.equal(asked.length, 2);
  await clock.pass(2000);
  assert.equal(asked.length, 3);
  assert.ok(asked.every(({ offset }) => offset === 0));
});

test("an error is told to who asked, and the next file is asked for", async () => {
  const first = pieces.get({ index: 0 });
  const second = pieces.get({ index: 1 });
  await clock.pass(1);
  pieces.receive({ ...asked[0], error: "a.mp4 is no file." }, []);
  await assert.rejects(first, /a\.mp4 is no file/);
  await clock.pass(1);
  assert.equal(asked[1].index, 1);
  answer(1, 1);
  assert.equal((await second).blob.size, 1);
});

test("the last urgent file comes next", async () => {
  for (const index of [0, 1]) pieces.get({ index });
  for (const index of [2, 3]) pieces.get({ index }, true);
  const order = [];
  for (let count = 0; count < 4; count++) {
    await clock.pass(1000);
    order.push(asked.at(-1).index);
    answer(1, 1);
  }
  assert.deepEqual(order, [0, 3, 2, 1]);
});

test("a file that nobody wants any more is asked for no more, begun or not", async () => {
  for (const index of [0, 1, 2]) pieces.get({ index });
  await clock.pass(1);
  pieces.drop({ index: 1 });
  pieces.drop({ index: 0 });
  await clock.pass(1000);
  assert.deepEqual(
    asked.map(({ index }) => index),
    [0, 2],
  );
});

test("a long file has a few pieces under way, and the next is asked for the moment that one comes", async () => {
  const total = 7 * PIECE;
  const file = pieces.get({ index: 0 });
  answer(PIECE, total); // no time passes: nothing waits but for answers
  assert.deepEqual(offsets(), [0, 1, 2, 3, 4]);
  answer(PIECE, total, {}, asked[2]);
  assert.deepEqual(offsets(), [0, 1, 2, 3, 4, 5]);
  for (let at = 1; at < 7; at++) if (at !== 2) answer(PIECE, total, {}, asked[at]);
  assert.equal((await file).blob.size, total);
  assert.equal(asked.length, 7);
});

test("pieces that come in another order make the same file", async () => {
  const file = pieces.get({ index: 0 });
  answer(PIECE, 2 * PIECE + 3);
  const [, second, third] = asked;
  pieces.receive({ ...third, total: 2 * PIECE + 3, mime: "video/mp4", name: "a.mp4" }, [new DataView(new Uint8Array([1, 2, 3]).buffer)]);
  answer(PIECE, 2 * PIECE + 3, {}, second);
  const bytes = new Uint8Array(await (await file).blob.arrayBuffer());
  assert.deepEqual([bytes.length, ...bytes.slice(-3)], [2 * PIECE + 3, 1, 2, 3]);
});

test("of several pieces, those that did not come are asked for again", async () => {
  const file = pieces.get({ index: 0 });
  const total = 4 * PIECE;
  answer(PIECE, total);
  answer(PIECE, total, {}, asked[2]);
  await clock.pass(5000);
  assert.deepEqual(offsets(), [0, 1, 2, 3, 1, 3]);
  answer(PIECE, total, {}, asked[4]);
  answer(PIECE, total, {}, asked[5]);
  assert.equal((await file).blob.size, total);
});

function offsets() {
  return asked.map(({ offset }) => offset / PIECE);
}
