import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, toHex } from "../../base/index.ts";
import { Asn1Reader, Asn1Writer, Tag, contextTag, decodeOid, encodeOid } from "../index.ts";

test("integers as in X.690", () => {
  const hex = (value: number | bigint): string => toHex(new Asn1Writer().integer(value).finish());
  assert.equal(hex(0), "020100");
  assert.equal(hex(127), "02017f");
  assert.equal(hex(128), "02020080");
  assert.equal(hex(-128), "020180");
  assert.equal(hex(-129), "0202ff7f");
  assert.equal(hex(65537), "0203010001");
  assert.equal(hex(1n << 64n), "0209010000000000000000");
  assert.throws(() => hex(0.5), ComError);
});

test("object identifiers and lengths", () => {
  assert.equal(toHex(encodeOid("1.3.6.1.4.1.311.2.2.10")), "2b06010401823702020a");
  assert.equal(toHex(encodeOid("2.999.3")), "883703");
  for (const bad of ["", "1", "3.1", "1.40", "1.2.x", "1..2", "1.02", "1.2.99999999999999999999"]) {
    assert.throws(() => encodeOid(bad), ComError, bad);
  }
  for (const length of [0, 1, 127, 128, 255, 256, 65535, 65536, 70000]) {
    const flat = new Asn1Writer().octetString(new Uint8Array(length).fill(7)).finish();
    const nested = new Asn1Writer()
      .within(Tag.octetString, () => undefined)
      .within(0x24, () => undefined)
      .finish();
    assert.equal(toHex(nested), "04002400");
    const writer = new Asn1Writer();
    writer.within(Tag.sequence, () => void writer.raw(flat));
    const r = new Asn1Reader(writer.finish(), { der: true });
    r.open(Tag.sequence);
    assert.equal(r.octetString().length, length);
    assert.ok(r.done);
  }
});

test("property: what is written is read back, as DER", () => {
  fc.assert(
    fc.property(
      fc.record({
        big: fc.bigInt({ min: -(1n << 200n), max: 1n << 200n }),
        small: fc.integer(),
        bytes: fc.uint8Array({ maxLength: 400 }),
        text: fc.string({ unit: "grapheme", maxLength: 60 }),
        flag: fc.boolean(),
        arcs: fc.array(fc.nat(), { maxLength: 8 }),
      }),
      ({ big, small, bytes, text, flag, arcs }) => {
        const oid = ["1", "3", ...arcs].join(".");
        const writer = new Asn1Writer();
        writer.within(Tag.sequence, () => {
          writer.integer(big).enumerated(small).octetString(bytes, contextTag(2, false));
          writer.within(contextTag(3), () => void writer.generalString(text));
          writer.boolean(flag).oid(oid).bitString(bytes, 0).null().utf8String(text);
        });
        const r = new Asn1Reader(writer.finish(), { der: true });
        const outer = r.open(Tag.sequence);
        assert.equal(r.bigInteger(), big);
        assert.equal(r.enumerated(), small);
        assert.deepEqual(r.octetString(contextTag(2, false)), bytes);
        const inner = r.open(contextTag(3));
        assert.equal(r.generalString(), text);
        r.close(inner);
        assert.equal(r.boolean(), flag);
        assert.equal(r.oid(), oid);
        assert.deepEqual(r.bitString().bytes, bytes);
        r.null();
        assert.equal(r.utf8String(), text);
        r.close(outer);
        r.finish();
      },
    ),
    { numRuns: 200 },
  );
});

test("property: an object identifier keeps its bytes", () => {
  fc.assert(
    fc.property(fc.nat(2), fc.nat(39), fc.array(fc.nat(2 ** 31 - 1), { maxLength: 10 }), (a, b, rest) => {
      const oid = [a, b, ...rest].join(".");
      const bytes = encodeOid(oid);
      assert.equal(decodeOid(bytes, 0, bytes.length), oid);
    }),
  );
});
