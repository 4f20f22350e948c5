import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Pieces } from "../../cometact_nb/views/base/pieces.js";
import { Clock } from "./clock.js";

const PIECE = 512 * 1024;
let clock;
let asked;
let pieces;

beforeEach(() => {
  clock = new Clock();
  delete globalThis[Symbol.for("cometact-pace")]; // each test is a page of its own
  asked = [];
  pieces = new Pieces((content) => asked.push(content));
});
afterEach(() => {
  pieces.dispose();
  clock.restore();
});

// The kernel's answer to what was asked last.
function answer(bytes, total, change = {}) {
  const { size, ...question } = asked.at(-1);
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
  answer(PIECE, PIECE + 5);
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

test("a long file comes no faster than a server lets through", async () => {
  const total = 40 * PIECE;
  const file = pieces.get({ index: 0 });
  let had = 0;
  while (had < total) {
    await clock.pass(10);
    if (asked.length * PIECE > had) {
      answer(PIECE, total);
      had += PIECE;
    }
  }
  await file;
  const rate = (total - 2.5e6) / (clock.now / 1000); // beside what may come at once
  assert.ok(rate < 1e6, `${rate} bytes a second`);
  assert.ok(rate > 0.8e6, `${rate} bytes a second`);
});
