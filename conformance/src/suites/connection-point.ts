import assert from "node:assert/strict";
import {
  ComError,
  HResult,
  IDispatch,
  type Implements,
  VT,
  Variant,
  advise,
  events,
  implement,
  isSameObject,
  on,
  withEvents,
} from "comity";
import { IConnectionPointContainer, IProvideClassInfo2 } from "comity/interfaces/ocidl";
import {
  DSuiteEvents,
  ISuiteEvents,
  ISuiteMissing,
  ISuiteSource,
  SuitePlain,
  SuiteTicker,
} from "../gen/suites.js";
import { until } from "../support/wait.js";
import { fails } from "./assertions.js";
import { type Ground, type Suite, suite } from "./suite.js";

const CONNECT_E_NOCONNECTION = 0x80040200;
const CONNECT_E_ADVISELIMIT = 0x80040201;
const CONNECT_E_CANNOTCONNECT = 0x80040202;

class Listener implements Implements<ISuiteEvents> {
  readonly heard: number[] = [];
  finalReleases = 0;
  Ticked(number: number): void {
    this.heard.push(number);
  }
  Asked(number: number): number {
    return number * 2;
  }
  finalRelease(): void {
    this.finalReleases++;
  }
}
implement(Listener, ISuiteEvents);

export const connectionPointSuite: Suite = suite("IConnectionPoint, IConnectionPointContainer", {
  async "a sink hears events in order, until Unadvise; then it is let go"({ create, com }: Ground) {
    using ticker = await create(SuiteTicker);
    const listener = new Listener();
    {
      using container = await ticker.QueryInterface(IConnectionPointContainer);
      using point = await container.FindConnectionPoint(ISuiteEvents.iid);
      using sink = com.pointerTo(listener, ISuiteEvents);
      const cookie = (await point?.Advise(sink)) ?? 0;
      assert.notEqual(cookie, 0);
      assert.equal(await ticker.Tick(20), 20);
      assert.deepEqual(
        listener.heard,
        Array.from({ length: 20 }, (_, i) => i + 1),
      );
      await point?.Unadvise(cookie);
      await fails(CONNECT_E_NOCONNECTION, () => point?.Unadvise(cookie), "only once");
      assert.equal(await ticker.Tick(1), 0);
    }
    await until(() => listener.finalReleases === 1, "the source to let the sink go");
  },

  async "every connection has a cookie; the same sink may connect twice"({ create, com }: Ground) {
    using ticker = await create(SuiteTicker);
    using container = await ticker.QueryInterface(IConnectionPointContainer);
    using point = await container.FindConnectionPoint(ISuiteEvents.iid);
    assert.ok(point !== null);
    const listener = new Listener();
    using sink = com.pointerTo(listener, ISuiteEvents);
    const first = await point.Advise(sink);
    const second = await point.Advise(sink);
    assert.notEqual(first, second);
    assert.equal(await ticker.Ask(4), 16);
    await point.Unadvise(first);
    assert.equal(await ticker.Ask(4), 8);
    using all = await point.EnumConnections();
    const { rgcd } = (await all?.Next(5)) ?? { rgcd: [] };
    assert.deepEqual(
      rgcd.map(({ dwCookie }) => dwCookie),
      [second],
    );
    const [only] = rgcd;
    assert.ok(only?.pUnk && isSameObject(only.pUnk, sink), "the sink itself comes back");
    only.pUnk[Symbol.dispose]();
    await point.Unadvise(second);
  },

  async "what is refused"({ create, com }: Ground) {
    using ticker = await create(SuiteTicker);
    using container = await ticker.QueryInterface(IConnectionPointContainer);
    await fails(CONNECT_E_NOCONNECTION, () => container.FindConnectionPoint(ISuiteMissing.iid));
    using point = await container.FindConnectionPoint(ISuiteEvents.iid);
    await fails(CONNECT_E_NOCONNECTION, () => point?.Unadvise(0));
    using stranger = com.pointerTo({ Nothing: () => undefined }, ISuiteMissing);
    await fails(CONNECT_E_CANNOTCONNECT, () => point?.Advise(stranger));
    using plain = await create(SuitePlain);
    await fails(HResult.E_NOINTERFACE, () => plain.QueryInterface(IConnectionPointContainer));
    const taken = [];
    for (let i = 0; i < 5; i++)
      taken.push(await advise(ticker, ISuiteEvents, new Listener(), { runtime: com }));
    await fails(CONNECT_E_ADVISELIMIT, () => advise(ticker, ISuiteEvents, new Listener(), { runtime: com }));
    for (const one of taken) await one.unadvise();
  },

  async "a point is one object, knows its interface and its container"({ create }: Ground) {
    using ticker = await create(SuiteTicker);
    using container = await ticker.QueryInterface(IConnectionPointContainer);
    using point = await container.FindConnectionPoint(DSuiteEvents.iid);
    using again = await container.FindConnectionPoint(DSuiteEvents.iid);
    assert.ok(point !== null && again !== null);
    assert.ok(isSameObject(point, again));
    assert.ok(!isSameObject(point, ticker));
    assert.equal(await point.GetConnectionInterface(), DSuiteEvents.iid);
    using back = await point.GetConnectionPointContainer();
    assert.ok(back !== null && isSameObject(back, ticker));
  },

  async "a point holds its object"({ create }: Ground) {
    const ticker = await create(SuiteTicker);
    using container = await ticker.QueryInterface(IConnectionPointContainer);
    const point = await container.FindConnectionPoint(ISuiteEvents.iid);
    assert.ok(point !== null);
    ticker.Release();
    container.Release();
    using back = await point.GetConnectionPointContainer();
    using same = await back?.QueryInterface(ISuiteSource);
    assert.equal(await same?.Sinks(), 0);
    point.Release();
  },

  async "a sink that throws, and one that disconnects while it is told, disturb nobody"({ create }: Ground) {
    using ticker = await create(SuiteTicker);
    const heard: number[] = [];
    await using bad = await advise(ticker, ISuiteEvents, {
      Ticked: () => {
        throw new ComError(0x80040299, "not today");
      },
    });
    const leaving = await advise(ticker, ISuiteEvents, {
      Ticked: async (number) => {
        if (number === 1) await leaving.unadvise();
      },
    });
    await using good = await advise(ticker, ISuiteEvents, { Ticked: (number) => void heard.push(number) });
    assert.ok(bad.cookie !== good.cookie);
    await ticker.Tick(3);
    assert.deepEqual(heard, [1, 2, 3]);
    assert.equal(await ticker.Sinks(), 2);
  },

  async "a slow sink holds nobody up and misses nothing"({ create }: Ground) {
    using ticker = await create(SuiteTicker);
    const slow: number[] = [];
    await using _ = await advise(ticker, ISuiteEvents, {
      Ticked: async (number) => {
        await new Promise((resolve) => setTimeout(resolve, 5));
        slow.push(number);
      },
    });
    await Promise.all([ticker.Tick(3), ticker.Tick(3)]);
    assert.deepEqual(
      slow.toSorted((a, b) => a - b),
      [1, 1, 2, 2, 3, 3],
    );
  },

  async "what a sink causes while it is told reaches it within"({ create }: Ground) {
    using ticker = await create(SuiteTicker);
    const heard: string[] = [];
    await using _ = await advise(ticker, ISuiteEvents, {
      async Ticked(number) {
        heard.push(`begin ${number}`);
        if (number === 1) heard.push(`sum ${await ticker.Ask(10)}`);
        heard.push(`end ${number}`);
      },
      Asked: (number) => number * 2,
    });
    assert.equal(await ticker.Tick(2), 2);
    assert.deepEqual(heard, ["begin 1", "sum 20", "end 1", "begin 2", "end 2"]);
  },

  async "dispinterface events arrive through Invoke, typed and late"({ create, com }: Ground) {
    using ticker = await create(SuiteTicker);
    const heard: unknown[] = [];
    await using _typed = await advise(
      ticker,
      DSuiteEvents,
      {
        Ticked: (number) => void heard.push(["typed", number]),
        Closing: (cancel) => {
          heard.push(["closing", cancel]);
          return true;
        },
      },
      { runtime: com },
    );
    assert.equal(await ticker.Tick(1), 1);
    assert.equal(await ticker.Close(), true);
    const late = await withEvents(ticker, { ticked: (number: number) => void heard.push(["late", number]) });
    assert.equal(await ticker.Tick(1), 2);
    await late.unadvise();
    // Of one event, no sink is promised to hear before another.
    assert.deepEqual(heard.slice(0, 2), [
      ["typed", 1],
      ["closing", false],
    ]);
    assert.deepEqual(heard.slice(2).map(String).toSorted(), ["late,1", "typed,1"]);
  },

  async "the numbers on the wire are those of the contract"({ create, com }: Ground) {
    using ticker = await create(SuiteTicker);
    const calls: unknown[] = [];
    const sink = {
      GetTypeInfoCount: () => 0,
      GetTypeInfo: () => null,
      GetIDsOfNames: () => new Int32Array(0),
      Invoke(
        id: number,
        riid: string,
        _lcid: number,
        flags: number,
        params: { readonly cArgs: number },
        count: number,
        places: Uint32Array,
        references: readonly Variant[],
      ) {
        calls.push([id, riid, flags, params.cArgs, count, [...places], references.map(({ vt }) => vt)]);
        throw new ComError(HResult.DISP_E_MEMBERNOTFOUND);
      },
    };
    using pointer = com.pointerTo(sink, IDispatch);
    using container = await ticker.QueryInterface(IConnectionPointContainer);
    using point = await container.FindConnectionPoint(DSuiteEvents.iid);
    const cookie = (await point?.Advise(pointer)) ?? 0;
    assert.equal(await ticker.Close(), false, "a sink need not know every event");
    await ticker.Tick(1);
    await point?.Unadvise(cookie);
    const IID_NULL = "00000000-0000-0000-0000-000000000000";
    assert.deepEqual(calls, [
      [12, IID_NULL, 1, 1, 1, [0], [VT.BOOL | VT.BYREF]],
      [11, IID_NULL, 1, 1, 0, [], []],
    ]);
  },

  async "the object names its default source"({ create }: Ground) {
    using ticker = await create(SuiteTicker);
    using info = await ticker.QueryInterface(IProvideClassInfo2);
    assert.equal(await info.GetGUID(1), DSuiteEvents.iid);
    await fails(HResult.E_INVALIDARG, () => info.GetGUID(2));
  },

  async "on and for await"({ create }: Ground) {
    using ticker = await create(SuiteTicker);
    const heard: number[] = [];
    await using _ = await on(ticker, ISuiteEvents, "Ticked", (number) => void heard.push(number));
    const stream = await events(ticker, ISuiteEvents).ready();
    await ticker.Tick(3);
    const taken: unknown[] = [];
    for await (const event of stream) {
      taken.push(...event.args);
      if (taken.length === 3) break;
    }
    assert.deepEqual(
      [heard, taken],
      [
        [1, 2, 3],
        [1, 2, 3],
      ],
    );
    assert.equal(await ticker.Sinks(), 1);
  },
});
