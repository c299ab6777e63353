import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { HResult, newGuid } from "../../base/index.ts";
import { type Interface, defineInterface } from "../../ndr/index.ts";
import { IUnknown, defineClass, identityOf, implement, isSameObject, pointerTo } from "../index.ts";
import { IAdder, ICalculator, IHub, ISink } from "./sample.ts";
import { Calculator, Hub, withCode } from "./support.ts";

implement(Calculator, ICalculator);

/** Interfaces in random inheritance, each deriving from IUnknown or an earlier one. */
const forest = fc.array(fc.nat(), { minLength: 1, maxLength: 12 }).map((parents) => {
  const made: Interface<IUnknown>[] = [];
  for (const [index, parent] of parents.entries()) {
    const base =
      index === 0 || parent % (index + 1) === index ? IUnknown : (made[parent % index] ?? IUnknown);
    made.push(
      defineInterface<IUnknown>({ name: `I${index}`, iid: newGuid(), base: () => base, methods: () => [] }),
    );
  }
  return made;
});

function has(pointer: IUnknown, iface: Interface<IUnknown>): boolean {
  try {
    (pointer.QueryInterface(iface) as IUnknown).Release();
    return true;
  } catch {
    return false;
  }
}

describe("identity and QueryInterface", () => {
  it("runs what is to be done at the end once, unless that is taken back", () => {
    const done: string[] = [];
    const object = new Calculator();
    const pointer = pointerTo(object, ICalculator);
    identityOf(object).atEnd(() => void done.push("kept"));
    identityOf(object).atEnd(() => void done.push("taken back"))();
    pointer.Release();
    assert.deepEqual(done, ["kept"]);
  });

  it("is reflexive, symmetric and transitive, and IUnknown is the identity", () => {
    fc.assert(
      fc.property(forest, fc.nat(), (interfaces, mask) => {
        class Random {
          readonly id: number = mask;
        }
        implement(Random, ...interfaces.filter((_, index) => (mask >> index) & 1));
        const object = new Random();
        using root = pointerTo(object, IUnknown);
        const mine = interfaces.filter((one) => has(root, one));
        for (const a of mine) {
          using p = root.QueryInterface(a) as IUnknown;
          assert.ok(has(p, a), "reflexive");
          for (const b of interfaces) {
            assert.equal(has(p, b), mine.includes(b), "the set does not depend on where one asks");
            if (!mine.includes(b)) continue;
            using q = p.QueryInterface(b) as IUnknown;
            assert.ok(has(q, a), "symmetric");
            for (const c of mine) assert.ok(has(q, c), "transitive");
            assert.ok(isSameObject(p, q));
          }
          for (let base = a.base; base !== undefined; base = base.base) assert.ok(has(p, base));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("counts references over all handles and runs the last release once", () => {
    const object = new Calculator();
    const calc = pointerTo(object, ICalculator);
    const adder = calc.QueryInterface(IAdder) as IAdder;
    assert.equal(identityOf(object).references, 2);
    assert.equal(calc.AddRef(), 2);
    assert.equal(calc.Release(), 1);
    calc.Release();
    assert.equal(object.released, 0);
    adder.Release();
    assert.equal(object.released, 1);
    assert.throws(() => pointerTo(object, IAdder), withCode(HResult.CO_E_OBJNOTCONNECTED));
  });

  it("refuses a release too many", () => {
    assert.throws(() => identityOf(new Calculator()).release(), withCode(HResult.E_UNEXPECTED));
  });

  it("says which interface an object does not have", () => {
    using calc = pointerTo(new Calculator(), ICalculator);
    assert.throws(() => calc.QueryInterface(ISink), /E_NOINTERFACE.*Calculator has no interface ISink/);
  });

  it("takes an undeclared object as the first interface it fits, and keeps to it", () => {
    const both = { OnValue() {}, Add: (a: number, b: number) => a + b };
    using sink = pointerTo(both, ISink);
    void sink.OnValue(1);
    assert.throws(() => pointerTo(both, IAdder), withCode(HResult.E_NOINTERFACE));
    assert.throws(() => pointerTo({}, ISink), withCode(HResult.E_NOINTERFACE));
  });

  it("refuses interfaces declared after the class was used", () => {
    class Late {
      readonly id: number = 1;
    }
    implement(Late, ISink);
    identityOf(new Late()).facet(ISink.iid);
    assert.throws(() => implement(Late, IHub), withCode(HResult.E_UNEXPECTED));
    implement(Late, ISink);
  });

  it("shows an inner object's interfaces as the outer's own, both ways", () => {
    class Outer {
      OnValue(): void {}
    }
    implement(Outer, ISink);
    const outer = new Outer();
    const inner = new Calculator();
    identityOf(outer).aggregate(inner, [ICalculator]);
    using sink = pointerTo(outer, ISink);
    using calc = sink.QueryInterface(ICalculator) as ICalculator;
    assert.equal(calc.Add(1, 2), 3);
    using back = calc.QueryInterface(ISink) as ISink;
    assert.ok(isSameObject(back, sink));
    assert.ok(isSameObject(inner, outer), "the inner object answers with the outer's identity");
    sink.Release();
    calc.Release();
    assert.equal(inner.released, 0);
    back.Release();
    assert.equal(inner.released, 1);
  });

  it("declares no interfaces of the class that every literal has", () => {
    for (const literal of [Object, Array, Function])
      assert.throws(() => implement(literal, ISink), withCode(HResult.E_INVALIDARG));
    assert.throws(
      () => defineClass({ clsid: newGuid(), interfaces: [ISink] }, Object),
      /class of every literal/,
    );
    assert.equal(identityOf({}).queryInterface(ISink.iid), undefined);
  });

  it("refuses to aggregate an object that was handed out", () => {
    const inner = new Hub();
    using hub = pointerTo(inner, IHub);
    assert.throws(
      () => identityOf(new Calculator()).aggregate(inner, [IHub]),
      withCode(HResult.CLASS_E_NOAGGREGATION),
    );
    assert.ok(hub);
  });

  it("gives no stub for an interface the object lacks", () => {
    const identity = identityOf(new Calculator());
    assert.equal(identity.queryInterface(newGuid()), undefined);
    assert.equal(identity.queryInterface(IAdder.iid)?.descriptor, IAdder);
    assert.equal(identity.queryInterface(IAdder.iid), identity.queryInterface(IAdder.iid));
  });
});
