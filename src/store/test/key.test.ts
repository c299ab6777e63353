import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { decodeKey, encodeKey, prefixEnd } from "../index.ts";

const text = fc.string({ unit: fc.constantFrom("\0", "\x01", "a", "b", "\xff", "€", "\u{10000}") });
const kinds = fc.constantFrom<"s" | "n" | "b" | "y">("s", "n", "b", "y");

/** Pairs of tuples with the same kinds in the same places. */
const pair = fc.array(kinds, { minLength: 1, maxLength: 3 }).chain((shape) => {
  const part = (kind: "s" | "n" | "b" | "y"): fc.Arbitrary<string | number | bigint | Uint8Array> => {
    if (kind === "s") return text;
    if (kind === "n") return fc.double({ noNaN: true });
    return kind === "b" ? fc.bigInt(0n, (1n << 64n) - 1n) : fc.uint8Array({ maxLength: 4 });
  };
  const tuple = fc.tuple(...shape.map((kind) => part(kind)));
  return fc.tuple(tuple, tuple);
});

function compareParts(a: readonly unknown[], b: readonly unknown[]): number {
  for (const [index, x] of a.entries()) {
    const y = b[index];
    let order: number;
    if (typeof x === "string") order = Buffer.compare(Buffer.from(x), Buffer.from(y as string));
    else if (x instanceof Uint8Array) order = Buffer.compare(x, y as Uint8Array);
    else order = x === y ? 0 : (x as number) < (y as number) ? -1 : 1;
    if (order !== 0) return order;
  }
  return 0;
}

describe("keys", () => {
  it("order as their parts do", () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        assert.equal(
          Math.sign(Buffer.compare(encodeKey(...a), encodeKey(...b))),
          Math.sign(compareParts(a, b)),
        );
      }),
    );
  });

  it("come back as their parts", () => {
    fc.assert(
      fc.property(pair, ([a]) => {
        const back = decodeKey(encodeKey(...a));
        assert.equal(compareParts(a, back), 0);
      }),
    );
  });

  it("refuse bytes that are none", () => {
    for (const bytes of [[9], [2, 65], [2, 65, 0], [3, 1], [2, 0, 7, 0, 0]]) {
      assert.throws(() => decodeKey(Uint8Array.from(bytes)), /not a key/);
    }
    assert.throws(() => encodeKey(Number.NaN), /E_INVALIDARG/);
    assert.throws(() => encodeKey(-1n), /E_INVALIDARG/);
  });

  it("have an end of their prefix", () => {
    assert.deepEqual(prefixEnd(Uint8Array.of(1, 0xff)), Uint8Array.of(2));
    assert.equal(prefixEnd(Uint8Array.of(0xff, 0xff)), undefined);
  });
});
