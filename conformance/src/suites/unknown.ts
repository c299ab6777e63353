import assert from "node:assert/strict";
import { HResult, IDispatch, IUnknown, isSameObject } from "comity";
import { ISuiteBase, ISuiteDerived, ISuiteLife, ISuiteMissing, SuitePlain } from "../gen/suites.js";
import { until } from "../support/wait.js";
import { fails } from "./assertions.js";
import { type Ground, type Suite, suite } from "./suite.js";

const interfaces = [IUnknown, ISuiteBase, ISuiteDerived, ISuiteLife] as const;

/** The rules of QueryInterface, AddRef and Release. */
export const unknownSuite: Suite = suite("IUnknown", {
  async "QueryInterface is reflexive, symmetric and transitive"({ create }: Ground) {
    using object = await create(SuitePlain, IUnknown);
    for (const from of interfaces) {
      using a = await object.QueryInterface<IUnknown>(from);
      using same = await a.QueryInterface<IUnknown>(from);
      assert.ok(isSameObject(a, same), `${from.name} has itself`);
      for (const to of interfaces) {
        using b = await a.QueryInterface<IUnknown>(to);
        using back = await b.QueryInterface<IUnknown>(from);
        assert.ok(isSameObject(back, object), `${from.name} and ${to.name} lead to each other`);
      }
    }
  },

  async "an object answers for an interface always or never"({ create }: Ground) {
    using object = await create(SuitePlain);
    for (let i = 0; i < 3; i++) {
      await fails(HResult.E_NOINTERFACE, () => object.QueryInterface(ISuiteMissing));
      await fails(HResult.E_NOINTERFACE, () => object.QueryInterface(IDispatch));
      using life = await object.QueryInterface(ISuiteLife);
      assert.ok((await life.Living()) > 0);
    }
  },

  async "an interface stands for its bases, with their methods"({ create }: Ground) {
    using derived = await create(SuitePlain);
    assert.equal(await derived.Number(), 21);
    assert.equal(await derived.Twice(), 42);
    using base = await derived.QueryInterface(ISuiteBase);
    assert.equal(await base.Number(), 21);
  },

  async "two objects are two, two pointers to one are one"({ create }: Ground) {
    using a = await create(SuitePlain, IUnknown);
    using b = await create(SuitePlain, IUnknown);
    assert.ok(!isSameObject(a, b));
    using again = await a.QueryInterface(IUnknown);
    assert.ok(isSameObject(a, again));
  },

  async "an object lives as long as it has references, no longer"({ create }: Ground) {
    using witness = await create(SuitePlain, ISuiteLife);
    // What earlier tests let go may still be on its way.
    await until(async () => (await witness.Living()) === 1, "other objects to end");
    const before = 1;
    const object = await create(SuitePlain);
    const life = await object.QueryInterface(ISuiteLife);
    assert.equal(await witness.Living(), before + 1);
    object.AddRef();
    object.Release();
    object.Release();
    assert.equal(await life.Living(), before + 1, "the other pointer holds it");
    assert.equal(life.AddRef(), 2);
    assert.equal(life.Release(), 1);
    assert.equal(life.Release(), 0);
    await fails(HResult.CO_E_OBJNOTCONNECTED, () => object.Number(), "what was released is not used");
    await until(async () => (await witness.Living()) === before, "the object to end");
  },

  async "several interfaces at once, one of them missing"({ createEx }: Ground) {
    const results = await createEx(SuitePlain, [ISuiteBase, ISuiteMissing, ISuiteLife]);
    const [base, missing, life] = results;
    assert.deepEqual(
      results.map(({ hresult }) => hresult),
      [HResult.S_OK, HResult.E_NOINTERFACE, HResult.S_OK],
    );
    assert.equal(missing.pointer, undefined);
    assert.ok(base.pointer !== undefined && life.pointer !== undefined);
    assert.ok(isSameObject(base.pointer, life.pointer));
    base.pointer[Symbol.dispose]();
    life.pointer[Symbol.dispose]();
  },
});
