import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError } from "../../base/index.ts";
import { Asn1Reader, isConstructed } from "../index.ts";

/** Walks whatever there is, as deep as it goes. */
function walk(r: Asn1Reader): void {
  while (!r.done) {
    const tag = r.peek();
    if (isConstructed(tag)) {
      const outer = r.open(tag);
      walk(r);
      r.close(outer);
    } else if (tag === 2) r.bigInteger();
    else if (tag === 3) r.bitString();
    else if (tag === 6) r.oid();
    else r.skip();
  }
}

test("fuzz: any bytes end in a value or a ComError, without running past the end", () => {
  const soup = fc.array(
    fc.constantFrom(0x30, 0x02, 0x06, 0x03, 0xa0, 0x60, 0x80, 0x81, 0x82, 0, 1, 2, 3, 5, 0xff),
    {
      maxLength: 200,
    },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 300 }),
        soup.map((x) => Uint8Array.from(x)),
      ),
      fc.boolean(),
      (bytes, der) => {
        const r = new Asn1Reader(bytes, { der });
        try {
          walk(r);
          assert.equal(r.pos, bytes.length);
        } catch (error) {
          assert.ok(error instanceof ComError, String(error));
        }
        assert.ok(r.pos <= bytes.length);
      },
    ),
    { numRuns: 2000 },
  );
});
