import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, type Guid, HResult, newGuid } from "../../base/index.ts";
import { SingleApartment, currentApartment, initializeThread } from "../index.ts";

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
