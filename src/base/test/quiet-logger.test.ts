import assert from "node:assert/strict";
import { test } from "node:test";
import { type Logger, ManualClock, quietLogger, silentLogger } from "../index.ts";

function recorder(): { logger: Logger; lines: { fields: object; message: string }[] } {
  const lines: { fields: object; message: string }[] = [];
  const note = (fields: object, message: string): void => void lines.push({ fields, message });
  return { logger: { debug: note, info: note, warn: note, error: note }, lines };
}

test("a flood is cut off, and one line says how much there was", () => {
  const clock = new ManualClock();
  const { logger, lines } = recorder();
  const quiet = quietLogger(logger, clock, { lines: 3, window: 1000 });
  for (let i = 0; i < 100_000; i++) quiet.warn({ remote: `10.0.0.${i}` }, "logon refused");
  quiet.error({}, "something else");
  assert.equal(lines.length, 4);
  clock.advance(1000);
  assert.deepEqual(lines.at(-1), {
    fields: { remote: "10.0.0.99999", suppressed: 99_997 },
    message: "logon refused (99997 more like this were not logged)",
  });
  assert.equal(lines.length, 5);
  clock.advance(5000);
  quiet.warn({}, "logon refused");
  assert.equal(lines.length, 6, "a new window");
});

test("messages that all differ are cut off too", () => {
  const clock = new ManualClock();
  const { logger, lines } = recorder();
  const quiet = quietLogger(logger, clock, { lines: 2, window: 1000 });
  for (let i = 0; i < 10_000; i++) quiet.warn({}, `refused ${i}`);
  assert.equal(lines.length, 66);
  clock.advance(1000);
  assert.equal(lines.length, 67);
});

test("what is not a refusal passes", () => {
  const { logger, lines } = recorder();
  const quiet = quietLogger(logger, new ManualClock(), { lines: 1 });
  for (let i = 0; i < 10; i++) {
    quiet.info({}, "open");
    quiet.debug({}, "seen");
  }
  assert.equal(lines.length, 20);
  assert.equal(quietLogger(silentLogger, new ManualClock()), silentLogger);
});
