import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, type Guid, HResult, newGuid } from "../../base/index.ts";
import { THDTYPE } from "../gen/objidlbase.ts";
import {
  ApartmentType,
  IAgileObject,
  IAgileReference,
  IComThreadingInfo,
  SingleApartment,
  cancelCall,
  causalityGuid,
  currentApartment,
  currentCausality,
  disableCallCancellation,
  enableCallCancellation,
  getObjectContext,
  identityOf,
  initializeThread,
  isSameObject,
  makeAgile,
  neutralApartment,
  pointerTo,
  setCancelObject,
} from "../index.ts";
import { storesAreCheap } from "../call/causality.ts";
import { ICalculator } from "./sample.ts";
import { Calculator, openRuntime } from "./support.ts";

const chains: readonly Guid[] = [newGuid(), newGuid(), newGuid()];

interface Call {
  readonly chain: number;
  /** Turns of the event loop it takes; none: it answers at once. */
  readonly turns: number;
  /** Fails in place of answering. */
  readonly fails: boolean;
  /** Turns until the next call comes. */
  readonly gap: number;
}

const call: fc.Arbitrary<Call> = fc.record({
  chain: fc.nat({ max: chains.length - 1 }),
  turns: fc.nat({ max: 3 }),
  fails: fc.boolean(),
  gap: fc.nat({ max: 2 }),
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("single-threaded apartment: one chain inside at a time, everybody served, nobody overtakes within a chain", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 25 }), async (calls) => {
      const apartment = new SingleApartment();
      const inside = new Map<number, number>();
      const begun: number[] = [];
      const settled: Promise<unknown>[] = [];
      for (const [index, { chain, turns, fails, gap }] of calls.entries()) {
        const run = (): number | Promise<number> => {
          begun.push(index);
          const others = [...inside].some(([other, count]) => other !== chain && count > 0);
          assert.equal(others, false, "a stranger is inside");
          if (turns === 0) {
            if (fails) throw new ComError(HResult.E_FAIL);
            return index;
          }
          inside.set(chain, (inside.get(chain) ?? 0) + 1);
          return (async () => {
            for (let i = 0; i < turns; i++) await turn();
            inside.set(chain, (inside.get(chain) ?? 0) - 1);
            if (fails) throw new ComError(HResult.E_FAIL);
            return index;
          })();
        };
        settled.push(
          (async () => {
            try {
              assert.equal(await apartment.enter(chains[chain], run), index);
              assert.equal(fails, false);
            } catch (error) {
              assert.ok(fails && error instanceof ComError && error.code === HResult.E_FAIL, String(error));
            }
          })(),
        );
        for (let i = 0; i < gap; i++) await turn();
      }
      await Promise.all(settled);
      assert.equal(begun.length, calls.length);
      assert.equal(apartment.busy, false);
      assert.equal(apartment.queued, 0);
      // Within one chain nobody overtakes.
      for (const chain of chains.keys()) {
        const own = begun.filter((index) => calls[index]?.chain === chain);
        assert.deepEqual(
          own,
          own.toSorted((a, b) => a - b),
        );
      }
    }),
    { numRuns: 150 },
  );
});

test("a queue of calls that answer at once is no stack of calls", async () => {
  const apartment = new SingleApartment({ queuedCalls: 50_000 });
  let open = (): void => undefined;
  const first = apartment.enter(newGuid(), () => new Promise<void>((resolve) => (open = resolve)));
  const others = Array.from({ length: 50_000 }, async (_, i) => apartment.enter(newGuid(), () => i));
  open();
  await first;
  assert.equal((await Promise.all(others)).at(-1), 49_999);
});

test("a thread is initialized with one model, counted", () => {
  const before = currentApartment();
  using one = initializeThread("multi");
  assert.equal(one.already, false);
  assert.equal(currentApartment().kind, "multi");
  const again = initializeThread("multi");
  assert.equal(again.already, true);
  assert.throws(() => initializeThread("single"), { code: HResult.RPC_E_CHANGED_MODE });
  one[Symbol.dispose]();
  one[Symbol.dispose]();
  assert.equal(currentApartment().kind, "multi");
  again[Symbol.dispose]();
  assert.equal(currentApartment(), before);
});

test("the context of the caller: its apartment, and the logical thread, which stays over await", async () => {
  using info = getObjectContext(IComThreadingInfo);
  assert.equal(info.GetCurrentApartmentType(), ApartmentType.MTA);
  assert.equal(info.GetCurrentThreadType(), THDTYPE.THDTYPE_BLOCKMESSAGES);
  {
    using _ = initializeThread("single");
    using here = getObjectContext(IComThreadingInfo);
    assert.equal(here.GetCurrentApartmentType(), ApartmentType.MAINSTA);
    assert.equal(here.GetCurrentThreadType(), THDTYPE.THDTYPE_PROCESSMESSAGES);
  }
  const chain = async (id: Guid): Promise<void> => {
    void info.SetCurrentLogicalThreadId(id);
    for (let i = 0; i < 3; i++) {
      assert.equal(info.GetCurrentLogicalThreadId(), id);
      await turn();
    }
    const cause = currentCausality();
    assert.equal(cause && causalityGuid(cause), id, "calls made now carry it");
  };
  await Promise.all(chains.map(async (id) => (await turn(), chain(id))));
  const mine = info.GetCurrentLogicalThreadId();
  await turn();
  assert.equal(info.GetCurrentLogicalThreadId(), mine);
  assert.throws(() => getObjectContext(IAgileReference), { code: HResult.E_NOINTERFACE });
});

test("agile objects say so, and those that say so are agile", async () => {
  await using com = await openRuntime();
  using calculator = pointerTo(makeAgile(new Calculator()), ICalculator, com);
  using agile = await calculator.QueryInterface(IAgileObject);
  assert.ok(isSameObject(agile, calculator));
  using other = pointerTo(new Calculator(), ICalculator, com);
  await assert.rejects(async () => other.QueryInterface(IAgileObject), { code: HResult.E_NOINTERFACE });
  class Declared extends Calculator {
    static readonly interfaces = [ICalculator, IAgileObject];
  }
  const declared = identityOf(new Declared(), com);
  assert.ok(declared.queryInterface(ICalculator.iid));
  assert.equal(declared.apartment, neutralApartment);
});

test("a cancel object of one's own is found by its call", async () => {
  const work = turn();
  let cancelled = 0;
  const object = {
    Cancel: () => void cancelled++,
    TestCancel: () => undefined,
  };
  assert.throws(() => setCancelObject(work, object), { code: 0x80010140 });
  enableCallCancellation();
  try {
    setCancelObject(work, object);
    cancelCall(work);
    assert.equal(cancelled, 1);
    setCancelObject(work, null);
    assert.throws(() => cancelCall(work), { code: 0x80010140 });
    assert.throws(() => setCancelObject(5 as never, object), { code: HResult.E_INVALIDARG });
    assert.throws(() => setCancelObject(work, new Calculator()), { code: HResult.E_NOINTERFACE });
  } finally {
    disableCallCancellation();
  }
  await work;
});

test("causality lasts without being asked for where Node's stores are cheap", () => {
  assert.equal(storesAreCheap("20.20.2", []), false);
  assert.equal(storesAreCheap("22.7.0", ["--experimental-async-context-frame"]), true);
  assert.equal(storesAreCheap("24.0.0", []), true);
  assert.equal(storesAreCheap("26.1.0", ["--no-async-context-frame"]), false);
});
