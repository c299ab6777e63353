import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult, ManualClock, guid, newGuid, silentLogger } from "../../base/index.ts";
import type { LaunchExit } from "../scm/launcher.ts";
import { Launches } from "../scm/launches.ts";

const clsid = guid("5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e0f");

/** Launches of programs that never serve. */
function stuck(options: { maxLaunches: number; maxWaiting: number }) {
  let started = 0;
  const launches = new Launches({
    launch: () => ({
      token: String(++started),
      pid: started,
      exited: new Promise<LaunchExit>(() => {}),
      output: () => "",
      kill: () => {},
    }),
    clock: new ManualClock(),
    logger: silentLogger,
    launchTimeout: 1000,
    crashLimit: 5,
    crashWindow: 60_000,
    ...options,
  });
  return { launches, started: () => started };
}

const spec = (name: string) => ({ name, command: ["true"] }) as unknown as Parameters<Launches["start"]>[2];

test("activations that wait for programs to start are bounded, of one program and of many", async () => {
  const { launches, started } = stuck({ maxLaunches: 4, maxWaiting: 50 });
  const ends: Promise<unknown>[] = [];
  for (let i = 0; i < 10_000; i++) {
    const key = i % 2 === 0 ? "one" : newGuid();
    ends.push(launches.start(key, clsid, spec(key)).catch((error: unknown) => error));
  }
  const refused = await Promise.race([ends[60], ends[61]]);
  assert.equal((refused as { code: number }).code, HResult.RPC_S_SERVER_TOO_BUSY);
  assert.equal((refused as { gate: string }).gate, "launch queue");
  assert.equal(started(), 4);
  launches.close();
  const all = (await Promise.all(ends)) as { code: number }[];
  assert.equal(all.filter(({ code }) => code === HResult.RPC_S_SERVER_TOO_BUSY).length, 9_950);
  assert.equal(all.filter(({ code }) => code === HResult.CO_E_SERVER_STOPPING).length, 50);
});
