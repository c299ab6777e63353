import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ComError, type Guid, HResult, ManualClock, guid } from "../../base/index.ts";
import { type IUnknown, type Implements, defineClass, pointerTo } from "../../com/index.ts";
import { Loopback } from "../../com/test/loopback.ts";
import { advise } from "../events/advise.ts";
import { connectionPointOf } from "../events/connection-point.ts";
import { events } from "../events/event-stream.ts";
import { ask, fire } from "../events/fire.ts";
import { withEvents } from "../events/on.ts";
import { mayChange, notifyChanged } from "../events/property-notify.ts";
import type { EventSettings } from "../events/settings.ts";
import {
  IConnectionPoint,
  IConnectionPointContainer,
  IPropertyNotifySink,
  IProvideClassInfo,
} from "../gen/ocidl.ts";
import { ICounter, ICounterEvents, IOtherEvents } from "./gen/events-sample.ts";
import { host, CounterObject, counterClass, make, makeCounter, codeOf, turn } from "./events-sample.ts";

describe("connection points within an apartment", () => {
  test("a vtable sink has heard it when fire returns", async () => {
    const { object, counter } = makeCounter();
    using _ = counter;
    const heard: number[] = [];
    const subscription = await advise(counter, ICounterEvents, { Changed: (n) => void heard.push(n) });
    object.Add(1);
    assert.deepEqual(heard, [1]);
    await subscription.unadvise();
  });

  test("sinks may disconnect, connect and fire while they are told", async () => {
    const { object, counter } = makeCounter();
    using _ = counter;
    const heard: string[] = [];
    const point = connectionPointOf(object, ICounterEvents);
    let second = 0;
    const first = await advise(counter, ICounterEvents, {
      Changed: (n) => {
        heard.push(`first ${n}`);
        if (n === 1) void point.Unadvise(second);
        if (n === 2) object.Add(1);
      },
    });
    second = (await advise(counter, ICounterEvents, { Changed: (n) => void heard.push(`second ${n}`) }))
      .cookie;
    object.Add(1);
    assert.deepEqual(heard, ["first 1"], "cut off before its turn");
    object.Add(1);
    assert.deepEqual(heard, ["first 1", "first 2", "first 3"], "in the order they were fired");
    await first.unadvise();
    point[Symbol.dispose]();
  });

  test("a slow sink hears in order and holds nobody up", async () => {
    const { object, counter } = makeCounter();
    using _ = counter;
    const slow: number[] = [];
    const quick: number[] = [];
    let working = 0;
    await using a = await advise(counter, ICounterEvents, {
      async Changed(n) {
        assert.equal(++working, 1, "one at a time");
        await turn();
        slow.push(n);
        working--;
      },
    });
    await using b = await advise(counter, ICounterEvents, { Changed: (n) => void quick.push(n) });
    assert.notEqual(a.cookie, b.cookie);
    for (let i = 0; i < 5; i++) object.Add(1);
    assert.deepEqual(quick, [1, 2, 3, 4, 5]);
    assert.deepEqual(slow, []);
    await ask(object, ICounterEvents).Changed(6);
    assert.deepEqual(slow, [1, 2, 3, 4, 5, 6]);
  });

  test("more waiting than the limit: events are lost, or the sink is", async () => {
    for (const overflow of ["dropOldest", "dropNewest", "disconnect"] as const) {
      class Limited extends CounterObject {
        static readonly events = { maxPending: 2, overflow } satisfies EventSettings;
      }
      const { object, counter } = make(new Limited(), counterClass);
      using _ = counter;
      const heard: number[] = [];
      let go = (): void => undefined;
      const blocked = new Promise<void>((resolve) => (go = resolve));
      const subscription = await advise(counter, ICounterEvents, {
        async Changed(n) {
          await blocked;
          heard.push(n);
        },
      });
      for (let i = 0; i < 5; i++) object.Add(1);
      go();
      await turn();
      await turn();
      const expected = { dropOldest: [1, 4, 5], dropNewest: [1, 2, 3], disconnect: [1] }[overflow];
      assert.deepEqual(heard, expected, overflow);
      await subscription.unadvise();
    }
  });

  test("a hung sink is cut off after some events without an answer", async () => {
    const clock = new ManualClock();
    class Timed extends CounterObject {
      static readonly events = { clock, timeout: 1000, maxTimeouts: 2 } satisfies EventSettings;
    }
    const { object, counter } = make(new Timed(), counterClass);
    using _ = counter;
    let finalReleases = 0;
    let calls = 0;
    const hung = {
      Changed: () => {
        calls++;
        return new Promise<void>(() => undefined);
      },
    };
    const subscription = await advise(counter, ICounterEvents, hung);
    const answers = Promise.all([1, 2, 3].map((n) => ask(object, ICounterEvents).Changed(n)));
    for (let i = 0; i < 3; i++) {
      await turn();
      clock.advance(1000);
    }
    assert.deepEqual(
      (await answers).flat().map(({ code }) => code),
      [HResult.RPC_E_TIMEOUT, HResult.RPC_E_TIMEOUT, 0x80040200],
    );
    assert.equal(calls, 2);
    assert.deepEqual(await ask(object, ICounterEvents).Changed(4), []);
    await subscription.unadvise();
    assert.equal(finalReleases++, 0);
  });

  test("what a sink throws is its own, even when it tells of somebody's end", async () => {
    for (const code of [HResult.RPC_E_DISCONNECTED, HResult.RPC_S_SERVER_UNAVAILABLE]) {
      const { object, counter } = makeCounter();
      using _ = counter;
      const subscription = await advise(counter, ICounterEvents, {
        Changed: () => {
          throw new ComError(code);
        },
      });
      object.Add(1);
      assert.equal((await ask(object, ICounterEvents).Changed(2)).length, 1, "it stays connected");
      await subscription.unadvise();
    }
  });

  test("a sink elsewhere whose channel says it is gone is taken out", async () => {
    const { object, counter } = makeCounter();
    using _ = counter;
    const gone = new Loopback();
    using sink = gone.proxy(
      { Changed: () => undefined, Renamed: () => undefined, Asked: () => 0, Seen: () => undefined },
      ICounterEvents,
    );
    using container = counter.QueryInterface(IConnectionPointContainer) as IConnectionPointContainer;
    using point = await container.FindConnectionPoint(ICounterEvents.iid);
    await point?.Advise(sink);
    assert.equal((await ask(object, ICounterEvents).Changed(1)).length, 1);
    gone.broken = new ComError(HResult.RPC_S_SERVER_UNAVAILABLE);
    const [answer] = await ask(object, ICounterEvents).Changed(2);
    assert.equal(answer?.code, HResult.RPC_S_SERVER_UNAVAILABLE);
    assert.deepEqual(await ask(object, ICounterEvents).Changed(3), []);
  });

  test("what a sink causes while it is told is nested, and waits for nothing", async () => {
    const { object, counter } = makeCounter();
    using _ = counter;
    const heard: string[] = [];
    await using _sink = await advise(counter, ICounterEvents, {
      async Changed(n) {
        heard.push(`begin ${n}`);
        if (n === 1) {
          const [answer] = await ask(object, ICounterEvents).Asked(7);
          heard.push(`answer ${String(answer?.value)}`);
        }
        heard.push(`end ${n}`);
      },
      Asked: (n) => n * 2,
    });
    const both = Promise.all([
      ask(object, ICounterEvents).Changed(1),
      ask(object, ICounterEvents).Changed(2),
    ]);
    await both;
    assert.deepEqual(heard, ["begin 1", "answer 14", "end 1", "begin 2", "end 2"]);
  });

  test("hostile: no more sinks than the limit, also when they come at once", async () => {
    class Few extends CounterObject {
      static readonly events = { maxSinks: 3 } satisfies EventSettings;
    }
    const { counter: near } = make(new Few(), counterClass);
    using counter = new Loopback().proxy(near, ICounter);
    near[Symbol.dispose]();
    const tries = await Promise.allSettled(
      Array.from({ length: 20 }, () => advise(counter, ICounterEvents, {})),
    );
    const taken = tries.filter((one) => one.status === "fulfilled");
    assert.equal(taken.length, 3);
    for (const one of tries) {
      if (one.status === "rejected") assert.equal(ComError.from(one.reason).code, 0x80040201);
    }
    await taken[0]?.value.unadvise();
    const again = await advise(counter, ICounterEvents, {});
    assert.equal(await codeOf(() => advise(counter, ICounterEvents, {})), 0x80040201);
    for (const one of [...taken.slice(1).map(({ value }) => value), again]) await one.unadvise();
  });

  test("hostile: a million wrong cookies and a huge Next are refused at once", async () => {
    using counter = makeCounter().counter;
    using container = await counter.QueryInterface(IConnectionPointContainer);
    using all = await container.EnumConnectionPoints();
    assert.equal(await codeOf(() => all?.Next(0xffffffff)), HResult.E_INVALIDARG);
    assert.equal((await all?.Next(0))?.pcFetched, 0);
  });

  test("weak sinks end with their owners", async () => {
    class Weak extends CounterObject {
      static readonly events = { weak: true } satisfies EventSettings;
    }
    const { object, counter } = make(new Weak(), counterClass);
    using _ = counter;
    const heard: number[] = [];
    let ended = 0;
    const sink = {
      Changed: (n: number) => void heard.push(n),
      Renamed: () => undefined,
      Asked: () => 0,
      Seen: () => undefined,
      finalRelease: () => ended++,
    };
    const own = pointerTo(sink, ICounterEvents);
    const subscription = await advise(counter, ICounterEvents, own);
    object.Add(1);
    assert.deepEqual(heard, [1]);
    own[Symbol.dispose]();
    assert.equal(ended, 1, "the connection does not hold it");
    object.Add(1);
    assert.deepEqual(heard, [1]);
    await subscription.unadvise();
  });

  test("a sink that ends while it is connected weakly is not connected", async () => {
    const { object, counter } = makeCounter();
    using _ = counter;
    const nothing = (): undefined => undefined;
    const sink = { Changed: nothing, Renamed: nothing, Asked: () => 0, Seen: nothing };
    const own = pointerTo(sink, ICounterEvents);
    const connecting = advise(counter, ICounterEvents, own, { weak: true });
    own[Symbol.dispose]();
    const subscription = await connecting;
    using point = connectionPointOf(object, ICounterEvents);
    using all = await point.EnumConnections();
    assert.equal((await all?.Next(1))?.pcFetched, 0);
    await subscription.unadvise();
  });

  test("property changes, announced and vetoed", async () => {
    class Bound {
      static readonly interfaces = [ICounter];
      static readonly sources = [IPropertyNotifySink];
      get_Value = (): number => 0;
      Add = (): void => undefined;
    }
    const object = new Bound();
    using counter = pointerTo(object, ICounter, host);
    const changed: number[] = [];
    await using _ = await advise(counter, IPropertyNotifySink, { OnChanged: (id) => void changed.push(id) });
    assert.equal(await mayChange(object, 1), true);
    notifyChanged(object, 1);
    notifyChanged(object);
    assert.deepEqual(changed, [1, -1]);
  });

  test("a class may write its own container, with the runtime's connection points or its own", async () => {
    class Own implements Implements<ICounter> {
      static readonly sources = [ICounterEvents];
      static readonly interfaces = [ICounter, IConnectionPointContainer];
      asked = 0;
      get_Value(): number {
        return 0;
      }
      Add(n: number): void {
        fire(this, ICounterEvents).Changed(n);
      }
      FindConnectionPoint(riid: string): IConnectionPoint {
        this.asked++;
        if (riid !== ICounterEvents.iid) throw new ComError(0x80040200);
        return connectionPointOf(this, ICounterEvents);
      }
      EnumConnectionPoints(): never {
        throw new ComError(HResult.E_NOTIMPL);
      }
    }
    const object = new Own();
    using counter = pointerTo(object, ICounter, host);
    const heard: number[] = [];
    await using _ = await advise(counter, ICounterEvents, { Changed: (n) => void heard.push(n) });
    object.Add(3);
    assert.deepEqual([object.asked, heard], [1, [3]]);
  });

  test("the object's end ends its connections", async () => {
    const { object, counter } = makeCounter();
    let ended = 0;
    const sink: object = {
      Changed: () => undefined,
      Renamed: () => undefined,
      Asked: () => 0,
      Seen: () => undefined,
      finalRelease: () => ended++,
    };
    using container = await counter.QueryInterface(IConnectionPointContainer);
    {
      using point = await container.FindConnectionPoint(ICounterEvents.iid);
      using pointer: IUnknown = pointerTo(sink, ICounterEvents);
      await point?.Advise(pointer);
    }
    assert.equal(ended, 0, "the connection holds the sink");
    container[Symbol.dispose]();
    counter[Symbol.dispose]();
    assert.deepEqual([object.ended, ended], [1, 1]);
  });

  test("objects without events have no container", () => {
    class Quiet {
      static readonly interfaces = [IOtherEvents];
      Nothing(): void {}
    }
    using quiet = pointerTo(new Quiet(), IOtherEvents, host);
    assert.throws(() => quiet.QueryInterface(IConnectionPointContainer), { code: HResult.E_NOINTERFACE });
    assert.throws(() => fire(new Quiet(), ICounterEvents), { code: 0x80040200 });
  });

  test("streams that nobody takes from: what is lost is told", async () => {
    const { object, counter } = makeCounter();
    using _ = counter;
    await using oldest = await events(counter, ICounterEvents, { maxBuffered: 2 }).ready();
    await using newest = await events(counter, ICounterEvents, {
      maxBuffered: 2,
      overflow: "dropNewest",
    }).ready();
    await using failing = await events(counter, ICounterEvents, {
      maxBuffered: 2,
      overflow: "error",
    }).ready();
    for (let i = 0; i < 5; i++) object.Add(1);
    const take = async (
      stream: AsyncIterator<{ args: readonly unknown[]; lost: number }>,
    ): Promise<unknown> => {
      const { value } = await stream.next();
      return [value?.args[0], value?.lost];
    };
    assert.deepEqual(
      [await take(oldest), await take(oldest)],
      [
        [4, 3],
        [5, 0],
      ],
    );
    assert.deepEqual(
      [await take(newest), await take(newest)],
      [
        [1, 0],
        [2, 0],
      ],
    );
    object.Add(1);
    assert.deepEqual(await take(newest), [6, 3]);
    assert.deepEqual(
      [await take(failing), await take(failing)],
      [
        [1, 0],
        [2, 0],
      ],
    );
    assert.equal(await codeOf(() => failing.next()), HResult.E_OUTOFMEMORY);
  });

  test("streams that wait hold the source's queue back, not the source", async () => {
    const { object, counter } = makeCounter();
    using _ = counter;
    await using stream = await events(counter, ICounterEvents, { maxBuffered: 1, overflow: "wait" }).ready();
    for (let i = 0; i < 4; i++) object.Add(1);
    const seen: unknown[] = [];
    for (let i = 0; i < 4; i++) seen.push((await stream.next()).value?.args[0]);
    assert.deepEqual(seen, [1, 2, 3, 4]);
  });

  test("a stream ends with its signal", async () => {
    using counter = makeCounter().counter;
    const stop = new AbortController();
    const stream = events(counter, ICounterEvents, { signal: stop.signal });
    const next = stream.next();
    await turn();
    stop.abort();
    assert.equal((await next).done, true);
    assert.equal((await stream.next()).done, true);
  });

  test("the default source is the coclass's default", async () => {
    using counter = makeCounter().counter;
    using info = await counter.QueryInterface(IProvideClassInfo);
    using type = await info.GetClassInfo();
    assert.ok(type !== null);
    const heard: unknown[] = [];
    await using _ = await withEvents(counter, { CHANGED: (n: number) => void heard.push(n) });
    await counter.Add(2);
    assert.deepEqual(heard, [2], "a vtable source of which the program has the contract");
  });

  test("a runtime that knows the contract of a vtable source makes it listenable by name", async () => {
    const { version, kind, dual, oleautomation, base, methods } = ICounterEvents;
    const iid = guid("8c3f5b10-61d7-4a0e-b1c5-0f4e2d9a70e0");
    const source = { name: "ICounterEvents", iid, version, kind, dual, oleautomation, base, methods };
    class Stranger extends CounterObject {}
    const definition = defineClass(
      { clsid: "8c3f5b10-61d7-4a0e-b1c5-0f4e2d9a70ef", interfaces: [ICounter], sources: [source] },
      Stranger,
    );
    const { object, counter } = make(new Stranger(), definition);
    using _ = counter;
    const refused = codeOf(() => withEvents(counter, { Changed: () => undefined }));
    assert.equal(await refused, 0x80040202, "nobody knows how these are called");
    const heard: unknown[] = [];
    const runtime = { ...host, contractOf: (wanted: Guid) => (wanted === iid ? source : undefined) };
    await using _sub = await withEvents(counter, { changed: (n: number) => void heard.push(n) }, { runtime });
    await ask(object, source as typeof ICounterEvents).Changed(6);
    assert.deepEqual(heard, [6]);
  });
});
