import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Confirm } from "../../cometact_nb/views/base/confirm.js";
import { Mailbox } from "../../cometact_nb/views/base/kernel.js";
import { Clock } from "./clock.js";

let clock;
let said;
let sent;

beforeEach(() => {
  clock = new Clock();
  said = "";
  sent = [];
});
afterEach(() => clock.restore());

function mailbox({ isGone = false, stamp = {}, probe } = {}) {
  const kernel = { isGone };
  const send = (content) => {
    if (kernel.isGone) throw new Error("no kernel");
    sent.push(content);
  };
  const say = (text) => {
    said = text;
  };
  const words = { say, gone: () => "gone", busy: () => "busy", patience: 400, probe };
  return Object.assign(new Mailbox({ send }, words, stamp), { kernel });
}

test("a kernel that hears a message in time is never called busy", async () => {
  const mail = mailbox();
  mail.ask({ type: "refresh" });
  await clock.pass(399);
  assert.equal(mail.heard(1), true);
  await clock.pass(1000);
  assert.equal(said, "");
});

test("a kernel that has not heard a message in time is called busy until it has", async () => {
  const mail = mailbox();
  mail.ask({ type: "refresh" });
  await clock.pass(400);
  assert.equal(said, "busy");
  mail.heard(1);
  assert.equal(said, "");
});

test("only the last message counts: an older one that is heard takes nothing back", async () => {
  const mail = mailbox();
  mail.ask({ type: "refresh" });
  mail.ask({ type: "refresh" });
  await clock.pass(400);
  assert.equal(mail.heard(1), false);
  assert.equal(mail.heard(null), false);
  assert.equal(said, "busy");
});

test("a kernel that is gone is said to be gone and not busy as well", async () => {
  const mail = mailbox({ isGone: true });
  assert.equal(mail.ask({ type: "refresh" }), false);
  await clock.pass(1000);
  assert.equal(said, "gone");
});

test("a message that nobody waits for says nothing", async () => {
  assert.equal(mailbox({ isGone: true }).post({ type: "hello" }), false);
  assert.equal(said, "");
});

test("a busy kernel that goes is said to be gone where that matters", async () => {
  const mail = mailbox({ probe: { type: "still there" } });
  mail.ask({ type: "rate" });
  await clock.pass(400);
  assert.equal(said, "busy");
  mail.kernel.isGone = true;
  await clock.pass(799);
  assert.equal(said, "busy");
  await clock.pass(1);
  assert.equal(said, "gone");
});

test("a busy kernel is asked ever more rarely whether it is still there, until it has heard", async () => {
  const mail = mailbox({ probe: { type: "still there" } });
  mail.ask({ type: "rate" });
  await clock.pass(600_000);
  const probes = sent.filter(({ type }) => type === "still there").length;
  assert.ok(probes > 10 && probes < 20, `${probes} in ten minutes`);
  mail.heard(1);
  await clock.pass(600_000);
  assert.equal(sent.length, 1 + probes);
});

test("every message carries the view it came from", () => {
  const mail = mailbox({ stamp: { view: "a" } });
  mail.send({ type: "hello" });
  mail.ask({ type: "refresh" });
  assert.deepEqual(sent, [
    { type: "hello", view: "a" },
    { type: "refresh", number: 1, view: "a" },
  ]);
});

const button = (textContent) => ({ textContent, dataset: {}, isConnected: true });

test("a button asks once, and acts when it is pressed again", () => {
  const cancel = button("Cancel");
  const confirm = new Confirm();
  assert.equal(confirm.pressed(cancel, "Really cancel?"), false);
  assert.equal(cancel.textContent, "Really cancel?");
  assert.equal(confirm.pressed(cancel, "Really cancel?"), true);
  assert.equal(cancel.textContent, "Cancel");
});

test("a question that is not answered is taken back", async () => {
  const cancel = button("Cancel");
  let left = 0;
  const confirm = new Confirm(() => left++);
  confirm.pressed(cancel, "Really cancel?");
  await clock.pass(6000);
  assert.equal(cancel.textContent, "Cancel");
  assert.equal(left, 1);
  assert.equal(confirm.pressed(cancel, "Really cancel?"), false);
});

test("asking about one button takes the question of another back", () => {
  const [forget, again] = [button("Forget"), button("Send again…")];
  const confirm = new Confirm();
  confirm.pressed(forget, "Really give it up?");
  assert.equal(confirm.pressed(again, "Really pay?"), false);
  assert.equal(forget.textContent, "Forget");
});
