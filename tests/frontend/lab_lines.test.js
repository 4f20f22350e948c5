import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import {
  galleryLine,
  inputLine,
  isId,
  literal,
  NOTEBOOKS,
  notebookOf,
  relativePath,
  taskLine,
  withImport,
} from "../../cometact_nb/entry/lab/lines.js";

test("only an id stands in a line", () => {
  assert.equal(taskLine("5b91e444-c232-deaf-a4d7-8aef3e57336b"), 'act.task("5b91e444-c232-deaf-a4d7-8aef3e57336b")');
  for (const text of ['a")\nimport os#', "", "abc", "x y z w", "../../etc", `${"a".repeat(129)}`, null, 12345, "abcd\n"]) {
    assert.equal(isId(text), false, String(text));
    assert.throws(() => taskLine(text), /no id/);
  }
});

test("any text is read back by Python as it was, from one line", () => {
  const texts = [
    'a "quoted" \\ name.png',
    "two\nlines\r\t",
    "déjà vu #1 100%.mp4",
    "'''",
    "\u202e\u2028\u0000\u007f\u0085",
    "{x} $y",
    "\u{e0041}😀",
  ];
  for (const text of texts) assert.match(literal(text), /^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+$/u);
  const code = "import json,sys,ast; print(json.dumps([ast.literal_eval(line) for line in json.load(sys.stdin)]))";
  const input = JSON.stringify(texts.map(literal));
  assert.deepEqual(JSON.parse(execFileSync("python3", ["-c", code], { input, encoding: "utf8" })), texts);
  assert.equal(galleryLine('how "lively"'), 'act.sweep_by_name("how \\"lively\\"", resume=False).gallery()');
  assert.equal(inputLine("character", "a b.png"), 'act.panel(character="a b.png")');
});

test("the import stands before a line unless the notebook has it", () => {
  assert.equal(withImport("act.history()", ["x = 1", "# import cometact_nb as act"]), "import cometact_nb as act\nact.history()");
  assert.equal(withImport("act.history()", ["x = 1", "%load_ext cometact_nb\nimport cometact_nb as act\n"]), "act.history()");
});

test("a path starts from the notebook's folder", () => {
  assert.equal(relativePath("a/b/me.png", "a/b/n.ipynb"), "me.png");
  assert.equal(relativePath("me.png", "a/b/n.ipynb"), "../../me.png");
  assert.equal(relativePath("a/c/me.png", "a/b/n.ipynb"), "../c/me.png");
  assert.equal(relativePath("a/me.png", "n.ipynb"), "a/me.png");
  assert.equal(relativePath("a/me.png", "a/me.png/n.ipynb"), "../me.png");
});

test("a notebook has its cells, none of them run", () => {
  const made = notebookOf(NOTEBOOKS.sandbox, { name: "python3", display_name: "Python 3", language: "python" });
  assert.match(made.cells[0].source, /use_sandbox\(\)/);
  assert.ok(made.cells.every((cell) => cell.execution_count === null && cell.outputs.length === 0));
  assert.deepEqual(notebookOf(["x"], null).metadata, {});
});
