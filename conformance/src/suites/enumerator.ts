import assert from "node:assert/strict";
import { HResult, type IUnknown } from "comity";
import { codeOf } from "./assertions.js";
import { type Ground, type Suite, suite } from "./suite.js";

/** An enumerator, whatever its elements are called. */
interface AnyEnum extends IUnknown {
  Skip(count: number, options?: object): unknown;
  Reset(): unknown;
  Clone(): unknown;
}

/** How one kind of enumerator is had and read. */
interface EnumKind<E extends AnyEnum> {
  /** A new one; the caller owns it. */
  make(ground: Ground): Promise<E>;
  /** The next elements in a form that can be compared; pointers among them are given back. */
  next(one: E, count: number, status?: { code: number }): Promise<readonly unknown[]>;
  /** What it goes over. */
  readonly elements: number;
}

/** The rules of every IEnumXXXX: others call it for enumerators of theirs. */
export function enumeratorSuite<E extends AnyEnum>(name: string, kind: EnumKind<E>): Suite {
  const all = async (one: E): Promise<readonly unknown[]> => kind.next(one, kind.elements);
  return suite(name, {
    async "Next answers what there is, S_FALSE when that is less than asked"(ground: Ground) {
      using one = await kind.make(ground);
      const status = { code: -1 };
      assert.equal((await kind.next(one, kind.elements, status)).length, kind.elements);
      assert.equal(status.code, HResult.S_OK);
      assert.deepEqual(await kind.next(one, 1, status), []);
      assert.equal(status.code, HResult.S_FALSE);
      await one.Reset();
      assert.equal((await kind.next(one, kind.elements + 3, status)).length, kind.elements);
      assert.equal(status.code, HResult.S_FALSE);
    },

    async "one by one is the same as all at once"(ground: Ground) {
      using one = await kind.make(ground);
      const together = await all(one);
      await one.Reset();
      const single: unknown[] = [];
      for (let i = 0; i < kind.elements; i++) single.push(...(await kind.next(one, 1)));
      assert.deepEqual(single, together);
      assert.deepEqual(await kind.next(one, 0), []);
    },

    async "Skip passes over, and says S_FALSE when there is too little"(ground: Ground) {
      using one = await kind.make(ground);
      const together = await all(one);
      await one.Reset();
      const status = { code: -1 };
      await one.Skip(1, { status });
      assert.equal(status.code, HResult.S_OK);
      assert.deepEqual(await kind.next(one, kind.elements), together.slice(1));
      await one.Reset();
      await one.Skip(kind.elements + 1, { status });
      assert.equal(status.code, HResult.S_FALSE);
      assert.deepEqual(await kind.next(one, 1), []);
    },

    async "a clone stands where its original stood, and goes its own way"(ground: Ground) {
      using one = await kind.make(ground);
      const together = await all(one);
      await one.Reset();
      await one.Skip(1);
      using copy = (await one.Clone()) as E;
      assert.deepEqual(await kind.next(copy, kind.elements), together.slice(1));
      assert.deepEqual(await kind.next(one, kind.elements), together.slice(1));
      await copy.Reset();
      assert.deepEqual(await all(copy), together);
    },

    async "a huge count is no reason to set memory aside"(ground: Ground) {
      using one = await kind.make(ground);
      // It may be refused; if not, what there is comes back, and no more.
      let got: readonly unknown[] = [];
      const code = await codeOf(async () => (got = await kind.next(one, 0x7fffffff)));
      assert.ok(code !== 0 || got.length === kind.elements);
      await one.Reset();
      assert.equal((await all(one)).length, kind.elements);
    },
  });
}
