import assert from "node:assert/strict";
import { test } from "node:test";
import { isCode } from "../../cometact_nb/views/panel/pasted.js";

const CODE = [
  "curl https://api.cometapi.com/runwayml/v1/character_performance -H 'Authorization: Bearer sk-1' -d '{}'",
  "# the first of two\ncurl --request POST https://example.org",
  '  {"character": {"type": "image", "uri": "https://example.org/a.png"}}\n',
  '[{"seed": 1}, {"seed": 2}]',
  "%act_two -c https://example.org/a.png -r https://example.org/b.mp4",
  "task = %act_two https://example.org/a.png",
  "%%act_two\n{}",
  "act.submit(character='https://example.org/a.png')",
  "import cometact_nb as act\n\nrequest = act.ActTwoRequest(\n  seed=1)",
  "sweep = act.sweep(seed=[1, 2])",
];
const VALUES = [
  "",
  "42",
  "1,2,5:8",
  "https://example.org/curl (1).png?panel=(2)",
  "https://example.org/a.png\nhttps://example.org/b.png",
  "data:image/png;base64,iVBORw0KGgo=",
  "/home/me/{a}.png",
  "curly hair.png",
  "sk-0123456789",
];

for (const text of CODE) test(`a whole request is told as code: ${text.slice(0, 50)}`, () => assert.equal(isCode(text), true));
for (const text of VALUES) test(`the value of a field is none: ${text.slice(0, 50)}`, () => assert.equal(isCode(text), false));
