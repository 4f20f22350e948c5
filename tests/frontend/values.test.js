import assert from "node:assert/strict";
import { test } from "node:test";
import { freeName, toOne, toSweep, whole } from "../../cometact_nb/views/panel/values.js";

const few = (name, ...values) => ({ name, whole: false, options: values.map((value) => ({ value, text: String(value) })) });
const KNOBS = [
  few("body_control", true, false),
  few("expression_intensity", 1, 2, 3, 4, 5),
  { name: "seed", whole: true, options: [] },
  few("ratio", "1280:720", "960:960"),
  few("public_figure_threshold", "auto", "low"),
  { name: "camera", whole: false, options: [] }, // a knob that no script knows
];

const ONE = {
  character: "https://a/hero.png",
  reference: "https://a/take.mp4",
  seed: 7,
  body_control: null,
  expression_intensity: 3,
  ratio: "1280:720",
  public_figure_threshold: null,
  camera: "close up",
  sweep: false,
  axes: {},
};

test("a whole number is read as one, and anything else stays what was typed", () => {
  assert.deepEqual(["7", "", "7.5", "-1", "1,2", "9".repeat(16)].map(whole), [7, null, "7.5", "-1", "1,2", "9".repeat(16)]);
});

test("a request becomes a sweep of one, and comes back as it was", () => {
  const sweep = toSweep(ONE, null, KNOBS);
  assert.deepEqual([sweep.sweep, sweep.axes.seed, sweep.axes.ratio, sweep.axes.body_control], [true, "7", ["1280:720"], [null]]);
  assert.deepEqual(toOne(sweep, KNOBS), ONE);
});

test("lists are taken up again where they held the value, and only there", () => {
  const before = { ...toSweep(ONE, null, KNOBS).axes, seed: "7, 8", ratio: ["960:960", "1280:720"], expression_intensity: [4, 5] };
  const { axes } = toSweep(ONE, before, KNOBS);
  assert.deepEqual([axes.seed, axes.ratio, axes.expression_intensity], ["7, 8", ["960:960", "1280:720"], [3]]);
});

test("the first of each list is the request", () => {
  const sweep = toSweep(ONE, null, KNOBS);
  const axes = { ...sweep.axes, character: "a.png\nb.png", seed: "5:8", ratio: ["960:960", null], expression_intensity: [null, 1] };
  const one = toOne({ ...sweep, axes }, KNOBS);
  assert.deepEqual([one.character, one.seed, one.ratio, one.expression_intensity], ["a.png", 5, "960:960", null]);
});

test("two files of one name are two inputs, and a file keeps the name that it was given", () => {
  const taken = new Map();
  const names = [
    ["hero.png", "a"],
    ["hero.png", "b"],
    ["hero.png", "a"],
    ["hero.png", "c"],
    [".png", "a"],
    ["hero", "d"],
    ["hero", "e"],
  ];
  assert.deepEqual(
    names.map(([name, mark]) => freeName(name, mark, taken)),
    ["hero.png", "hero (2).png", "hero.png", "hero (3).png", ".png", "hero", "hero (2)"],
  );
});
