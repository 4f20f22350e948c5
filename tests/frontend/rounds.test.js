import assert from "node:assert/strict";
import { test } from "node:test";
import { inRound, ratingIn, sums, withRating } from "../../cometact_nb/views/gallery/rounds.js";

const NONE = { stars: null, favourite: false, note: "", blind: false, open_stars: null, blind_stars: null };

function rated(round, rater, rating, at = null) {
  return { ...NONE, ...rating, round, rater, at };
}

const CELL = { index: 3, ratings: [rated(1, "", { open_stars: 4 }, 10), rated(2, "Ann", { blind_stars: 2, favourite: true }, 30)] };

test("a cell has the rating of the round and rater that are shown, and none where those gave none", () => {
  assert.equal(ratingIn(CELL, { round: 1, rater: "" }).open_stars, 4);
  assert.equal(ratingIn(CELL, { round: 2, rater: "Ann" }).blind_stars, 2);
  for (const other of [
    { round: 1, rater: "Ann" },
    { round: 2, rater: "" },
  ])
    assert.deepEqual(ratingIn(CELL, other), NONE);
  assert.equal(inRound(CELL, { round: { round: 2, rater: "Ann" } }).rating.favourite, true);
  assert.equal(inRound(CELL, {}).rating.open_stars, 4); // a layout that was saved by an earlier version
});

test("a new rating leaves those of other rounds and raters", () => {
  const ratings = withRating(CELL, { round: 2, rater: "Ann" }, { ...NONE, open_stars: 5 });
  assert.equal(ratingIn({ ratings }, { round: 1, rater: "" }).open_stars, 4);
  assert.equal(ratingIn({ ratings }, { round: 2, rater: "Ann" }).open_stars, 5);
  assert.equal(CELL.ratings.length, 2);
  assert.equal(CELL.ratings[1].open_stars, null);
});

test("each round and rater is summed up apart, open and blind, and who gave nothing is left out", () => {
  const other = { ratings: [rated(1, "", { open_stars: 2 }, 20), rated(1, "Bob", {}, 40), rated(3, "", { note: "late" })] };
  assert.deepEqual(sums([CELL, other]), [
    { round: 1, rater: "", at: 20, open: { count: 2, mean: 3 }, blind: { count: 0, mean: 0 }, favourites: 0 },
    { round: 2, rater: "Ann", at: 30, open: { count: 0, mean: 0 }, blind: { count: 1, mean: 2 }, favourites: 1 },
    { round: 3, rater: "", at: null, open: { count: 0, mean: 0 }, blind: { count: 0, mean: 0 }, favourites: 0 },
  ]);
});
