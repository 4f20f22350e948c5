import assert from "node:assert/strict";
import { test } from "node:test";
import { Poll } from "../../cometact_nb/entry/lab/poll.js";

/** A clock that waits to be asked, and remembers the pauses in seconds. */
function clock() {
  const timers = new Map();
  let count = 0;
  return {
    pauses: [],
    timers,
    set(work, ms) {
      this.pauses.push(ms / 1000);
      timers.set(++count, work);
      return count;
    },
    clear: (timer) => timers.delete(timer),
    async pass(poll) {
      const [[timer, work]] = timers;
      timers.delete(timer);
      work();
      await poll.working;
    },
  };
}

test("it asks at once, and more seldom where nothing changes", async () => {
  const time = clock();
  let asked = 0;
  const poll = new Poll(async () => ++asked < 3, 10, time);
  poll.start();
  poll.start();
  await poll.working;
  for (let i = 0; i < 7; i++) await time.pass(poll);
  assert.equal(asked, 8);
  assert.deepEqual(time.pauses.map(Math.round), [10, 10, 15, 23, 34, 40, 40, 40]);
  assert.equal(time.timers.size, 1);
});

test("nobody is asked while nobody looks", async () => {
  const time = clock();
  let asked = 0;
  const poll = new Poll(async () => Boolean(++asked), 10, time);
  assert.deepEqual([asked, time.timers.size], [0, 0]);
  poll.start();
  poll.stop();
  await poll.working;
  assert.deepEqual([asked, time.timers.size], [1, 0]);
  poll.start();
  await poll.working;
  assert.deepEqual([asked, time.timers.size], [2, 1]);
});

test("an error makes it wait twice as long each time, five minutes at the most", async () => {
  const time = clock();
  let fails = true;
  const poll = new Poll(() => (fails ? Promise.reject(new Error("away")) : Promise.resolve(true)), 10, time);
  poll.start();
  await poll.working;
  for (let i = 0; i < 5; i++) await time.pass(poll);
  fails = false;
  await time.pass(poll);
  assert.deepEqual(time.pauses, [20, 40, 80, 160, 300, 300, 10]);
});

test("a click asks at once, after the question that is under way", async () => {
  const time = clock();
  const answers = [];
  const poll = new Poll(() => new Promise((resolve) => answers.push(resolve)), 10, time);
  poll.start();
  const asked = poll.now();
  assert.equal(answers.length, 1);
  answers[0](true);
  await new Promise(setImmediate);
  assert.equal(answers.length, 2);
  answers[1](true);
  await asked;
  assert.equal(time.timers.size, 1);
});
