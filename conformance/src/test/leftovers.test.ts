import assert from "node:assert/strict";
import { test } from "../support/test.js";
import { until } from "../support/wait.js";

// Runs last: what the other suites opened in this process is closed again.
test("no socket and no child process is left over", async () => {
  const left = (): string[] =>
    process.getActiveResourcesInfo().filter((name) => /TCP|Pipe(?!Wrap$)|ProcessWrap/.test(name));
  await until(() => left().length === 0, "sockets and processes to close").catch(() => undefined);
  assert.deepEqual(left(), []);
});
