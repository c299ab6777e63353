import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualClock, systemClock } from "../index.ts";

test("a manual clock runs what falls due, in order, at its time", () => {
  const clock = new ManualClock(1000);
  const seen: string[] = [];
  const note = (what: string) => () => void seen.push(`${what}@${clock.now()}`);
  clock.after(50, note("b"));
  clock.after(20, note("a"));
  const tick = clock.every(30, note("tick"));
  clock.after(40, () => {
    note("c")();
    clock.after(5, note("from c"));
  });
  clock.advance(19);
  assert.deepEqual(seen, []);
  clock.advance(81);
  assert.deepEqual(seen, [
    "a@1020",
    "tick@1030",
    "c@1040",
    "from c@1045",
    "b@1050",
    "tick@1060",
    "tick@1090",
  ]);
  tick[Symbol.dispose]();
  clock.advance(1000);
  assert.equal(seen.length, 7);
  assert.equal(clock.monotonic(), 2100);
});

test("a disposed timer does not run, not even from within another", () => {
  const clock = new ManualClock();
  const seen: number[] = [];
  const second = clock.after(20, () => void seen.push(2));
  clock.after(10, () => second[Symbol.dispose]());
  clock.advance(100);
  assert.deepEqual(seen, []);
  second[Symbol.dispose]();
});

test("the system clock keeps time and its timers can be disposed", async () => {
  const from = systemClock.monotonic();
  const never = systemClock.after(1, () => assert.fail("disposed"));
  never[Symbol.dispose]();
  // The clock's own timers do not keep the process alive; this one does.
  const alive = setInterval(() => {}, 1000);
  let ticks = 0;
  await new Promise<void>((resolve) => {
    const every = systemClock.every(2, () => {
      if (++ticks < 3) return;
      every[Symbol.dispose]();
      resolve();
    });
  });
  await new Promise<void>((resolve) => void systemClock.after(10, resolve));
  clearInterval(alive);
  assert.equal(ticks, 3);
  assert.ok(systemClock.monotonic() > from);
  assert.ok(Math.abs(systemClock.now() - Date.now()) < 1000);
});
