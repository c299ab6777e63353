import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  ByteReader,
  ByteWriter,
  bytesEqual,
  ComError,
  decodeUtf16,
  fromHex,
  guid,
  HResult,
  toHex,
} from "../index.ts";

test("numbers, text and padding as they stand on the wire", () => {
  const w = new ByteWriter(1);
  w.u8(0x12);
  w.align(4);
  w.u16(0x3456);
  w.u16be(0x3456);
  w.u32(0x789abcde);
  w.u32be(0x789abcde);
  w.align(8);
  w.u64(0x0102030405060708n);
  w.f64(-2.5);
  w.guid(guid("99fcfec4-5260-101b-bbcb-00aa0021347a"));
  w.utf16("aé€😀");
  w.raw(fromHex("ff fe"));
  w.zeros(2);
  w.patchU16(0, 0xffff);
  w.patchU32(8, 1);
  assert.equal(
    toHex(w.finish()),
    "ffff0000 5634 3456 01000000 789abcde 0807060504030201 00000000000004c0 c4fefc9960521b10bbcb00aa0021347a 6100e900ac203dd800de fffe 0000".replaceAll(
      " ",
      "",
    ),
  );
  const r = new ByteReader(w.finish(), 4);
  assert.equal(r.u16(), 0x3456);
  assert.equal(r.u16be(), 0x3456);
  assert.equal(r.u32(), 1);
  assert.equal(r.u32(), 0xdebc9a78);
  assert.equal(r.u64(), 0x0102030405060708n);
  assert.equal(r.f64(), -2.5);
  assert.equal(r.guid(), "99fcfec4-5260-101b-bbcb-00aa0021347a");
  assert.equal(r.utf16(5), "aé€😀");
  assert.equal(toHex(r.raw(2)), "fffe");
  assert.equal(r.remaining, 2);
});

test("a big-endian reader swaps numbers, GUIDs and text", () => {
  const r = new ByteReader(
    fromHex(
      "0001 00000002 fffffffe 0000000000000003 3ff0000000000000 99fcfec45260101bbbcb00aa0021347a 00410042",
    ),
    0,
    undefined,
    false,
  );
  assert.equal(r.u16(), 1);
  assert.equal(r.u32(), 2);
  assert.equal(r.i32(), -2);
  assert.equal(r.u64(), 3n);
  assert.equal(r.f64(), 1);
  assert.equal(r.guid(), "99fcfec4-5260-101b-bbcb-00aa0021347a");
  assert.equal(r.utf16(2), "AB");
});

test("alignment counts from the origin, and used buffers are zeroed", () => {
  const w = new ByteWriter(32);
  w.bytes.fill(0xee);
  w.raw(fromHex("aabbcc"));
  w.origin = 3;
  w.u8(1);
  w.align(8);
  w.u8(2);
  assert.equal(toHex(w.finish(3)), "010000000000000002");
  assert.equal(toHex(w.written(11)), "02");
  const r = new ByteReader(w.finish(), 3);
  r.u8();
  r.align(8);
  assert.equal(r.u8(), 2);
  w.reset();
  assert.equal(w.pos, 0);
  assert.equal(w.origin, 0);
});

test("nothing is read past the end", () => {
  const reads: ((r: ByteReader) => unknown)[] = [
    (r) => r.u8(),
    (r) => r.u16(),
    (r) => r.u16be(),
    (r) => r.u32(),
    (r) => r.i32(),
    (r) => r.u64(),
    (r) => r.f64(),
    (r) => r.guid(),
    (r) => r.raw(1),
    (r) => r.raw(-1),
    (r) => r.raw(Number.MAX_SAFE_INTEGER),
    (r) => r.utf16(1),
    (r) => r.utf16(0x7fffffff),
    (r) => r.skip(1),
    (r) => r.skip(-5),
    (r) => r.need(2 ** 40),
  ];
  for (const read of reads) {
    const r = new ByteReader(new Uint8Array(64), 10, 10);
    assert.throws(
      () => read(r),
      (error: unknown) => error instanceof ComError && error.code === HResult.RPC_X_BAD_STUB_DATA,
    );
    assert.equal(r.pos, 10, "a refused read moves nothing");
  }
  const r = new ByteReader(new Uint8Array(9), 0, 9);
  r.skip(9);
  assert.throws(() => r.align(8), ComError);
});

test("a reader can be pointed at another range", () => {
  const r = new ByteReader(fromHex("0102030405060708"));
  r.rewind(2, 4, false);
  assert.equal(r.u16(), 0x0304);
  assert.throws(() => r.u8(), ComError);
});

test("any text comes back, lone surrogates too, short and long", () => {
  const unit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  fc.assert(
    fc.property(fc.array(unit, { maxLength: 80 }), (units) => {
      const text = units.join("");
      const w = new ByteWriter(2);
      w.u8(9);
      w.utf16(text);
      const bytes = w.finish();
      assert.equal(decodeUtf16(bytes, 1, text.length), text);
      assert.equal(new ByteReader(bytes, 1).utf16(text.length), text);
    }),
  );
});

test("hexadecimal text", () => {
  fc.assert(fc.property(fc.uint8Array(), (bytes) => assert.ok(bytesEqual(fromHex(toHex(bytes)), bytes))));
  for (const bad of ["0", "0g", "zz"]) assert.throws(() => fromHex(bad), ComError);
  assert.ok(!bytesEqual(new Uint8Array(1), new Uint8Array(2)));
  assert.ok(!bytesEqual(fromHex("01"), fromHex("02")));
});

test("a writer grows to any size without losing what it holds", () => {
  const w = new ByteWriter(4);
  const expected: number[] = [];
  for (let i = 0; i < 5000; i++) {
    w.u8(i & 0xff);
    expected.push(i & 0xff);
  }
  assert.deepEqual([...w.finish()], expected);
  w.raw(new Uint8Array(100_000));
  assert.equal(w.pos, 105_000);
});
