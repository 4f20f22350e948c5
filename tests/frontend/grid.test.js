import assert from "node:assert/strict";
import { test } from "node:test";
import { readCode } from "../../cometact_nb/views/sweep/grid.js";

test("a cell's code says what it is, how far, and whether it was bought before", () => {
  assert.deepEqual(readCode("r42+"), { kind: "r", percent: 42, reused: true });
  assert.deepEqual(readCode("r0"), { kind: "r", percent: 0, reused: false });
  assert.deepEqual(readCode("t100"), { kind: "t", percent: 100, reused: false });
});

test("a code without a number says no progress", () => {
  for (const code of ["q", "d+"]) assert.ok(Number.isNaN(readCode(code).percent));
  assert.equal(readCode("d+").reused, true);
});
