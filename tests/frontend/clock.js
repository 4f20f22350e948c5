// A page's time under a test's hand: timers, animation frames and `performance.now`, in milliseconds.

import { setImmediate } from "node:timers";

const FRAME_MS = 16;

export class Clock {
  constructor() {
    this.now = 0;
    this.timers = new Map(); // what is to be called and when, by number
    this.last = 0;
    this.before = { ...pick(globalThis), now: performance.now };
    Object.assign(globalThis, {
      setTimeout: (call, ms = 0) => this.add(call, ms),
      clearTimeout: (number) => this.timers.delete(number),
      requestAnimationFrame: (call) => this.add(() => call(this.now), FRAME_MS),
      cancelAnimationFrame: (number) => this.timers.delete(number),
    });
    performance.now = () => this.now;
  }

  add(call, ms) {
    this.timers.set(++this.last, { call, at: this.now + ms });
    return this.last;
  }

  // Let time pass; what promises wait for is done in between.
  async pass(ms) {
    const end = this.now + ms;
    await settled();
    for (let next = this.due(end); next; next = this.due(end)) {
      const [number, { call, at }] = next;
      this.timers.delete(number);
      this.now = at;
      call();
      await settled();
    }
    this.now = end;
  }

  due(end) {
    const due = [...this.timers].filter(([, { at }]) => at <= end);
    return due.sort(([a, one], [b, other]) => one.at - other.at || a - b)[0];
  }

  restore() {
    const { now, ...rest } = this.before;
    Object.assign(globalThis, rest);
    performance.now = now;
  }
}

function pick({ setTimeout, clearTimeout, requestAnimationFrame, cancelAnimationFrame }) {
  return { setTimeout, clearTimeout, requestAnimationFrame, cancelAnimationFrame };
}

function settled() {
  return new Promise((resolve) => setImmediate(resolve));
}
