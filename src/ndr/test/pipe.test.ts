import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ByteReader, ByteWriter, defaultLimits, fromHex, toHex } from "../../base/index.ts";
import { field, i32, pipe, ref, string, struct, u16, u32, u8 } from "../codegen/v1.ts";
import {
  type MarshalContext,
  type MethodDescriptor,
  type NdrType,
  methodCodec,
  ndr20,
  ndr64,
  plainContext,
} from "../index.ts";
import { INVALID_BOUND, refused } from "./support.ts";

/** As [MS-EFSR] has them: a file is read and written through a pipe of bytes. */
function exchange(of: NdrType): MethodDescriptor {
  return {
    name: "Exchange",
    opnum: 1,
    params: [
      { name: "sent", type: pipe(of), in: true, out: false },
      { name: "flags", type: u32, in: true, out: false },
      { name: "file", type: ref(string("wchar")), in: false, out: true },
      { name: "received", type: ref(pipe(of)), in: false, out: true },
    ],
    returns: i32,
  };
}

const bytes = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, "latin1"));

test("a request's pipe stands behind its other parameters, a response's before them", () => {
  const codec = methodCodec(exchange(u8));
  const writer = new ByteWriter();
  codec.encodeRequest(writer, [bytes("abcde"), 7], plainContext);
  const wire = writer.finish();
  assert.equal(toHex(wire), "0700000005000000616263646500000000000000");
  assert.deepEqual(codec.decodeRequest(new ByteReader(wire), plainContext), [bytes("abcde"), 7]);

  const answer = new ByteWriter();
  const result = { file: "x", received: bytes("ab"), returnValue: 5 };
  codec.encodeResponse(answer, [], result, 0, plainContext);
  const text = toHex(answer.finish());
  assert.ok(text.startsWith("02000000616200000000000002000000"), text);
  const reader = new ByteReader(fromHex(text));
  assert.deepEqual(codec.decodeResponse(reader, [], plainContext, { code: 0 }), result);
});

/** As a Windows server sent a file in NDR64: each chunk's count stands behind it once more, negative; here with small chunks. */
test("chunks of NDR64", () => {
  const codec = methodCodec(exchange(u8), ndr64);
  const count = (n: number): string => {
    const writer = new ByteWriter();
    writer.u32(n >>> 0);
    writer.u32(n < 0 ? 0xffffffff : 0);
    return toHex(writer.finish());
  };
  const wire =
    "0700000000000000" +
    `${count(3)}616263${"00".repeat(5)}${count(-3)}` +
    `${count(8)}${"64".repeat(8)}${count(-8)}` +
    count(0);
  const args = codec.decodeRequest(new ByteReader(fromHex(wire)), plainContext);
  assert.deepEqual(args, [bytes("abcdddddddd"), 7]);
  const writer = new ByteWriter();
  codec.encodeRequest(writer, [bytes("abc"), 7], plainContext);
  const own = `0700000000000000${count(3)}616263${"00".repeat(5)}${count(-3)}${count(0)}`;
  assert.equal(toHex(writer.finish()), own);
  const wrong = wire.replace(count(-3), count(-4));
  refused(
    () => codec.decodeRequest(new ByteReader(fromHex(wrong)), plainContext),
    INVALID_BOUND,
    /pipe|Exchange/,
  );
});

const point = struct("Point", () => [field("x", u8), field("y", u32)]);

test("any elements in any chunks come back, in both encodings and byte orders", () => {
  const lists = fc.array(
    fc.tuple(fc.nat(255), fc.nat()).map(([x, y]) => ({ x, y })),
    { maxLength: 40 },
  );
  fc.assert(
    fc.property(lists, fc.constantFrom(ndr20, ndr64), (sent, syntax) => {
      const codec = methodCodec(exchange(point), syntax);
      const writer = new ByteWriter();
      codec.encodeRequest(writer, [sent, 9], plainContext);
      const wire = writer.finish();
      const reader = new ByteReader(wire);
      assert.deepEqual(codec.decodeRequest(reader, plainContext), [sent, 9]);
      assert.equal(reader.remaining, 0);
      for (let n = 0; n < wire.length; n += 7) {
        assert.throws(() => codec.decodeRequest(new ByteReader(wire.subarray(0, n)), plainContext));
      }
    }),
    { numRuns: 60 },
  );
  const big = "000000070000000200010002000000010003000000000000";
  const args = methodCodec(exchange(u16)).decodeRequest(
    new ByteReader(fromHex(big), 0, big.length / 2, false),
    plainContext,
  );
  assert.deepEqual(args, [Uint16Array.of(1, 2, 3), 7]);
});

test("an empty pipe, and the result of a call that failed", () => {
  const codec = methodCodec(exchange(u8));
  const writer = new ByteWriter();
  codec.encodeRequest(writer, [new Uint8Array(0), 1], plainContext);
  assert.equal(toHex(writer.finish()), "0100000000000000");
  const args = codec.decodeRequest(new ByteReader(fromHex("0100000000000000")), plainContext);
  assert.deepEqual(args[0], new Uint8Array(0));
  const failed = new ByteWriter();
  codec.encodeResponse(failed, [], undefined, 0, plainContext);
  assert.ok(toHex(failed.finish()).startsWith("00000000"));
});

test("hostile pipes end within the limits", () => {
  const codec = methodCodec(exchange(u8));
  const context: MarshalContext = { ...plainContext, limits: { ...defaultLimits, maxArrayElements: 1000 } };
  const chunks = new ByteWriter();
  chunks.u32(1);
  for (let i = 0; i < 2000; i++) {
    chunks.u32(1);
    chunks.u32(7);
  }
  chunks.u32(0);
  assert.throws(() => codec.decodeRequest(new ByteReader(chunks.finish()), context), /1000/);
  for (const hex of ["01000000ffffffff", "0100000001000000", "01000000", "010000000100000041000000"]) {
    assert.throws(() => codec.decodeRequest(new ByteReader(fromHex(hex)), context));
  }
});
