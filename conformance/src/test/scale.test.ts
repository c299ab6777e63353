import assert from "node:assert/strict";
import { runScale } from "../support/scale.js";
import { test } from "../support/test.js";

// In full (100,000 objects, 200 clients): interop/scale.mjs.
test("5,000 objects of 20 clients, a third of them killed: none left over, none freed early, memory as before", async () => {
  const figures = await runScale({
    processes: 4,
    connections: 5,
    objects: 250,
    pingPeriod: 600,
    address: "127.0.0.51",
  });
  assert.ok(figures.killedClients >= 5 && figures.killedObjects >= 1250);
  assert.ok(
    figures.freedAfter >= 1.5 && figures.freedAfter < 10,
    `freed after ${figures.freedAfter} periods`,
  );
  const grown = figures.heapAfter - figures.heapBefore;
  assert.ok(grown < 3_000_000, `the server's heap is ${grown} bytes larger than before`);
});
