import assert from "node:assert/strict";
import { test } from "node:test";
import { blindNumbers, blindResults } from "../../cometact_nb/views/gallery/blind.js";

const cells = (count) => Array.from({ length: count }, (_, index) => ({ index, clip: null }));

test("the same seed gives the same numbers, another one others", () => {
  assert.deepEqual(blindNumbers(cells(40), 1234), blindNumbers(cells(40), 1234));
  assert.notDeepEqual(blindNumbers(cells(40), 1234), blindNumbers(cells(40), 1235));
});

test("every cell has a number of its own, from 1", () => {
  const numbers = [...blindNumbers(cells(500), 7).values()].sort((a, b) => a - b);
  assert.deepEqual(
    numbers,
    cells(500).map(({ index }) => index + 1),
  );
});

test("the order does not follow the cells", () => {
  const numbers = blindNumbers(cells(40), 1234);
  const inPlace = cells(40).filter(({ index }) => numbers.get(index) === index + 1).length;
  assert.ok(inPlace < 8, `${inPlace} of 40 where they were`);
});

test("a clip that comes later, and the order in which they come, move none of the others", () => {
  const before = blindNumbers(cells(40), 1234);
  const after = cells(40).map((cell) => ({ ...cell, clip: { id: String(cell.index) } }));
  assert.deepEqual(
    new Map([...blindNumbers(after.reverse(), 1234)].sort(([a], [b]) => a - b)),
    new Map([...before].sort(([a], [b]) => a - b)),
  );
});

test("cells that had ended without a clip have the last numbers, and one that ends later moves no other", () => {
  const numbers = blindNumbers(cells(40), 1234, [3, 17]);
  assert.deepEqual([numbers.get(3), numbers.get(17)].sort(), [39, 40]);
  const order = (map) => [...map].filter(([index]) => index !== 3 && index !== 17).sort(([, a], [, b]) => a - b);
  const without = order(blindNumbers(cells(40), 1234)).map(([index]) => index);
  assert.deepEqual(
    order(numbers).map(([index]) => index),
    without,
  );
});

test("a value's mean counts only the stars that were given blind", () => {
  const rated = (place, stars, blind) => ({ place: [place], rating: { stars, open_stars: stars, blind_stars: blind } });
  const axes = [{ name: "seed", label: "Seed", values: ["1", "2", "3"] }];
  const results = blindResults([rated(0, 1, 5), rated(0, 2, 2), rated(0, 1, null), rated(1, 3, null), rated(2, null, 4)], axes);
  assert.deepEqual(results, [
    { axis: "Seed", label: "1", count: 2, mean: 3.5 },
    { axis: "Seed", label: "3", count: 1, mean: 4 },
  ]);
});
