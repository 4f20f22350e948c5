import assert from "node:assert/strict";
import { test } from "node:test";
import { Pages, visible } from "../../cometact_nb/entry/lab/rows.js";

const all = (count) => Array.from({ length: count }, (_, at) => ({ key: `k${count - at}`, text: "" }));

/** A server with these rows, newest first, in pages of ten. */
function server(rows) {
  const asked = [];
  const load = async (before) => {
    asked.push(before);
    const from = before === null ? 0 : rows.list.findIndex(({ key }) => key === before) + 1;
    const page = rows.list.slice(from, from + 10);
    return { rows: page, next: from + 10 < rows.list.length ? page.at(-1).key : null };
  };
  return { asked, load };
}

test("of ten thousand rows only those that are seen are drawn", () => {
  assert.deepEqual(visible(0, 500, 50, 10_000), [0, 16]);
  assert.deepEqual(visible(250_000, 500, 50, 10_000), [4994, 5016]);
  assert.deepEqual(visible(499_900, 500, 50, 10_000), [9992, 10_000]);
  assert.deepEqual(visible(0, 500, 50, 0), [0, 0]);
  assert.deepEqual(visible(9999, 500, 50, 3), [0, 3]); // the list has become shorter
});

test("older rows come as the end comes near, each once", async () => {
  const rows = { list: all(25) };
  const { asked, load } = server(rows);
  const pages = new Pages(load);
  assert.equal(await pages.refresh(), true);
  assert.deepEqual(await Promise.all([pages.more(10), pages.more(10)]), [true, false]);
  assert.equal(await pages.more(20), true);
  assert.equal(await pages.more(25), false);
  assert.deepEqual(pages.rows, rows.list);
  assert.deepEqual(asked, [null, "k16", "k6"]);
});

test("new rows come before those that are known, and one that changed is changed", async () => {
  const rows = { list: all(25) };
  const pages = new Pages(server(rows).load);
  await pages.refresh();
  await pages.more(10);
  assert.equal(await pages.refresh(), false);
  rows.list = [{ key: "k26", text: "" }, ...all(25)];
  rows.list[3] = { ...rows.list[3], text: "done" };
  assert.equal(await pages.refresh(), true);
  assert.deepEqual(
    pages.rows.map(({ key }) => key),
    rows.list.slice(0, 21).map(({ key }) => key),
  );
  assert.equal(pages.rows[3].text, "done");
  await pages.more(21);
  assert.deepEqual(pages.rows, rows.list);
});

test("rows that no longer fit go away", async () => {
  const rows = { list: all(25) };
  const pages = new Pages(server(rows).load);
  await pages.refresh();
  rows.list = all(3);
  await pages.refresh();
  assert.deepEqual(pages.rows, rows.list);
  rows.list = [];
  await pages.refresh();
  assert.deepEqual([pages.rows, pages.next, pages.known], [[], null, true]);
});

test("the answer to an older question is void", async () => {
  let answer;
  const pages = new Pages(() => new Promise((resolve) => (answer = resolve)));
  const first = pages.refresh();
  pages.clear();
  answer({ rows: all(3), next: null });
  assert.equal(await first, false);
  assert.deepEqual(pages.rows, []);
});

test("after a page that did not come it is asked for again", async () => {
  const rows = { list: all(25) };
  const { load } = server(rows);
  let broken = false;
  const pages = new Pages((before) => (broken ? Promise.reject(new Error("away")) : load(before)));
  await pages.refresh();
  broken = true;
  await assert.rejects(pages.more(10), /away/);
  broken = false;
  assert.equal(await pages.more(10), true);
});
