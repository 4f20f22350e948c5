import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { Delivery } from "../../cometact_nb/views/gallery/delivery.js";
import { Side, showPair } from "../../cometact_nb/views/pairs/side.js";

const clip = (index) => ({ index, clip: null });

// What the kernel is asked for, it sends.
function answer(delivery, questions) {
  while (questions.length) {
    const { view, file, index, offset } = questions.shift();
    const piece = { type: "clip", view, file, index, offset, total: 1, mime: "video/mp4", name: "clip.mp4" };
    delivery.pieces.receive(piece, [new DataView(new ArrayBuffer(1))]);
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

for (const [first, second] of [
  [2, 3],
  [3, 1],
  [2, 1],
]) {
  test(`after the pair 1 and 2, the pair ${first} and ${second} is there`, async () => {
    const questions = [];
    const delivery = new Delivery((content) => questions.push(content));
    const lock = { add: async () => {}, remove: () => {} };
    const sides = ["first", "second"].map((name) => new Side({ lock, delivery, leaveOut: () => {} }, name, name));
    for (const pair of [
      [clip(1), clip(2)],
      [clip(first), clip(second)],
    ]) {
      showPair(sides, pair);
      answer(delivery, questions);
      await settled();
      for (const side of sides) side.video.listeners.loadeddata?.();
      await settled();
      assert.deepEqual(
        sides.map((side) => side.isReady),
        [true, true],
      );
    }
    delivery.dispose();
  });
}
