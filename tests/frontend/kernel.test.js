import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { Confirm } from "../../cometact_nb/views/base/confirm.js";
import { Mailbox, whenGone } from "../../cometact_nb/views/base/kernel.js";
import { Clock } from "./clock.js";

let clock;
let said;
let sent;
let lost;

beforeEach(() => {
  clock = new Clock();
  said = "";
  sent = [];
  lost = 0;
});
afterEach(() => clock.restore());

function mailbox({ isGone = false, stamp = {}, probe, kernel: connected } = {}) {
  const kernel = { isGone };
  const send = (content) => {
    if (kernel.isGone) throw new Error("no kernel");
    sent.push(content);
  };
  const say = (text) => {
    said = text;
  };
  const lose = () => {
    lost++;
    say("gone");
  };
  const words = { say, lost: lose, busy: () => "busy", patience: 400, probe };
  return Object.assign(new Mailbox({ send, widget_manager: { kernel: connected } }, words, stamp), { kernel });
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

test("a view whose first message finds no kernel is told once", async () => {
  const mail = mailbox({ isGone: true });
  assert.equal(mail.send({ type: "hello" }), false);
  assert.equal(mail.send({ type: "hello" }), false);
  assert.deepEqual([said, lost], ["gone", 1]);
});

// A page's connection to its kernel; each signal can be given off.
function connection() {
  const signal = () => {
    const slots = new Set();
    return {
      slots,
      connect: (slot) => slots.add(slot),
      disconnect: (slot) => slots.delete(slot),
      emit: (args) => [...slots].map((slot) => slot(null, args)),
    };
  };
  return { disposed: signal(), statusChanged: signal(), connectionStatusChanged: signal(), iopubMessage: signal() };
}

const spoken = (session, execution_state, msg_type = "status") => ({ header: { session, msg_type }, content: { execution_state } });

for (const status of ["restarting", "autorestarting", "terminating", "dead"]) {
  test(`a kernel that is ${status} is gone, and that is said once`, () => {
    const kernel = connection();
    const mail = mailbox({ kernel });
    kernel.statusChanged.emit(status);
    kernel.statusChanged.emit("idle");
    kernel.disposed.emit();
    assert.deepEqual([said, lost, mail.ask({ type: "refresh" })], ["gone", 1, false]);
    assert.equal(sent.length, 0);
  });
}

test("a kernel that is busy, or that a page has lost sight of, is not gone", () => {
  const kernel = connection();
  mailbox({ kernel });
  for (const status of ["busy", "idle", "unknown", "starting"]) kernel.statusChanged.emit(status);
  kernel.iopubMessage.emit(spoken("a", "busy"));
  kernel.iopubMessage.emit(spoken("server", undefined, "stream"));
  kernel.iopubMessage.emit(spoken("a", "idle"));
  assert.deepEqual([said, lost], ["", 0]);
});

test("a kernel that another page started anew is gone when the new one speaks, or the old one says goodbye", () => {
  const [kernel, other] = [connection(), connection()];
  mailbox({ kernel });
  kernel.iopubMessage.emit(spoken("a", "busy"));
  kernel.iopubMessage.emit(spoken("b", "busy"));
  assert.equal(lost, 1);
  mailbox({ kernel: other });
  other.iopubMessage.emit(spoken("a", undefined, "shutdown_reply"));
  assert.equal(lost, 2);
});

test("a page without its connection says so until it has it again, and a short break is not said", async () => {
  const kernel = connection();
  mailbox({ kernel });
  kernel.connectionStatusChanged.emit("connecting");
  await clock.pass(1900);
  kernel.connectionStatusChanged.emit("connected");
  await clock.pass(5000);
  assert.equal(said, "");
  kernel.connectionStatusChanged.emit("connecting");
  kernel.connectionStatusChanged.emit("disconnected");
  await clock.pass(2000);
  assert.match(said, /^No connection to the kernel since .*may be old/);
  kernel.connectionStatusChanged.emit("connected");
  assert.deepEqual([said, lost], ["", 0]);
});

test("what was asked before the connection broke is waited for on", async () => {
  const kernel = connection();
  const mail = mailbox({ kernel, probe: { type: "still there" } });
  mail.ask({ type: "rate" });
  kernel.connectionStatusChanged.emit("connecting");
  await clock.pass(2000);
  kernel.connectionStatusChanged.emit("connected");
  await clock.pass(2000);
  assert.equal(said, "busy");
  mail.heard();
  assert.equal(said, "");
});

test("a view that is no more hears nothing", () => {
  const kernel = connection();
  mailbox({ kernel }).dispose();
  assert.equal(
    Object.values(kernel).reduce((sum, signal) => sum + signal.slots.size, 0),
    0,
  );
  whenGone(undefined, assert.fail)();
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
  await clock.pass(12_000);
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
