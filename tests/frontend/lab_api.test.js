import assert from "node:assert/strict";
import { test } from "node:test";
import { Api, kindOf, queryOf } from "../../cometact_nb/entry/lab/api.js";
import { momentOf } from "../../cometact_nb/entry/lab/words.js";

/** An Api whose server answers with these, one after the other; what it asked is in `asked`. */
function api(...answers) {
  const asked = [];
  const makeRequest = async (url, init, settings) => {
    asked.push([url, init.method ?? "GET", init.body, settings.token]);
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return new Response(answer.body, { status: answer.status ?? 200 });
  };
  return { asked, api: new Api({ makeRequest }, { baseUrl: "https://hub.example/user/a%20b/", token: "t" }) };
}

test("addresses stand below the server's base, each part is one segment", async () => {
  const { api: one, asked } = api({ body: '{"tasks": [], "next": "5 k"}' }, { body: "{}" });
  assert.deepEqual(await one.tasks({ text: "a b&c", status: "", limit: 60, before: null }), { rows: [], next: "5 k" });
  await one.task("../status");
  assert.deepEqual(asked[0], ["https://hub.example/user/a%20b/cometact-nb/api/tasks?text=a+b%26c&limit=60", "GET", undefined, "t"]);
  assert.equal(asked[1][0], "https://hub.example/user/a%20b/cometact-nb/api/tasks/..%2Fstatus");
});

test("only the address of a clip or a poster becomes one of the page", () => {
  const { api: one } = api();
  assert.equal(one.file("clips/a-1/0"), "https://hub.example/user/a%20b/cometact-nb/api/clips/a-1/0");
  for (const address of ["https://elsewhere.example/x", "../files/x", "clips/a/0?x", "javascript:alert(1)", ""])
    assert.equal(one.file(address), "");
});

test("sweeps are searched by name, grid and state", async () => {
  const sweeps = [
    { name: "How lively", grid: "seed 1, 2", state: "bought" },
    { name: "faces", grid: "expression_intensity 1", state: "paused" },
  ];
  const body = JSON.stringify({ sweeps });
  const { api: one } = api({ body }, { body }, { body });
  assert.deepEqual((await one.sweeps("LIVELY seed", 50)).rows, [sweeps[0]]);
  assert.deepEqual((await one.sweeps("paused", 50)).rows, [sweeps[1]]);
  assert.equal((await one.sweeps("", 50)).rows.length, 2);
});

test("each failure is one sentence", async () => {
  const refused = { status: 400, body: '{"message": "limit is no number."}' };
  const cases = [
    [new TypeError("Failed to fetch"), "away", /does not answer/],
    [{ status: 404, body: "<html>" }, "missing", /has no part of cometact_nb/],
    [{ status: 200, body: "<html>login" }, "missing", /has no part of cometact_nb/],
    [{ status: 403, body: '{"message": "Forbidden"}' }, "denied", /token may have expired/],
    [{ status: 404, body: '{"message": "No history has this task."}' }, "failed", /^No history has this task\.$/],
    [{ status: 500, body: "" }, "failed", /could not answer/],
    [refused, "failed", /^limit is no number\.$/],
  ];
  for (const [answer, kind, message] of cases) await assert.rejects(api(answer).api.status(), { kind, message });
  assert.equal(kindOf(401, ""), "denied");
  assert.equal(queryOf({ a: "", b: null, c: undefined }), "");
});

test("the keeper is switched by a POST", async () => {
  const { api: one, asked } = api({ body: '{"keeper": {"on": true}}' });
  assert.deepEqual(await one.keep(true), { on: true });
  assert.deepEqual(asked[0].slice(1, 3), ["POST", '{"on":true}']);
});

test("today's moments have no date", () => {
  const now = new Date(2026, 4, 4, 12, 0);
  assert.equal(momentOf(new Date(2026, 4, 4, 9, 5).getTime() / 1000, now), "09:05");
  assert.equal(momentOf(new Date(2026, 4, 3, 23, 59).getTime() / 1000, now), "2026-05-03 23:59");
  assert.equal(momentOf(null, now), "");
});
