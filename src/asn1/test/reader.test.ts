import assert from "node:assert/strict";
import { test } from "node:test";
import { ComError, fromHex, toHex } from "../../base/index.ts";
import { Asn1Reader, Asn1Status, Tag, applicationTag, contextTag } from "../index.ts";

function reader(hex: string, der = true): Asn1Reader {
  return new Asn1Reader(fromHex(hex), { der });
}

function refuses(code: keyof typeof Asn1Status, read: () => unknown, message: RegExp): void {
  assert.throws(read, (error) => {
    assert.ok(error instanceof ComError);
    assert.equal(error.code, Asn1Status[code]);
    assert.match(error.message, message);
    return true;
  });
}

// X.690 8.3, and the table of RFC 4511-style encoders: values at the edges of each length.
const integers: readonly (readonly [string, number])[] = [
  ["020100", 0],
  ["02017f", 127],
  ["02020080", 128],
  ["02020100", 256],
  ["020180", -128],
  ["0202ff7f", -129],
  ["0203010001", 65537],
  ["02047fffffff", 2147483647],
  ["02050080000000", 2147483648],
  ["0206800000000000", -140737488355328],
];

test("integers", () => {
  for (const [hex, value] of integers) {
    assert.equal(reader(hex).integer(), value, hex);
    assert.equal(reader(hex).bigInteger(), BigInt(value), hex);
  }
  refuses("CRYPT_E_ASN1_LARGE", () => reader("020701000000000000").integer(), /too large/);
  assert.equal(reader("020701000000000000").bigInteger(), 0x01000000000000n);
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("0200").integer(), /without bytes/);
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("02020001").integer(), /longer than need be/);
  assert.equal(reader("02020001", false).integer(), 1);
});

test("object identifiers of the protocols", () => {
  assert.equal(reader("06062b0601050502").oid(), "1.3.6.1.5.5.2");
  assert.equal(reader("060a2b06010401823702020a").oid(), "1.3.6.1.4.1.311.2.2.10");
  assert.equal(reader("06092a864886f712010202").oid(), "1.2.840.113554.1.2.2");
  // X.690 8.19.5
  assert.equal(reader("0603883703").oid(), "2.999.3");
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("0600").oid(), /without arcs/);
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("06032b8001").oid(), /leading zeros/);
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("06022b80").oid(), /leading zeros|within an arc/);
  refuses("CRYPT_E_ASN1_LARGE", () => reader(`060a2b${"ff".repeat(8)}7f`).oid(), /too large/);
  refuses("CRYPT_E_ASN1_LARGE", () => reader(`0641${"01".repeat(65)}`).oid(), /longer than 64/);
});

test("strings, bits, booleans, null", () => {
  assert.equal(reader("1b0548656c6c6f").generalString(), "Hello");
  assert.equal(reader("0c02c3a9").utf8String(), "é");
  assert.equal(reader("180f31393835313130363231303632375a").generalizedTime(), "19851106210627Z");
  assert.equal(toHex(reader("0403010203").octetString()), "010203");
  // X.690 8.6.4.2
  const bits = reader("0307040a3b5f291cd0").bitString();
  assert.equal(bits.unusedBits, 4);
  assert.equal(toHex(bits.bytes), "0a3b5f291cd0");
  assert.equal(reader("0101ff").boolean(), true);
  assert.equal(reader("010100").boolean(), false);
  assert.equal(reader("010101", false).boolean(), true);
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("010101").boolean(), /boolean/);
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("0300").bitString(), /bit string/);
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("030108").bitString(), /bit string/);
  reader("0500").null();
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("050100").null(), /null/);
});

test("raw answers the whole encoding and goes on behind it", () => {
  const r = reader("30030201050500");
  assert.equal(toHex(r.raw(Tag.sequence)), "3003020105");
  r.skip();
  r.finish();
});

test("sequences and tags", () => {
  const r = reader("6008a103020105a2010a".replace("a2010a", "8201ff"));
  const application = r.open(applicationTag(0));
  const first = r.open(contextTag(1));
  assert.equal(r.integer(), 5);
  r.close(first);
  assert.ok(!r.at(contextTag(3)));
  assert.equal(r.integer(contextTag(2, false)), -1);
  assert.ok(r.done);
  r.close(application);
  r.finish();
  const extra = reader("3006020101020102");
  const outer = extra.open(Tag.sequence);
  assert.equal(extra.integer(), 1);
  refuses("CRYPT_E_ASN1_CORRUPT", () => extra.close(outer), /3 bytes left over/);
  extra.leave(outer);
  extra.finish();
  refuses("CRYPT_E_ASN1_BADTAG", () => reader("0400").integer(), /integer wanted, octetString found/);
  refuses("CRYPT_E_ASN1_BADTAG", () => reader("1f8101").skip(), /above 30/);
});

test("lengths", () => {
  // Active Directory writes lengths of four bytes where one would do; BER allows it, DER does not.
  assert.equal(reader("04840000000141", false).octetString().length, 1);
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("04840000000141").octetString(), /longer than need be/);
  refuses("CRYPT_E_ASN1_CORRUPT", () => reader("30800000", false).skip(), /indefinite/);
  refuses(
    "CRYPT_E_ASN1_EOD",
    () => reader("0484ffffffff41", false).octetString(),
    /4294967295 bytes, 1 are left/,
  );
  refuses("CRYPT_E_ASN1_LARGE", () => reader("0487ffffffffffffff", false).octetString(), /7 bytes/);
  refuses("CRYPT_E_ASN1_EOD", () => reader("0482ff").octetString(), /ends within/);
  refuses("CRYPT_E_ASN1_EOD", () => reader("04").octetString(), /ends within/);
  refuses("CRYPT_E_ASN1_EOD", () => reader("").skip(), /missing/);
  // A value may not reach past the one it stands in, even when the input goes on.
  const r = reader("3003040302014142434445");
  r.open(Tag.sequence);
  refuses("CRYPT_E_ASN1_EOD", () => r.octetString(), /1 are left/);
});

test("depth is limited", () => {
  let bytes = new Uint8Array(0);
  for (let i = 0; i < 100; i++)
    bytes = Uint8Array.of(0x30, 0x80 | 2, bytes.length >> 8, bytes.length, ...bytes);
  const r = new Asn1Reader(bytes);
  refuses(
    "CRYPT_E_ASN1_LARGE",
    () => {
      for (let i = 0; i < 100; i++) r.open(Tag.sequence);
    },
    /deeper than 64/,
  );
});
