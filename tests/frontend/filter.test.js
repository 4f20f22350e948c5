import assert from "node:assert/strict";
import { test } from "node:test";
import { ALL, isRearranged, isWanted } from "../../cometact_nb/views/gallery/filter.js";

/** @param {object} rating */
function cell(rating = {}, status = "SUCCEEDED") {
  return { status, rating: { stars: null, favourite: false, note: "", blind: false, open_stars: null, blind_stars: null, ...rating } };
}

test("without a wish every cell is shown", () => {
  for (const one of [cell(), cell({ open_stars: 5 }), cell({}, "FAILED")]) assert.ok(isWanted(one, ALL));
});

test("stars are a lower bound, and none means not rated yet", () => {
  const shown = (stars, rating) => isWanted(cell(rating), { ...ALL, stars });
  assert.deepEqual(
    [3, 4, 5].map((open_stars) => shown("4", { open_stars })),
    [false, true, true],
  );
  assert.ok(!shown("1", {}));
  assert.ok(shown("0", {}));
  assert.ok(!shown("0", { open_stars: 1 }));
});

test("stars given blind count where none were given openly", () => {
  const wish = { ...ALL, stars: "4" };
  assert.ok(isWanted(cell({ blind_stars: 4 }), wish));
  assert.ok(!isWanted(cell({ open_stars: 2, blind_stars: 5 }), wish));
});

test("wishes add up", () => {
  const wish = { stars: "3", favourite: true, status: "SUCCEEDED" };
  assert.ok(isWanted(cell({ open_stars: 3, favourite: true }), wish));
  assert.ok(!isWanted(cell({ open_stars: 3 }), wish));
  assert.ok(!isWanted(cell({ open_stars: 3, favourite: true }, "FAILED"), wish));
});

test("a clip that comes while a filter is on is taken in, and a rating moves nothing", () => {
  const done = { ...ALL, status: "SUCCEEDED" };
  assert.ok(isRearranged(undefined, cell(), ALL));
  assert.ok(isRearranged(cell({}, "RUNNING"), cell(), done));
  assert.ok(!isRearranged(cell({}, "RUNNING"), cell(), ALL));
  assert.ok(!isRearranged(cell(), cell({ open_stars: 1 }), { ...ALL, stars: "4" }));
});
