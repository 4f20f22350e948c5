import assert from "node:assert/strict";
import { test } from "node:test";
import { cameraOf, cause, clock, ending, format, STOPPABLE, whyNot } from "../../cometact_nb/views/panel/camera.js";
import { SHORTEST } from "../../cometact_nb/views/panel/trim.js";

function named(name) {
  return Object.assign(new Error("no"), { name });
}

test("a page that cannot record says why and names the file", () => {
  const able = { isSecureContext: true, navigator: { mediaDevices: {} }, MediaRecorder: class {} };
  assert.equal(whyNot(able), "");
  assert.match(whyNot({ isSecureContext: false, navigator: {} }), /secure pages only.*https or as localhost.*choose a file/);
  assert.match(whyNot({ ...able, MediaRecorder: undefined }), /cannot record. Choose a file/);
  assert.match(whyNot({ ...able, navigator: {} }), /cannot record/);
});

test("a denied, an absent and a used camera have one sentence each, with the file as the way out", () => {
  for (const [name, said] of [
    ["NotAllowedError", /did not allow the camera.*choose a file/],
    ["NotFoundError", /finds no camera.*choose a file/],
    ["NotReadableError", /another program.*choose a file/],
    ["StrangeError", /StrangeError.*Choose a file/],
  ])
    assert.match(cause(named(name)), said);
  assert.match(cause(null), /unknown error/);
});

test("without a microphone the camera alone is asked for; who refused is not asked twice", async () => {
  const asked = [];
  const without = async ({ audio }) => {
    asked.push(Boolean(audio));
    if (audio) throw named("NotFoundError");
    return "camera";
  };
  assert.equal(await cameraOf(without), "camera");
  assert.deepEqual(asked, [true, false]);
  asked.length = 0;
  const refused = async ({ audio }) => {
    asked.push(Boolean(audio));
    throw named("NotAllowedError");
  };
  await assert.rejects(cameraOf(refused), { name: "NotAllowedError" });
  assert.deepEqual(asked, [true]);
});

test("H.264 is recorded where a browser can, WebM elsewhere", () => {
  assert.match(
    format(() => true),
    /avc1/,
  );
  assert.equal(
    format((one) => one.startsWith("video/webm")),
    "video/webm;codecs=vp8,opus",
  );
  assert.equal(
    format(() => false),
    "",
  );
  assert.deepEqual(["video/mp4;codecs=avc1", "video/webm", ""].map(ending), ["mp4", "webm", "webm"]);
});

test("the clock names the limit and a recording cannot be stopped too early", () => {
  assert.deepEqual([clock(4.26), clock(31)], ["● 4.3 s of 30 s", "● 30.0 s of 30 s"]);
  assert.ok(STOPPABLE > SHORTEST);
});
