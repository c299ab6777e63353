import assert from "node:assert/strict";
import { type ClassDefinition, HResult, IUnknown, type Implements, defineClass, isSameObject } from "comity";
import { aggregate, createCall, tearOff, verifyIdentity } from "comity/com";
import { ICancelMethodCalls, ISynchronize } from "comity/interfaces/objidl";
import {
  AsyncISuiteSlow,
  ISuiteBase,
  ISuiteMissing,
  ISuitePart,
  ISuiteSeldom,
  type ISuiteSlow,
  SuiteSlow,
  SuiteWhole,
} from "../gen/suites.js";
import { fails } from "./assertions.js";
import { type Ground, type Suite, suite } from "./suite.js";

/** The inner object. */
class Part implements Implements<ISuitePart> {
  static readonly interfaces: readonly unknown[] = [ISuitePart];

  Part(): number {
    return 7;
  }
}

class Whole implements Implements<ISuiteBase> {
  constructor() {
    aggregate(this, new Part(), ISuitePart);
    let made = 0;
    tearOff(this, ISuiteSeldom, () => ({ Seldom: () => ++made }));
  }

  Number(): number {
    return 21;
  }

  finalRelease(): void {}
}

class Slow implements Implements<ISuiteSlow> {
  async Sum(a: number, b: number, milliseconds: number): Promise<number> {
    await new Promise((resolve) => setTimeout(resolve, milliseconds));
    return a + b;
  }
}

export const wholeClass: ClassDefinition = defineClass(
  { ...SuiteWhole, interfaces: [ISuiteBase], sources: [] },
  Whole,
);
export const slowClass: ClassDefinition = defineClass(SuiteSlow, Slow);

const interfaces = [IUnknown, ISuiteBase, ISuitePart, ISuiteSeldom, ISuiteMissing] as const;

/** An object made of an outer one, an inner one, and a piece torn off: to everybody it is one. */
export const aggregateSuite: Suite = suite("aggregates", {
  async "break no rule of QueryInterface, whatever interface is asked"({ create }: Ground) {
    for (const from of [ISuiteBase, ISuitePart, ISuiteSeldom]) {
      using object = await create<IUnknown>(SuiteWhole, from);
      assert.deepEqual(await verifyIdentity(object, interfaces), []);
    }
  },

  async "answer each interface by the object it is from"({ create }: Ground) {
    using base = await create(SuiteWhole, ISuiteBase);
    using part = await base.QueryInterface(ISuitePart);
    using seldom = await part.QueryInterface(ISuiteSeldom);
    assert.equal(await base.Number(), 21);
    assert.equal(await part.Part(), 7);
    assert.equal(await seldom.Seldom(), 1);
    using back = await seldom.QueryInterface(ISuiteBase);
    assert.ok(isSameObject(back, base) && isSameObject(part, seldom));
  },

  async "live as long as any of their interfaces is held"({ create }: Ground) {
    const base = await create(SuiteWhole, ISuiteBase);
    using part = await base.QueryInterface(ISuitePart);
    base.Release();
    assert.equal(await part.Part(), 7);
    using again = await part.QueryInterface(ISuiteBase);
    assert.equal(await again.Number(), 21);
  },
});

/** Asynchronous calls: ICallFactory's call objects, ISynchronize, ICancelMethodCalls. */
export const callObjectSuite: Suite = suite("call objects", {
  async "begin now and finish later, one call at a time"({ create }: Ground) {
    using slow = await create(SuiteSlow);
    using call = await createCall(slow, AsyncISuiteSlow);
    await call.Begin_Sum(40, 2, 5);
    await fails(0x80010115, () => call.Begin_Sum(1, 1, 0)); // RPC_S_CALLPENDING
    using sync = await call.QueryInterface(ISynchronize);
    await sync.Wait(0, 5000);
    assert.equal(await call.Finish_Sum(), 42);
    await fails(0x80010117, () => call.Finish_Sum()); // RPC_E_CALL_COMPLETE
    await call.Begin_Sum(1, 2, 0);
    assert.equal(await call.Finish_Sum(), 3);
  },

  async "run beside each other"({ create }: Ground) {
    using slow = await create(SuiteSlow);
    using first = await createCall(slow, AsyncISuiteSlow);
    using second = await createCall(slow, AsyncISuiteSlow);
    await first.Begin_Sum(1, 1, 40);
    await second.Begin_Sum(2, 2, 0);
    assert.equal(await second.Finish_Sum(), 4);
    assert.equal(await first.Finish_Sum(), 2);
  },

  async "are cancelled"({ create }: Ground) {
    using slow = await create(SuiteSlow);
    using call = await createCall(slow, AsyncISuiteSlow);
    await call.Begin_Sum(1, 1, 300);
    using cancel = await call.QueryInterface(ICancelMethodCalls);
    await cancel.Cancel(0);
    await fails(HResult.RPC_E_CALL_CANCELED, () => call.Finish_Sum());
  },
});
