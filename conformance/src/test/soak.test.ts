import assert from "node:assert/strict";
import { runSoak } from "../support/soak.js";
import { test } from "../support/test.js";

// In full (an hour): node conformance/dist/soak.js.
test("a soak: random activations, calls, call-backs, references handed on, kills; nothing is left over", async (context) => {
  const figures = await runSoak({ time: 8000, addresses: ["127.0.0.73", "127.0.0.74"] });
  context.diagnostic(JSON.stringify(figures));
  const total = Object.values(figures.actions).reduce((sum, count) => sum + count, 0);
  assert.ok(total > 50, `${total} actions`);
  assert.ok(figures.killedServers > 0);
});
