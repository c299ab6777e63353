import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { type Guid, newGuid } from "../../base/index.ts";
import {
  type Awaitable,
  type CallOptions,
  type Interface,
  type MethodDescriptor,
  type NdrType,
  defineInterface,
} from "../../ndr/index.ts";
import { IUnknown, identityOf, implement, isPointer, pointerTo } from "../index.ts";
import { IAdder, ISink } from "./sample.ts";
import { Loopback } from "./loopback.ts";
import { Calculator, literalSink } from "./support.ts";

const hresult: NdrType = { kind: "base", name: "hresult" };
const i32: NdrType = { kind: "base", name: "i32" };
const guidType: NdrType = { kind: "base", name: "guid" };
const sink: NdrType = { kind: "interface", name: "ISink", iid: ISink.iid };
const node: NdrType = {
  kind: "struct",
  name: "Node",
  fields: () => [
    { name: "value", type: i32 },
    { name: "sink", type: sink },
    { name: "next", type: { kind: "pointer", pointer: "unique", to: node } },
  ],
};
const list: NdrType = { kind: "array", of: sink, dims: [{ size: true }] };
const choice: NdrType = {
  kind: "union",
  name: "Choice",
  encapsulated: false,
  discriminant: { kind: "base", name: "i32" },
  arms: () => [
    { cases: [0], name: "number", type: i32 },
    { cases: [1], name: "sink", type: sink },
  ],
};

interface IPlaces extends IUnknown {
  Take(node: object, list: readonly object[], choice: object, options?: CallOptions): Awaitable<void>;
  Give(options?: CallOptions): Awaitable<{ count: number; sinks: readonly ISink[] }>;
  Ask(riid: Guid, options?: CallOptions): Awaitable<IUnknown>;
  Change(sink: ISink, options?: CallOptions): Awaitable<ISink>;
}

function method(name: string, opnum: number, params: MethodDescriptor["params"]): MethodDescriptor {
  return { name, opnum, params, returns: hresult };
}

const IPlaces: Interface<IPlaces> = defineInterface<IPlaces>({
  name: "IPlaces",
  iid: newGuid(),
  base: () => IUnknown,
  methods: () => [
    method("Take", 3, [
      { name: "node", type: node, in: true, out: false },
      { name: "list", type: list, in: true, out: false },
      { name: "choice", type: choice, in: true, out: false },
    ]),
    method("Give", 4, [
      { name: "count", type: i32, in: false, out: true },
      { name: "sinks", type: list, in: false, out: true },
    ]),
    method("Ask", 5, [
      { name: "riid", type: guidType, in: true, out: false },
      { name: "object", type: { kind: "interface", iidIs: "riid" }, in: false, out: true },
    ]),
    method("Change", 6, [{ name: "sink", type: sink, in: true, out: true }]),
  ],
});

describe("implementation objects where pointers belong", () => {
  it("are wrapped wherever they stand, for the call alone, and the caller's values stay as they are", async () => {
    const seen: unknown[] = [];
    class Places {
      Take(first: { sink: unknown; next: { sink: unknown } }, many: unknown[], one: { sink: unknown }): void {
        seen.push(first.sink, first.next.sink, ...many, one.sink);
        assert.ok(seen.every((value) => isPointer(value)));
        for (const value of seen) void (value as ISink).OnValue(1);
      }
    }
    implement(Places, IPlaces);
    const values: number[] = [];
    const objects = [1, 2, 3, 4, 5].map(() => literalSink(values));
    const [a, b, c, d, e] = objects;
    const given = { value: 1, sink: a, next: { value: 2, sink: b, next: null } };
    using places = pointerTo(new Places() as object, IPlaces);
    await places.Take(given, [c as object, d as object], { tag: 1, sink: e });
    assert.equal(seen.length, 5);
    assert.deepEqual(values, [1, 1, 1, 1, 1]);
    assert.equal(given.sink, a, "the caller's structure was not changed");
    for (const object of objects) assert.equal(identityOf(object).references, 0);
  });

  it("are wrapped in results of several values, and by iid_is", async () => {
    class Places {
      Give(): object {
        return { count: 2, sinks: [literalSink([]), null] };
      }
      Ask(): object {
        return new Calculator();
      }
    }
    implement(Places, IPlaces);
    using places = pointerTo(new Places() as object, IPlaces);
    const { count, sinks } = await places.Give();
    assert.equal(count, 2);
    assert.ok(isPointer(sinks[0]));
    assert.equal(sinks[1], null);
    sinks[0].Release();
    using adder = (await places.Ask(IAdder.iid)) as IAdder;
    assert.equal(await adder.Add(1, 2), 3);
  });
});

describe("pointers in results", () => {
  const object = literalSink([]);
  const kept = pointerTo(object, ISink);
  class Places {
    Give(): object {
      for (let i = 0; i < 2; i++) kept.AddRef();
      return { count: 2, sinks: [kept, kept] };
    }
    Change(sink: ISink): ISink {
      return sink;
    }
  }
  implement(Places, IPlaces);
  const wire = new Loopback();
  const distances = {
    "in the apartment": () => pointerTo(new Places() as object, IPlaces),
    elsewhere: () => wire.proxy(new Places(), IPlaces),
  };
  for (const [distance, open] of Object.entries(distances)) {
    it(`are each the caller's, one reference for every place (${distance})`, async () => {
      using places = open();
      const { sinks } = await places.Give();
      assert.equal(new Set(sinks).size, 2);
      for (const sink of sinks) sink.Release();
      assert.equal(identityOf(object).references, 1);
      assert.equal(kept.AddRef(), 2);
      kept.Release();
    });

    it(`stay the caller's when an [in, out] one is left as it was (${distance})`, async () => {
      const other = literalSink([]);
      {
        using places = open();
        using mine = pointerTo(other, ISink);
        mine.AddRef();
        using same = await places.Change(mine);
        assert.ok(isPointer(same));
        assert.equal(mine.Release(), 1);
        void mine.OnValue(1);
      }
      assert.equal(identityOf(other).references, 0);
    });
  }
});
