import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { threadId } from "node:worker_threads";
import { type Runtime, isSameObject, pointerTo } from "../../com/index.ts";
import { type OpenOptions, openApartment, openRuntime } from "../index.ts";
import { IWork, Work, clsids } from "./threads/work.ts";

const modulePath = fileURLToPath(new URL("./threads/work.js", import.meta.url));

/** A runtime of its own machine, with the classes registered. */
async function withRuntime(options: OpenOptions, run: (com: Runtime) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "comity-threads-"));
  try {
    await using com = await openRuntime({ home, ...options });
    await com.registerModule(modulePath);
    await run(com);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

test("a call crosses to another thread and comes back, with references both ways", { timeout: 20_000 }, () =>
  withRuntime({}, async (com) => {
    await using apartment = await openApartment(com, "single", { name: "far" });
    using far = await apartment.createInstance(clsids.Both, IWork);
    assert.equal(await far.Add(2, 3), 5);
    const there = await far.Thread();
    assert.notEqual(there, threadId);
    using here = pointerTo(new Work(), IWork, com);
    assert.equal(await far.ThreadOf(here), threadId, "called back in this thread");
    await far.Keep(here);
    using back = await far.Kept();
    assert.ok(back !== null && isSameObject(back, here), "an object comes home as itself");
    await far.Keep(null);
    assert.equal(await far.Nest(here, 6), 6);
  }),
);
