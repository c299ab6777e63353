import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, toHex } from "../../base/index.ts";
import { decodeFromBytes, encodeToBytes, ndr20, ndr64, plainContext } from "../index.ts";
import { anyType, describeType, valueOf } from "./arbitrary.ts";
import { referenceBytes } from "./reference.ts";
import { roundTrip } from "./support.ts";

const typeAndValue = anyType(2).chain((type) =>
  valueOf(type).map((value) => ({
    type,
    value,
    [fc.toStringMethod]: () => `${describeType(type)} = ${fc.stringify(value)}`,
  })),
);

test("any value of any type has the bytes of the slow reference and comes back", () => {
  fc.assert(
    fc.property(typeAndValue, fc.constantFrom(ndr20, ndr64), ({ type, value }, syntax) => {
      const wire = encodeToBytes(type, value, plainContext, syntax);
      assert.equal(toHex(wire), toHex(referenceBytes(type, value, syntax)));
      assert.deepEqual(roundTrip(type, value, syntax), value);
    }),
    { numRuns: 400, endOnFailure: true },
  );
});

test("any value comes back from big-endian bytes", () => {
  fc.assert(
    fc.property(typeAndValue, fc.constantFrom(ndr20, ndr64), ({ type, value }, syntax) => {
      const wire = referenceBytes(type, value, syntax, false);
      assert.deepEqual(decodeFromBytes(type, wire, plainContext, { littleEndian: false, syntax }), value);
    }),
    { numRuns: 200, endOnFailure: true },
  );
});

test("a message cut short anywhere is refused or was longer than needed", () => {
  fc.assert(
    fc.property(typeAndValue, ({ type, value }) => {
      const wire = encodeToBytes(type, value);
      for (let n = 0; n < wire.length; n++) {
        try {
          // Only padding at the end can be missed.
          assert.deepEqual(decodeFromBytes(type, wire.subarray(0, n)), value);
        } catch (error) {
          assert.ok(error instanceof ComError, String(error));
        }
      }
    }),
    { numRuns: 100, endOnFailure: true },
  );
});

test("a message with wrong bytes is refused or read as another value, quickly", () => {
  const start = performance.now();
  fc.assert(
    fc.property(
      typeAndValue,
      fc.array(fc.tuple(fc.nat(), fc.constantFrom(0, 1, 0x7f, 0x80, 0xff)), { minLength: 1, maxLength: 6 }),
      fc.boolean(),
      ({ type, value }, changes, littleEndian) => {
        const wire = encodeToBytes(type, value);
        if (wire.length === 0) return;
        for (const [at, byte] of changes) {
          wire[at % wire.length] = byte;
          try {
            decodeFromBytes(type, wire, plainContext, { littleEndian });
          } catch (error) {
            assert.ok(error instanceof ComError, error instanceof Error ? error.stack : String(error));
          }
        }
      },
    ),
    { numRuns: 400, endOnFailure: true },
  );
  assert.ok(performance.now() - start < 20_000);
});
