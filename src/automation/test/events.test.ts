import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ComError, HResult, guid } from "../../base/index.ts";
import type { InterfaceDescriptor } from "../../ndr/index.ts";
import { defineClass, isSameObject, pointerTo } from "../../com/index.ts";
import { Loopback } from "../../com/test/loopback.ts";
import { advise } from "../events/advise.ts";
import { events } from "../events/event-stream.ts";
import { ask, fire } from "../events/fire.ts";
import { on, withEvents } from "../events/on.ts";
import { IDispatch } from "../gen/oaidl.ts";
import { IConnectionPointContainer } from "../gen/ocidl.ts";
import { lateBound } from "../late/bound.ts";
import { DCounterEvents, ICounter, ICounterEvents, IOtherEvents } from "./gen/events-sample.ts";
import { CounterObject, codeOf, host, make, makeClicker, makeCounter, turn } from "./events-sample.ts";

/** The way to an object: itself, or a proxy to it. */
const ways: readonly [string, (counter: ICounter) => ICounter][] = [
  ["near", (counter) => counter],
  [
    "far",
    (counter) => {
      const proxy = new Loopback().proxy(counter, ICounter);
      counter[Symbol.dispose]();
      return proxy;
    },
  ],
];

/** The fields of a descriptor, getters read. */
function descriptorOf(of: InterfaceDescriptor): InterfaceDescriptor {
  const { name, iid, version, kind, dual, oleautomation, base, methods } = of;
  return { name, iid, version, kind, dual, oleautomation, base, methods };
}

for (const [name, way] of ways) {
  describe(`connection points, ${name}`, () => {
    test("a sink hears events until it is disconnected, and is let go", async () => {
      const { object, counter: near } = makeCounter();
      {
        using counter = way(near);
        const heard: number[] = [];
        let finalReleases = 0;
        const sink = { Changed: (n: number) => void heard.push(n), finalRelease: () => finalReleases++ };
        {
          await using subscription = await advise(counter, ICounterEvents, sink);
          assert.notEqual(subscription.cookie, 0);
          await counter.Add(2);
          await counter.Add(3);
          await turn();
          assert.deepEqual(heard, [2, 5]);
        }
        await counter.Add(1);
        await turn();
        assert.deepEqual(heard, [2, 5], "nothing after Unadvise");
      }
      await turn();
      assert.equal(object.ended, 1, "the object is not held by its connection points");
    });

    test("cookies are unique and never zero; each sink is told", async () => {
      using counter = way(makeCounter().counter);
      const heard: string[] = [];
      const a = await advise(counter, ICounterEvents, { Changed: (n) => void heard.push(`a${n}`) });
      const b = await advise(counter, ICounterEvents, { Changed: (n) => void heard.push(`b${n}`) });
      assert.notEqual(a.cookie, b.cookie);
      assert.ok(a.cookie !== 0 && b.cookie !== 0);
      await counter.Add(1);
      await turn();
      assert.deepEqual(heard.toSorted(), ["a1", "b1"]);
      await a.unadvise();
      await a.unadvise();
      await counter.Add(1);
      await turn();
      assert.deepEqual(heard.toSorted(), ["a1", "b1", "b2"]);
      await b.unadvise();
    });

    test("what connection points refuse", async () => {
      using counter = way(makeCounter().counter);
      using container = await counter.QueryInterface(IConnectionPointContainer);
      assert.equal(await codeOf(() => container.FindConnectionPoint(IOtherEvents.iid)), 0x80040200);
      using point = await container.FindConnectionPoint(ICounterEvents.iid);
      assert.ok(point !== null);
      assert.equal(await codeOf(() => point.Unadvise(77)), 0x80040200);
      assert.equal(await codeOf(() => point.Unadvise(0)), 0x80040200);
      using stranger = pointerTo({ Nothing: () => undefined }, IOtherEvents);
      assert.equal(await codeOf(() => point.Advise(stranger)), 0x80040202);
      assert.equal(await codeOf(() => point.Advise(null)), HResult.E_POINTER);
      assert.equal(await codeOf(() => advise(counter, IOtherEvents, {})), 0x80040200);
    });

    test("points and container are one object each, and lead to each other", async () => {
      using counter = way(makeCounter().counter);
      using container = await counter.QueryInterface(IConnectionPointContainer);
      using point = await container.FindConnectionPoint(ICounterEvents.iid);
      using again = await container.FindConnectionPoint(ICounterEvents.iid);
      using other = await container.FindConnectionPoint(DCounterEvents.iid);
      assert.ok(point !== null && again !== null && other !== null);
      assert.ok(isSameObject(point, again));
      assert.ok(!isSameObject(point, other));
      assert.ok(!isSameObject(point, counter), "a connection point is an object of its own");
      using back = await point.GetConnectionPointContainer();
      assert.ok(back !== null && isSameObject(back, counter));
      assert.equal(await point.GetConnectionInterface(), ICounterEvents.iid);
    });

    test("enumerators are snapshots that hold what they show", async () => {
      using counter = way(makeCounter().counter);
      using container = await counter.QueryInterface(IConnectionPointContainer);
      using all = await container.EnumConnectionPoints();
      assert.ok(all !== null);
      const status = { code: 0 };
      const { ppCP, pcFetched } = await all.Next(5, { status });
      assert.equal(pcFetched, 2);
      assert.equal(status.code, HResult.S_FALSE);
      const iids = [];
      for (const point of ppCP) {
        iids.push(await point?.GetConnectionInterface());
        point?.[Symbol.dispose]();
      }
      assert.deepEqual(iids, [ICounterEvents.iid, DCounterEvents.iid]);

      await all.Reset();
      await all.Skip(1);
      using copy = await all.Clone();
      const rest = await copy?.Next(1);
      assert.equal(rest?.pcFetched, 1);
      assert.equal(await rest?.ppCP[0]?.GetConnectionInterface(), DCounterEvents.iid);
      rest?.ppCP[0]?.[Symbol.dispose]();
      const past = { code: 0 };
      await all.Skip(2, { status: past });
      assert.equal(past.code, HResult.S_FALSE);

      using point = await container.FindConnectionPoint(ICounterEvents.iid);
      assert.ok(point !== null);
      let finalReleases = 0;
      const sink = { Changed: () => undefined, finalRelease: () => finalReleases++ };
      const subscription = await advise(counter, ICounterEvents, sink);
      {
        using connections = await point.EnumConnections();
        await subscription.unadvise();
        const one = await connections?.Next(10);
        assert.equal(one?.pcFetched, 1, "as it was when it was made");
        assert.equal(one?.rgcd[0]?.dwCookie, subscription.cookie);
        const pointer = one?.rgcd[0]?.pUnk;
        using typed = await pointer?.QueryInterface(ICounterEvents);
        await typed?.Changed(1);
        pointer?.[Symbol.dispose]();
      }
      using empty = await point.EnumConnections();
      assert.equal((await empty?.Next(1))?.pcFetched, 0);
    });

    test("a sink that throws hurts nobody; ask tells what each answered", async () => {
      const { object, counter: near } = makeCounter();
      using counter = way(near);
      const heard: number[] = [];
      const bad = await advise(counter, ICounterEvents, {
        Changed: () => {
          throw new ComError(0x80040999, "no");
        },
        Asked: () => {
          throw new ComError(0x80040999, "no");
        },
      });
      const good = await advise(counter, ICounterEvents, {
        Changed: (n) => void heard.push(n),
        Asked: (n) => n * 2,
      });
      await counter.Add(4);
      await turn();
      assert.deepEqual(heard, [4]);
      const answers = await ask(object, ICounterEvents).Asked(21);
      assert.deepEqual(
        answers.map(({ cookie, code, value }) => [cookie, code, value]),
        [
          [bad.cookie, 0x80040999, undefined],
          [good.cookie, 0, 42],
        ],
      );
      await bad.unadvise();
      await good.unadvise();
    });

    test("dispinterface events go through Invoke with the numbers of the IDL", async () => {
      const { object, counter: near } = makeClicker();
      using counter = way(near);
      const heard: unknown[] = [];
      await using _ = await advise(counter, DCounterEvents, {
        Changed: (n) => void heard.push(n),
        Closing: (reason, cancel) => {
          heard.push([reason, cancel]);
          return true;
        },
        Clicked: () => void heard.push("clicked"),
      });
      await counter.Add(9);
      fire(object, DCounterEvents).Clicked();
      const [answer] = await ask(object, DCounterEvents).Closing("tired", false);
      assert.equal(answer?.error, undefined);
      assert.equal(answer?.value, true, "what the sink left in the by-reference argument");
      assert.deepEqual(heard, [9, "clicked", ["tired", false]]);
    });

    test("any IDispatch will do as a sink of a dispinterface; DISPIDs and IID_NULL arrive", async () => {
      const { object, counter: near } = makeClicker();
      using counter = way(near);
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
          params: { rgvarg: readonly { toJs(): unknown }[] | null },
        ) {
          calls.push([id, riid, flags, params.rgvarg?.map((one) => one.toJs())]);
          throw new ComError(HResult.DISP_E_MEMBERNOTFOUND);
        },
      };
      using pointer = pointerTo(sink, IDispatch);
      using container = await counter.QueryInterface(IConnectionPointContainer);
      using point = await container.FindConnectionPoint(DCounterEvents.iid);
      const cookie = (await point?.Advise(pointer)) ?? 0;
      await ask(object, DCounterEvents).Changed(5);
      assert.deepEqual(calls, [[7, "00000000-0000-0000-0000-000000000000", 1, [5]]]);
      await point?.Unadvise(cookie);
    });

    test("late: the object names its events", async () => {
      const { object, counter: near } = makeClicker();
      await using counter = lateBound(await way(near).QueryInterface(IDispatch));
      const heard: unknown[] = [];
      await using _ = await withEvents(counter, {
        changed: (n: number) => void heard.push(n),
        async Closing(reason: string, cancel: { value: boolean }) {
          await turn();
          heard.push(reason, cancel.value);
          cancel.value = true;
        },
      });
      await using seen = await on(counter, "Seen", async (other) => {
        heard.push(await other.Value, other === counter);
      });
      assert.notEqual(seen.cookie, 0);
      await counter.Add(3);
      await ask(object, DCounterEvents).Changed(4);
      const [closing] = await ask(object, DCounterEvents).Closing("late", false);
      assert.equal(closing?.value, true);
      await ask(object, DCounterEvents).Seen(pointerTo(object, IDispatch, host));
      assert.deepEqual(heard, [3, 4, "late", false, 3, true]);
      assert.equal(await codeOf(() => on(counter, "Exploded", () => undefined)), HResult.DISP_E_UNKNOWNNAME);
    });

    test("late: events that only the object's type library knows", async () => {
      // No contract of this program has the IID: nothing here says what the events are but the object itself.
      const iid = guid("8c3f5b10-61d7-4a0e-b1c5-0f4e2d9a70f0");
      const unknown = { ...descriptorOf(DCounterEvents), name: "DUnknownEvents", iid };
      const other = guid("8c3f5b10-61d7-4a0e-b1c5-0f4e2d9a70ff");
      const definition = defineClass(
        { clsid: other, name: "Mystery", interfaces: [ICounter], sources: [unknown] },
        class extends CounterObject {},
      );
      const { object, counter: near } = make(new definition.implementation(undefined as never), definition);
      await using counter = lateBound(await way(near).QueryInterface(IDispatch));
      const heard: unknown[] = [];
      await using _ = await withEvents(counter, {
        changed: (n: number) => void heard.push(n),
        CLICKED: () => void heard.push("clicked"),
      });
      await ask(object, unknown as typeof DCounterEvents).Changed(12);
      await ask(object, unknown as typeof DCounterEvents).Clicked();
      const stream = await events(counter).ready();
      await ask(object, unknown as typeof DCounterEvents).Changed(13);
      for await (const event of stream) {
        heard.push([event.name, ...event.args]);
        break;
      }
      assert.deepEqual(heard, [12, "clicked", 13, ["Changed", 13]]);
    });

    test("typed: on and events", async () => {
      const { object, counter: near } = makeCounter();
      using counter = way(near);
      const heard: number[] = [];
      await using _ = await on(counter, ICounterEvents, "Changed", (n) => void heard.push(n));
      const taken: unknown[] = [];
      const stream = await events(counter, ICounterEvents).ready();
      await counter.Add(1);
      fire(object, ICounterEvents).Renamed("a", "b");
      await counter.Add(1);
      for await (const event of stream) {
        taken.push([event.name, ...event.args]);
        if (event.name === "Changed" && event.args[0] === 2) break;
      }
      assert.deepEqual(taken, [
        ["Changed", 1],
        ["Renamed", "a", "b"],
        ["Changed", 2],
      ]);
      assert.deepEqual(heard, [1, 2]);
      using container = await counter.QueryInterface(IConnectionPointContainer);
      using point = await container.FindConnectionPoint(ICounterEvents.iid);
      using left = await point?.EnumConnections();
      const { rgcd } = (await left?.Next(9)) ?? { rgcd: [] };
      for (const { pUnk } of rgcd) pUnk?.[Symbol.dispose]();
      assert.equal(rgcd.length, 1, "the loop that was left is disconnected");
    });

    test("a taken event's pointers belong to the taker", async () => {
      const { object, counter: near } = makeCounter();
      using counter = way(near);
      await using stream = await events(counter, ICounterEvents).ready();
      using self = pointerTo(object, ICounter, host);
      await ask(object, ICounterEvents).Seen(self);
      const { value } = await stream.next();
      assert.equal(value?.name, "Seen");
      using taken = value.args[0] as ICounter;
      assert.ok(isSameObject(taken, counter));
      assert.equal(await taken.get_Value(), 0);
    });
  });
}
