import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { HResult } from "../../base/index.ts";
import type { Interface } from "../../ndr/index.ts";
import {
  ClassContext,
  type CreationContext,
  IUnknown,
  type Runtime,
  aggregate,
  defineClass,
  identityOf,
  isSameObject,
  pointerTo,
  tearOff,
  verifyIdentity,
} from "../index.ts";
import { Loopback } from "./loopback.ts";
import { IAdder, ICalculator, IHub, ISink } from "./sample.ts";
import { Calculator, literalSink, openRuntime, withCode } from "./support.ts";

const CalculatorClsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6a1e01";
const MiddleClsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6a1e02";
const OuterClsid = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6a1e03";

/** What inner objects were told at their creation, and when they ended. */
let made: Inner[] = [];

class Inner extends Calculator {
  readonly context: CreationContext;
  constructor(context: CreationContext) {
    super();
    this.context = context;
    made.push(this);
  }
}

const innerClass = defineClass({ clsid: CalculatorClsid, interfaces: [ICalculator] }, Inner, {
  aggregatable: true,
});

class Sink {
  values: number[] = [];
  ended = 0;
  OnValue(value: number): void {
    this.values.push(value);
  }
  finalRelease(): void {
    this.ended++;
  }
}

function freshSink(): Sink {
  class Outer extends Sink {
    static readonly interfaces: readonly [typeof ISink] = [ISink];
  }
  return new Outer();
}

async function openWithInner(): Promise<Runtime> {
  made = [];
  const com = await openRuntime();
  await com.registerClassObject(innerClass, { context: ClassContext.INPROC_SERVER });
  return com;
}

describe("aggregation", () => {
  it("answers the inner object's own IUnknown, and counts its interfaces on the outer one", async () => {
    await using com = await openWithInner();
    const outer = freshSink();
    const inner = await com.createInstance(CalculatorClsid, IUnknown, { outer });
    assert.ok(made[0]?.context.outer);
    assert.equal(identityOf(outer).references, 0, "the inner object holds nothing of its outer one");
    aggregate(outer, inner, ICalculator);
    assert.throws(() => inner.AddRef(), withCode(HResult.CO_E_OBJNOTCONNECTED), "the reference went over");
    const sink = pointerTo(outer, ISink);
    const calc = sink.QueryInterface(ICalculator) as ICalculator;
    assert.equal(calc.Add(2, 3), 5);
    assert.equal(identityOf(outer).references, 2);
    assert.ok(isSameObject(calc, sink));
    assert.ok(isSameObject(made[0], outer));
    assert.deepEqual(await verifyIdentity(sink, [ISink, ICalculator, IAdder, IHub]), []);
    assert.deepEqual(await verifyIdentity(calc, [ISink, ICalculator, IAdder, IHub]), []);
    sink.Release();
    assert.equal(outer.ended, 0);
    calc.Release();
    assert.equal(outer.ended, 1);
    assert.equal(made[0]?.released, 1);
    assert.equal(com.locks.count, 0);
  });

  it("the non-delegating IUnknown is the inner object's, its interfaces are the outer one's", async () => {
    await using com = await openWithInner();
    const outer = freshSink();
    const inner = await com.createInstance(CalculatorClsid, IUnknown, { outer });
    using same = inner.QueryInterface(IUnknown) as IUnknown;
    const calc = inner.QueryInterface(ICalculator) as ICalculator;
    assert.throws(() => inner.QueryInterface(ISink), withCode(HResult.E_NOINTERFACE), "non-delegating");
    using sink = calc.QueryInterface(ISink) as ISink;
    assert.ok(sink, "delegating");
    calc.Release();
    inner.Release();
    assert.equal(made[0]?.released, 0);
    same.Release();
    assert.equal(made[0]?.released, 1, "its own count ends the inner object");
    assert.equal(outer.ended, 0);
  });

  it("is created as IUnknown only, by classes that allow it, within the process", async () => {
    const loopback = new Loopback();
    await using com = await openRuntime({ remoting: () => loopback.remoting() });
    await com.registerClassObject(innerClass, { context: ClassContext.INPROC_SERVER });
    const outer = freshSink();
    const refused = withCode(HResult.CLASS_E_NOAGGREGATION);
    await assert.rejects(com.createInstance(CalculatorClsid, ICalculator, { outer }), refused);
    await assert.rejects(com.createInstance(CalculatorClsid, IUnknown, { outer, machine: "far" }), refused);
    const closed = defineClass({ clsid: MiddleClsid, interfaces: [ICalculator] }, Calculator);
    await com.registerClassObject(closed);
    await assert.rejects(com.createInstance(MiddleClsid, IUnknown, { outer }), refused);
    const single = defineClass({ clsid: OuterClsid, interfaces: [ICalculator] }, Calculator, {
      aggregatable: true,
      singleton: true,
    });
    await com.registerClassObject(single);
    await assert.rejects(com.createInstance(OuterClsid, IUnknown, { outer }), refused);
    const far = "6d0a2a10-96c8-4c2e-9b0f-0c5a2c6a1e09";
    await assert.rejects(com.createInstance(far, IUnknown, { outer }), refused);
    const proxy = loopback.proxy(freshSink(), ISink);
    await assert.rejects(com.createInstance(CalculatorClsid, IUnknown, { outer: proxy }), refused);
    proxy.Release();
  });

  it("refuses blind aggregation and what breaks the rules", async () => {
    await using com = await openWithInner();
    const outer = freshSink();
    const inner = await com.createInstance(CalculatorClsid, IUnknown, { outer });
    assert.throws(() => aggregate(outer, inner), withCode(HResult.E_INVALIDARG));
    assert.throws(() => aggregate(outer, inner, IUnknown), withCode(HResult.E_INVALIDARG));
    assert.throws(() => aggregate(outer, inner, IHub), withCode(HResult.E_NOINTERFACE));
    assert.throws(() => aggregate(freshSink(), inner, IAdder), withCode(HResult.CLASS_E_NOAGGREGATION));
    using sink = pointerTo(outer, ISink);
    assert.throws(() => sink.QueryInterface(IAdder), withCode(HResult.E_NOINTERFACE));
    assert.throws(() => aggregate(outer, inner, IAdder), /never changes/);
    inner.Release();
  });

  it("nests: the innermost object shows the outermost identity", async () => {
    await using com = await openWithInner();
    class Middle {
      readonly sink = literalSink([]);
      ended = 0;
      static create({ runtime, outer }: CreationContext): Promise<Middle> {
        const middle = new Middle();
        return runtime.createInstance(CalculatorClsid, IUnknown, { outer: outer ?? middle }).then((deep) => {
          aggregate(middle, deep, IAdder);
          return middle;
        });
      }
      OnValue(): void {}
      finalRelease(): void {
        this.ended++;
      }
    }
    const middleClass = defineClass({ clsid: MiddleClsid, interfaces: [ISink] }, Middle, {
      aggregatable: true,
      create: (context) => Middle.create(context),
    });
    await com.registerClassObject(middleClass);
    class Top {
      Attach(): void {}
      Fire(): number {
        return 0;
      }
      Detach(): void {}
      GetAdder(): null {
        return null;
      }
      finalRelease(): void {
        this.Detach();
      }
      static readonly interfaces: readonly [typeof IHub] = [IHub];
    }
    const top = new Top();
    aggregate(top, await com.createInstance(MiddleClsid, IUnknown, { outer: top }), ISink, IAdder);
    const hub = pointerTo(top, IHub);
    assert.deepEqual(await verifyIdentity(hub, [IHub, ISink, IAdder, ICalculator]), []);
    const adder = hub.QueryInterface(IAdder) as IAdder;
    assert.equal(adder.Add(20, 22), 42);
    assert.ok(isSameObject(adder, hub));
    assert.ok(isSameObject(made[0] as object, top));
    hub.Release();
    assert.equal(made[0]?.released, 0);
    adder.Release();
    assert.equal(made[0]?.released, 1);
    assert.equal(com.locks.count, 0);
    // And alone: the middle object is the outermost then.
    const alone = await com.createInstance(MiddleClsid, ISink);
    const own = alone.QueryInterface(IAdder) as IAdder;
    assert.equal(own.Add(1, 1), 2);
    assert.ok(isSameObject(own, alone));
    assert.ok(!isSameObject(own, top));
    own.Release();
    alone.Release();
    assert.equal(made[1]?.released, 1);
  });

  it("protects the outer object while it is constructed and while it ends", async () => {
    await using com = await openWithInner();
    const log: string[] = [];
    class Careless {
      OnValue(): void {}
      constructor() {
        // Without protection this would be the object's end.
        const self = pointerTo(this, ISink);
        self.Release();
      }
      finalRelease(): void {
        const self = pointerTo(this, ISink);
        self.Release();
        log.push("ended");
      }
    }
    await com.registerClassObject(defineClass({ clsid: OuterClsid, interfaces: [ISink] }, Careless));
    const sink = await com.createInstance(OuterClsid, ISink);
    assert.deepEqual(log, []);
    sink.Release();
    assert.deepEqual(log, ["ended"]);
    assert.equal(com.locks.count, 0);
  });

  it("protects an outer object that its inner one asks while it is made", async () => {
    await using com = await openRuntime();
    class Curious extends Calculator {
      constructor({ outer }: CreationContext) {
        super();
        const sink = outer?.QueryInterface(ISink) as ISink;
        void sink.OnValue(7);
        sink.Release();
      }
    }
    await com.registerClassObject(
      defineClass({ clsid: CalculatorClsid, interfaces: [ICalculator] }, Curious, { aggregatable: true }),
    );
    const outer = freshSink();
    aggregate(outer, await com.createInstance(CalculatorClsid, IUnknown, { outer }), ICalculator);
    assert.deepEqual(outer.values, [7]);
    assert.equal(outer.ended, 0);
    pointerTo(outer, ICalculator).Release();
    assert.equal(outer.ended, 1);
  });

  it("calls a proxy within an aggregate, over any distance", async () => {
    const loopback = new Loopback();
    const far = new Calculator();
    const outer = freshSink();
    aggregate(outer, loopback.proxy(far, IAdder), ICalculator);
    const sink = pointerTo(outer, ISink);
    using calc = sink.QueryInterface(ICalculator) as ICalculator;
    assert.ok(isSameObject(calc, sink));
    assert.equal(await calc.Divide(84, 2), 42);
    const status = { code: 1 };
    assert.equal(await calc.Add(1, 2, { status }), 3);
    assert.equal(status.code, 0);
    assert.deepEqual(await verifyIdentity(sink, [ISink, ICalculator, IAdder, IHub]), []);
    // Handed to somebody else the aggregate is an object of here.
    using outside = loopback.proxy(outer, ICalculator);
    assert.equal(await outside.Add(20, 3), 23);
    outside.Release();
    sink.Release();
    calc.Release();
    assert.equal(outer.ended, 1);
    assert.equal(loopback.held, 0);
    assert.equal(far.released, 1);
  });

  it("shows by name only what a remote object has", async () => {
    const loopback = new Loopback();
    const outer = freshSink();
    const proxy = loopback.proxy(new Calculator(), IAdder);
    assert.throws(() => aggregate(outer, proxy), withCode(HResult.E_INVALIDARG));
    aggregate(outer, proxy, IHub);
    using hub = pointerTo(outer, IHub);
    await assert.rejects(async () => hub.Fire(1), withCode(HResult.E_NOINTERFACE));
  });
});

describe("tear-offs", () => {
  it("are made on demand, freed with their count, and show their owner's identity", async () => {
    const owner = freshSink();
    const pieces: Calculator[] = [];
    tearOff(owner, ICalculator, () => {
      const piece = new Calculator();
      pieces.push(piece);
      return piece;
    });
    const sink = pointerTo(owner, ISink);
    assert.equal(pieces.length, 0);
    const calc = sink.QueryInterface(ICalculator) as ICalculator;
    const adder = calc.QueryInterface(IAdder) as IAdder;
    assert.equal(pieces.length, 1, "one piece for all its interfaces");
    assert.equal(adder.Add(1, 1), 2);
    assert.ok(isSameObject(adder, sink));
    assert.ok(isSameObject(pieces[0] as object, owner));
    assert.equal(identityOf(owner).references, 3);
    assert.deepEqual(await verifyIdentity(adder, [ISink, ICalculator, IAdder, IHub]), []);
    adder.Release();
    assert.equal(pieces[0]?.released, 0);
    calc.Release();
    assert.equal(pieces[0]?.released, 1);
    assert.equal(owner.ended, 0);
    using again = sink.QueryInterface(IAdder) as IAdder;
    assert.equal(pieces.length, 2, "a new one after that");
    sink.Release();
    assert.equal(owner.ended, 0);
    again.Release();
    assert.equal(pieces[1]?.released, 1);
    assert.equal(owner.ended, 1);
  });

  it("stay while others call them from outside", async () => {
    const loopback = new Loopback();
    const owner = freshSink();
    const piece = new Calculator();
    tearOff(owner, IAdder, () => piece);
    using far = loopback.proxy(owner, IAdder);
    assert.equal(await far.Add(40, 2), 42);
    assert.equal(piece.released, 0);
    far.Release();
    assert.equal(owner.ended, 1);
    assert.equal(piece.released, 1);
  });
});

describe("verifyIdentity", () => {
  it("names the rules a bad object breaks", async () => {
    const good = pointerTo(freshSink(), ISink);
    const other = pointerTo(new (class extends Calculator {})(), IUnknown);
    let asked = 0;
    const bad = new Proxy(good, {
      get(target, name) {
        if (name === "QueryInterface") {
          return (iface: Interface<IUnknown>) => {
            if (iface === IUnknown)
              return asked++ === 0 ? target.QueryInterface(IUnknown) : other.QueryInterface(IUnknown);
            if (iface.iid === ISink.iid) return bad;
            return target.QueryInterface(iface);
          };
        }
        if (name === Symbol.dispose) return () => undefined;
        return Reflect.get(target, name) as unknown;
      },
    });
    const breaches = await verifyIdentity(bad, [ISink]);
    assert.deepEqual(
      breaches.map(({ rule }) => rule),
      ["identity"],
    );
    good.Release();
    other.Release();
  });
});
