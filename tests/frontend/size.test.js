import assert from "node:assert/strict";
import { test } from "node:test";
import { fitFlow, fitGrid } from "../../cometact_nb/views/gallery/size.js";

const FRAME = 12;
const GAP = 8;
const place = { width: 860, height: 430, shape: 16 / 9, below: 0 };

/** What so many tiles take, as they are laid. */
function taken(tile, rows, columns, { shape, below }) {
  const high = (tile - FRAME) / shape + FRAME + below;
  return { width: columns * tile + GAP * (columns - 1), height: rows * high + GAP * (rows - 1) };
}

test("a grid fits its place, and fills it one way", () => {
  for (const [rows, columns] of [
    [3, 4],
    [4, 3],
    [1, 2],
    [2, 6],
  ]) {
    for (const shape of [16 / 9, 9 / 16, 1]) {
      const here = { ...place, shape, below: 20 };
      const tile = fitGrid(here, rows, columns);
      const used = taken(tile, rows, columns, here);
      assert.ok(tile === 104 || (used.width <= here.width && used.height <= here.height), `${rows} × ${columns}: ${tile}`);
      const wider = taken(tile + 2, rows, columns, here);
      assert.ok(tile === 620 || tile === 104 || wider.width > here.width || wider.height > here.height);
    }
  }
});

test("tiles never get too small for a face, nor larger than helps", () => {
  assert.equal(fitGrid({ ...place, width: 300 }, 20, 20), 104);
  assert.equal(fitGrid({ ...place, width: 5000, height: 5000 }, 1, 1), 620);
});

test("tiles that flow take the number of columns that shows them largest", () => {
  assert.equal(fitFlow(place, 12), fitGrid(place, 3, 4));
  assert.equal(fitFlow(place, 1), fitGrid(place, 1, 1));
  assert.ok(fitFlow(place, 2) > fitFlow(place, 12));
});
