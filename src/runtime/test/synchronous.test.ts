import assert from "node:assert/strict";
import { test } from "node:test";
import { threadId } from "node:worker_threads";
import { HResult } from "../../base/index.ts";
import {
  ClassContext,
  marshalInterThreadInterfaceInStream,
  pointerTo,
  synchronously,
} from "../../com/index.ts";
import { openApartment, openRuntime } from "../index.ts";
import { withRuntime } from "./threads/support.ts";
import { IWork, Work, clsids } from "./threads/work.ts";

for (const model of ["single", "multi"] as const) {
  test(`a synchronous call to a ${model}-threaded apartment answers the value`, () =>
    withRuntime({}, async (com) => {
      await using apartment = await openApartment(com, model);
      using far = await apartment.createInstance(clsids.Both, IWork);
      using now = await synchronously(far);
      assert.equal(now.Add(2, 3), 5);
      for (let i = 0; i < 2000; i++) assert.equal(now.Add(i, 1), i + 1);
      assert.notEqual(now.Thread(), threadId);
      using here = pointerTo(new Work(), IWork, com);
      assert.equal(now.ThreadOf(here), threadId, "called back while waiting");
      assert.equal(now.Slow(20), 1, "a method that takes its time");
      const [sync, async] = [now.Add(1, 1), far.Add(2, 2)];
      assert.equal(sync, 2);
      assert.equal(await async, 4);
    }));
}

test("there and back, synchronously on both sides", () =>
  withRuntime({ apartment: "single" }, async (com) => {
    await using apartment = await openApartment(com, "single");
    using far = await apartment.createInstance(clsids.Both, IWork);
    using now = await synchronously(far);
    /** Calls back synchronously. */
    class Back extends Work {
      #deep = 0;
      override Thread(): number {
        return ++this.#deep > 5 ? this.#deep : now.ThreadOf(pointer);
      }
    }
    using pointer = pointerTo(new Back(), IWork, com);
    assert.equal(now.ThreadOf(pointer), 6);
  }));

test("what cannot be had synchronously says so", () =>
  withRuntime({}, async (com) => {
    await using apartment = await openApartment(com, "multi");
    using far = await apartment.createInstance(clsids.Both, IWork);
    using now = await synchronously(far);
    assert.throws(() => now.Slow(60_000, { timeout: 50 }), { code: HResult.RPC_E_TIMEOUT });
    assert.throws(
      () => now.Exit(2),
      { code: HResult.RPC_E_SERVER_DIED },
      "a thread that ends under the call",
    );
    await apartment.closed;
    assert.throws(() => now.Add(1, 1), { code: HResult.RPC_E_DISCONNECTED });
    class Slowly extends Work {
      override Thread(): number {
        return Promise.resolve(7) as unknown as number;
      }
    }
    await using other = await openApartment(com, "single");
    using again = await other.createInstance(clsids.Both, IWork);
    using sync = await synchronously(again);
    using slowly = pointerTo(new Slowly(), IWork, com);
    assert.throws(() => sync.ThreadOf(slowly), { code: HResult.RPC_E_CALL_REJECTED }, "it cannot settle");
    assert.equal(await again.ThreadOf(slowly), 7);
    using direct = await synchronously(slowly);
    assert.equal(direct.Add(1, 2), 3);
    assert.throws(() => direct.Thread(), { code: HResult.E_UNEXPECTED });
    // Another process has to be waited for with the event loop.
    await using server = await openRuntime({ home: com.home });
    const definition = {
      clsid: clsids.Main as never,
      factory: { CreateInstance: () => server.pointerTo(new Work(), IWork), LockServer() {} },
    };
    await using _ = await server.registerClassObject(definition);
    using distant = await com.createInstance(clsids.Main, IWork, { context: ClassContext.LOCAL_SERVER });
    await assert.rejects(synchronously(distant), { code: HResult.E_NOTIMPL });
  }));

test("a thread that waits synchronously hears that the other one is terminated", () =>
  withRuntime({}, async (com) => {
    await using waiting = await openApartment(com, "multi");
    await using dying = await openApartment(com, "multi");
    using far = await dying.createInstance(clsids.Both, IWork);
    const stream = await marshalInterThreadInterfaceInStream(com, IWork, far);
    const waits = waiting.run(new URL("./threads/waiter.js", import.meta.url), stream);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await dying.terminate();
    assert.equal(await waits, HResult.RPC_E_SERVER_DIED);
  }));

test("a stranger waits while a thread waits synchronously", () =>
  withRuntime({}, async (com) => {
    await using one = await openApartment(com, "multi");
    await using two = await openApartment(com, "multi");
    using slow = await one.createInstance(clsids.Both, IWork);
    using other = await two.createInstance(clsids.Both, IWork);
    let called = 0;
    class Counted extends Work {
      override Thread(): number {
        return ++called;
      }
    }
    using here = pointerTo(new Counted(), IWork, com);
    using now = await synchronously(slow);
    const stranger = other.SlowThenThreadOf(10, here); // calls in the middle of the wait
    assert.equal(now.Slow(150), 1);
    assert.equal(called, 0);
    assert.equal(await stranger, 1);
  }));
