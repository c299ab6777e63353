import assert from "node:assert/strict";
import { ByteReader, ByteWriter, ComError, fromHex, toHex } from "../../base/index.ts";
import { codecFor, decodeFromBytes, encodeToBytes, ndr20, plainContext, type Syntax } from "../index.ts";
import type { NdrType } from "../index.ts";

export const hex = (bytes: Uint8Array): string => toHex(bytes);
export const bytes: (text: string) => Uint8Array = fromHex;

/** Asserts that the value has these bytes and the bytes this value. */
export function same(type: NdrType, value: unknown, text: string, syntax: Syntax = ndr20): void {
  const wire = fromHex(text);
  assert.equal(toHex(encodeToBytes(type, value, plainContext, syntax)), toHex(wire));
  assert.deepEqual(decodeFromBytes(type, wire, plainContext, { syntax }), value);
}

/** Encodes into a dirty buffer at an odd place and back, and answers the decoded value. */
export function roundTrip(type: NdrType, value: unknown, syntax: Syntax = ndr20): unknown {
  const writer = new ByteWriter(16);
  writer.raw(new Uint8Array(64).fill(0xa5));
  writer.bytes.fill(0xa5);
  writer.pos = 3;
  writer.origin = 3;
  const codec = codecFor(type, syntax);
  codec.encode(writer, value, plainContext);
  const reader = new ByteReader(writer.bytes, 3, writer.pos);
  const back = codec.decode(reader, plainContext);
  assert.equal(reader.pos, writer.pos, "all bytes were read");
  return back;
}

/** Asserts a ComError of this code. */
export function refused(run: () => unknown, code: number, message?: RegExp): void {
  assert.throws(run, (error: unknown) => {
    assert.ok(error instanceof ComError, String(error));
    assert.equal(error.code.toString(16), code.toString(16), error.message);
    if (message !== undefined) assert.match(error.message, message);
    return true;
  });
}

export const BAD_STUB_DATA = 0x800706f7;
export const INVALID_BOUND = 0x800706c6;
export const INVALID_TAG = 0x800706c5;
export const ENUM_OUT_OF_RANGE = 0x800706f5;
export const NULL_REF = 0x800706f4;
export const INVALID_ARG = 0x80070057;
