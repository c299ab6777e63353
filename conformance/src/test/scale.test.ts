import assert from "node:assert/strict";
import { setTimeout as delay } from "node:timers/promises";
import { ISubjectLab, Subject } from "../gen/subject.js";
import { TestMachine } from "../support/machine.js";
import { until } from "../support/wait.js";
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

test("objects that come and go by the thousand leave nothing behind", async () => {
  await using machine = await TestMachine.open({
    settings: { pingPeriod: 300 },
    nodeOptions: ["--expose-gc"],
  });
  await using com = await machine.runtime({ leaks: "log" });
  using lab = await com.createInstance(Subject, ISubjectLab, { context: 4 });
  const heaps: number[] = [];
  for (let round = 0; round < 4; round++) {
    const all = (await Promise.all(Array.from({ length: 8 }, async () => lab.SpawnMany(1000)))).flat();
    assert.equal(await lab.Living(), 8001);
    for (const one of all) one?.Release();
    await until(async () => (await lab.Living()) === 1, "the objects to go");
    await delay(200); // the tables forget in batches
    heaps.push(await lab.HeapUsed());
  }
  const grown = (heaps[3] ?? 0) - (heaps[0] ?? 0);
  assert.ok(grown < 500_000, `${heaps.join(", ")}: the later rounds cost what the first did`);
});
