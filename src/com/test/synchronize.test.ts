import assert from "node:assert/strict";
import { test } from "node:test";
import { HResult } from "../../base/index.ts";
import { ISynchronize } from "../gen/objidl.ts";
import { ISynchronizeContainer } from "../gen/objidlbase.ts";
import {
  CLSID_ManualResetEvent,
  CLSID_StdEvent,
  CLSID_SynchronizeContainer,
  type Runtime,
  Synchronize,
  isSameObject,
  pointerTo,
} from "../index.ts";
import { openRuntime } from "./support.ts";

const pending = { code: 0x80010115 };

async function withRuntime(run: (com: Runtime) => Promise<void>): Promise<void> {
  await using com = await openRuntime({ leaks: "throw" });
  await run(com);
}

const event = (com: Runtime, clsid: string = CLSID_StdEvent): Promise<ISynchronize> =>
  com.createInstance(clsid, ISynchronize);

test("events are made by their classes", () =>
  withRuntime(async (com) => {
    using auto = await event(com);
    await auto.Signal();
    await auto.Wait(0, 0);
    await assert.rejects(async () => auto.Wait(0, 0), pending);
    using manual = await event(com, CLSID_ManualResetEvent);
    await manual.Signal();
    await manual.Wait(0, 0);
    await manual.Wait(0, 0);
    await manual.Reset();
    await assert.rejects(async () => manual.Wait(0, 5), pending);
  }));

test("a container waits for the first of several; the others keep their signals", () =>
  withRuntime(async (com) => {
    using container = await com.createInstance(CLSID_SynchronizeContainer, ISynchronizeContainer);
    await assert.rejects(async () => container.WaitMultiple(0, 0), { code: 0x80010120 });
    await assert.rejects(async () => container.AddSynchronize(null), { code: HResult.E_INVALIDARG });
    using one = await event(com);
    using two = await event(com);
    for (const sync of [one, two]) await container.AddSynchronize(sync);
    await assert.rejects(async () => container.WaitMultiple(0, 5), pending);
    setTimeout(() => void two.Signal(), 5);
    using first = await container.WaitMultiple(0, 10_000);
    assert.ok(first !== null && isSameObject(first, two));
    await assert.rejects(async () => two.Wait(0, 0), pending, "its signal was taken");
    await one.Signal();
    await one.Wait(0, 0); // nobody of the waiting before took it
    const both = container.WaitMultiple(0, 0xffff_ffff);
    await new Promise((resolve) => setTimeout(resolve, 1));
    await one.Signal();
    await two.Signal();
    using next = await both;
    assert.ok(next !== null && isSameObject(next, one));
    await two.Wait(0, 0);
  }));

test("a container holds 64 objects, and lets them go at its end", () =>
  withRuntime(async (com) => {
    let ended = 0;
    class Counted extends Synchronize {
      finalRelease(): void {
        ended++;
      }
    }
    {
      using container = await com.createInstance(CLSID_SynchronizeContainer, ISynchronizeContainer);
      for (let i = 0; i < 64; i++) {
        using counted = pointerTo(new Counted(), ISynchronize);
        await container.AddSynchronize(counted);
      }
      using more = pointerTo(new Synchronize(), ISynchronize);
      await assert.rejects(async () => container.AddSynchronize(more), { code: 0x80010101 });
      assert.equal(ended, 0);
    }
    assert.equal(ended, 64);
  }));
