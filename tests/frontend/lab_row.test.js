import assert from "node:assert/strict";
import { test } from "node:test";
import "./page.js";
import { sweepRow, taskRow } from "../../cometact_nb/entry/lab/row.js";
import { sweepContent } from "../../cometact_nb/entry/lab/served.js";

const SWEEP = {
  key: "0123456789abcdef",
  name: 'how "lively"',
  grid: "seed 1, 2",
  state: "bought",
  cells: 2,
  outcome: "2 done",
  updated: 0,
  sandbox: true,
  history: "default",
};

/** What was done to a row, and the row. */
function rowOf(make) {
  const deeds = [];
  const note = (name) => (value) => deeds.push([name, value]);
  const buttons = make({ open: note("open"), openSweep: note("openSweep"), insert: note("insert"), drag: note("drag") });
  return { deeds, buttons };
}

test("a sweep's row says its state, opens its gallery, and inserts the line of it", () => {
  const { deeds, buttons } = rowOf((does) => sweepRow(SWEEP, does));
  const [open, insert] = buttons;
  assert.match(open.textContent, /BOUGHT.*SANDBOX.*how "lively".*2 done/);
  open.fire("click");
  insert.fire("click");
  assert.deepEqual(deeds, [
    ["openSweep", SWEEP],
    ["insert", 'act.sweep_by_name("how \\"lively\\"", resume=False).gallery()'],
  ]);
});

test("a row whose id could be code has no line to insert", () => {
  const task = { key: "x); import os", id: null, short: "x", label: "", tone: "#000", inputs: [], knobs: "", poster: null };
  const { buttons } = rowOf((does) => taskRow({ ...task, created: null, history: "default" }, {}, does));
  assert.equal(buttons.length, 1);
});

test("a gallery of the history lies as the live one does, with its ratings", () => {
  const cells = [{ index: 0, place: [0], clip: null, ratings: [{ stars: 4 }] }];
  const [axes, choice] = [[{ name: "seed", label: "Seed", values: ["1"] }], { rows: "seed", columns: "", picks: {}, blind: null }];
  const content = sweepContent({ sweep: SWEEP, axes, choice, cells, clips: ["clips/a/0"], posters: [null], line: "" });
  assert.deepEqual([content.axes, content.choice, content.cells], [axes, choice, cells]);
  assert.equal(content.title.label, 'Gallery of sweep how "lively"');
});
