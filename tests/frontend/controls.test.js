import "./page.js";
import assert from "node:assert/strict";
import { test } from "node:test";
import { controlOf } from "../../cometact_nb/views/panel/controls.js";
import { Notes } from "../../cometact_nb/views/panel/notes.js";

const TYPED = { name: "head_motion", title: "Head motion", whole: true, options: [] };
const CHOSEN = {
  ...{ name: "mood", title: "Mood", whole: false },
  options: [
    { value: "calm", text: "calm · as it was" },
    { value: "wild", text: "wild" },
  ],
};

/** The control of a knob that no script knows, in a form of one request or of a sweep. */
function control(knob, sweep = false) {
  const edits = [];
  const owner = { id: "form", values: { sweep }, edited: (typing = "") => edits.push(typing) };
  const dirty = new Set();
  return { ...{ edits, dirty }, made: controlOf(knob, owner, new Notes("form"), dirty) };
}

test("a knob without few values is typed below its title, and a whole number is read as one", () => {
  const { made, edits, dirty } = control(TYPED);
  const [label] = made.root.all("label");
  const [input] = made.root.all("input");
  assert.deepEqual([label.textContent, input.attributes.inputmode, made.root.all("ul").length], ["Head motion", "numeric", 1]);
  assert.equal(label.attributes.for, input.id);
  made.fill(7, false);
  assert.deepEqual([input.value, made.read(false)], ["7", 7]);
  input.value = "x";
  assert.equal(made.read(false), "x");
  input.value = "";
  assert.equal(made.read(false), null);
  input.fire("input");
  input.fire("change");
  assert.deepEqual(edits, ["head_motion", ""]);
  dirty.add("head_motion"); // what is being typed stays
  made.fill(3, false);
  assert.equal(input.value, "");
});

test("in a sweep it holds several values as they were typed", () => {
  const { made } = control(TYPED, true);
  made.fill("1,2,5:8", true);
  assert.equal(made.read(true), "1,2,5:8");
});

test("a knob of few values is chosen from them by name, one for a request", () => {
  const { made } = control(CHOSEN);
  assert.deepEqual(
    [made.root.all("legend")[0].textContent, made.root.all("label").map((one) => one.textContent)],
    ["Mood", ["Not sent", "calm · as it was", "wild"]],
  );
  made.fill("calm", false);
  assert.equal(made.read(false), "calm");
  made.fill(null, false);
  assert.equal(made.read(false), null);
});

test("several for a sweep, and a value that is none of them gets its own chip", () => {
  const { made } = control(CHOSEN, true);
  made.fill(["wild", "odd"], true);
  assert.deepEqual(made.read(true), ["wild", "odd"]);
  assert.equal(made.root.all("input").length, 4);
});
