import assert from "node:assert/strict";
import { test } from "node:test";
import { LONGEST, SHORTEST, Trim } from "../../cometact_nb/views/panel/trim.js";

test("a clip within the limits is kept whole, and nothing is asked for", () => {
  const trim = new Trim(12.34);
  assert.deepEqual([trim.isCut, trim.settings], [false, { start_s: null, end_s: null }]);
  assert.equal(trim.sentence, "0–12.34 s: 12.34 s. Act-Two takes 3–30 s.");
});

test("of a long clip the first 30 seconds are kept at first", () => {
  const trim = new Trim(61.2);
  assert.deepEqual(trim.settings, { start_s: null, end_s: 30 });
  assert.equal(trim.sentence, "0–30 s: 30 s of 61.2 s. Act-Two takes 3–30 s.");
});

test("a clip that is too short cannot be cut, and the sentence says what to do", () => {
  const trim = new Trim(2.4);
  assert.equal(trim.isPossible, false);
  trim.move("start", 1);
  assert.deepEqual([trim.start, trim.end], [0, 2.4]);
  assert.match(trim.sentence, /It lasts 2.4 s. Act-Two takes 3–30 s: choose or record a longer one./);
});

test("an edge pushes the other one where the part would become too short or too long", () => {
  const trim = new Trim(60);
  trim.move("start", 40);
  assert.deepEqual([trim.start, trim.end], [40, 43]);
  trim.move("end", 60);
  assert.deepEqual([trim.start, trim.end], [40, 60]);
  trim.move("start", 10);
  assert.deepEqual([trim.start, trim.end], [10, 40]);
  trim.move("end", 55);
  assert.deepEqual([trim.start, trim.end], [25, 55]);
  trim.move("end", 26);
  assert.deepEqual([trim.start, trim.end], [23, 26]);
});

test("whatever is done, the part stays within the clip and the limits", () => {
  for (const duration of [3, 3.004, 7.777, 30, 30.03, 95.5]) {
    const trim = new Trim(duration);
    for (let at = -3; at < duration + 4; at += 0.37) {
      for (const edge of ["start", "end"]) {
        trim.move(edge, at);
        assert.ok(trim.start >= 0 && trim.end <= duration, `${duration} ${at}`);
        assert.ok(trim.length > SHORTEST - 0.006 && trim.length < LONGEST + 0.001, `${duration} ${edge} ${at}: ${trim.length}`);
      }
    }
  }
});

test("keys move an edge: arrows, finer with Shift, pages, Home and End; other keys do nothing", () => {
  const trim = new Trim(20);
  assert.ok(trim.press("start", "ArrowRight", false));
  assert.ok(trim.press("start", "ArrowUp", true));
  assert.equal(trim.start, 0.55);
  trim.press("end", "PageDown", false);
  assert.equal(trim.end, 18);
  trim.press("end", "Home", false);
  assert.deepEqual([trim.start, trim.end], [0, 3]);
  trim.press("start", "End", false);
  assert.deepEqual([trim.start, trim.end], [17, 20]);
  assert.equal(trim.press("start", "Enter", false), false);
  assert.deepEqual(trim.settings, { start_s: 17, end_s: null });
});

test("a clip of the character has no limits", () => {
  const trim = new Trim(45, [0.1, Number.POSITIVE_INFINITY]);
  assert.deepEqual([trim.isCut, trim.sentence], [false, "0–45 s: 45 s."]);
  trim.move("end", 1);
  assert.deepEqual([trim.start, trim.end, trim.fresh.end], [0, 1, 45]);
});

test("a part that was chosen before is taken again", () => {
  const trim = new Trim(40);
  trim.move("start", 12.5);
  trim.move("end", 18);
  const again = new Trim(40);
  again.take(trim.settings);
  assert.deepEqual([again.start, again.end], [12.5, 18]);
  again.take({ start_s: null, end_s: null });
  assert.deepEqual([again.start, again.end], [12.5, 18]);
});
