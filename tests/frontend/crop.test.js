import assert from "node:assert/strict";
import { test } from "node:test";
import { ANY, ASPECT, Crop, SIDES, sideText } from "../../cometact_nb/views/panel/crop.js";

function isLegal(crop) {
  const { left, top, right, bottom } = crop.box;
  const [low, high] = ASPECT;
  const inside = left >= 0 && top >= 0 && right <= 1 && bottom <= 1 && left < right && top < bottom;
  return inside && crop.aspect > low - 1e-9 && crop.aspect < high + 1e-9;
}

function percent(crop) {
  return crop.settings.map((at) => Math.round(at * 100));
}

test("a picture that the vendor takes is kept whole", () => {
  const crop = new Crop(1280, 720);
  assert.deepEqual([crop.isLegal, crop.isCut, crop.settings], [true, false, null]);
});

test("of a picture that is too wide or too high the largest legal part in the middle is kept", () => {
  assert.deepEqual(percent(new Crop(4000, 1000)), [25, 0, 75, 100]);
  const high = new Crop(1000, 4000);
  assert.deepEqual(percent(high), [0, 25, 100, 75]);
  assert.equal(high.sentence, "Width : height is 0.5. Act-Two takes 0.5–2. The whole picture has 0.25.");
});

test("a side stops where the ratio would become illegal", () => {
  const crop = new Crop(1000, 1000);
  crop.drag("right", 0.2);
  crop.drag("bottom", 0);
  assert.deepEqual([crop.box.left, crop.box.top, ...percent(crop).slice(2)], [0, 0, 50, 25]);
  assert.ok(isLegal(crop));
});

test("whatever is dragged, pressed or shifted, the part stays legal", () => {
  for (const [width, height] of [
    [100, 100],
    [3000, 1000],
    [1000, 4000],
    [720, 1280],
    [4000, 100],
  ]) {
    const crop = new Crop(width, height);
    for (let round = 0; round < 60; round++) {
      const [x, y] = [((round * 7) % 13) / 12, ((round * 5) % 11) / 10];
      crop.drag(SIDES[round % 4], x);
      assert.ok(isLegal(crop), `${width}×${height} drag`);
      crop.corner(round % 2 ? "left" : "right", round % 3 ? "top" : "bottom", x, y);
      assert.ok(isLegal(crop), `${width}×${height} corner`);
      crop.shift(x - 0.5, y - 0.5);
      assert.ok(isLegal(crop), `${width}×${height} shift`);
      crop.press(SIDES[round % 4], ["ArrowLeft", "End", "Home", "PageUp"][round % 4], round % 2 === 0);
      assert.ok(isLegal(crop), `${width}×${height} key`);
    }
  }
});

test("keys move a side as they point, finer with Shift", () => {
  const crop = new Crop(1000, 1000);
  assert.ok(crop.press("top", "ArrowDown", false));
  assert.equal(crop.box.top, 0.02);
  crop.press("top", "ArrowUp", true);
  assert.equal(Math.round(crop.box.top * 1000), 18);
  crop.press("left", "ArrowRight", false);
  assert.equal(crop.box.left, 0.02);
  assert.equal(crop.press("left", "Tab", false), false);
  assert.equal(sideText("left", 0.02), "2 percent from the left");
  crop.reset();
  assert.equal(crop.settings, null);
});

test("a quarter turn exchanges the sides", () => {
  const crop = new Crop(2000, 1000).turned;
  assert.deepEqual([crop.aspect, crop.isCut, crop.turned.aspect], [0.5, false, 2]);
});

test("a clip may have any shape, and a part of it stays one", () => {
  const crop = new Crop(3000, 500, ANY);
  assert.deepEqual([crop.isLegal, crop.isCut, crop.sentence], [true, false, ""]);
  crop.drag("right", 0.05);
  assert.ok(crop.box.right - crop.box.left >= 0.1 - 1e-9);
  assert.ok(!crop.sentence.includes("Act-Two"));
});

test("a part that was chosen before is taken again, also in a picture that was turned", () => {
  const crop = new Crop(1000, 1000);
  crop.drag("left", 0.25);
  const again = new Crop(1000, 1000).turned;
  again.take(crop.settings);
  assert.deepEqual(again.box, crop.box);
  again.take(null);
  again.take([0.5, 0.5, 0.2, 0.9]);
  assert.deepEqual(again.box, crop.box);
});
