import assert from "node:assert/strict";
import { test } from "node:test";
import { ByteReader, ByteWriter, toHex } from "../../base/index.ts";
import {
  array,
  field,
  hresult,
  i32,
  interfacePointer,
  ref,
  string,
  struct,
  u16,
  u32,
  u8,
  union,
  arm,
  unique,
  voidType,
} from "../codegen/v1.ts";
import {
  type MethodDescriptor,
  type NdrType,
  methodCodec,
  type ParamDescriptor,
  plainContext,
} from "../index.ts";
import { BAD_STUB_DATA, bytes, INVALID_BOUND, INVALID_TAG, refused } from "./support.ts";

const param = (
  name: string,
  how: string,
  type: NdrType,
  extra: Partial<ParamDescriptor> = {},
): ParamDescriptor => ({
  name,
  type,
  in: how.includes("in"),
  out: how.includes("out"),
  ...extra,
});

const method = (returns: NdrType, ...params: ParamDescriptor[]): MethodDescriptor => ({
  name: "M",
  opnum: 3,
  params,
  returns,
});

function request(of: MethodDescriptor, args: readonly unknown[]): string {
  const writer = new ByteWriter();
  methodCodec(of).encodeRequest(writer, args, plainContext);
  const wire = writer.finish();
  assert.deepEqual(methodCodec(of).decodeRequest(new ByteReader(wire), plainContext), args);
  return toHex(wire);
}

function response(of: MethodDescriptor, args: readonly unknown[], result: unknown, status = 0): string {
  const writer = new ByteWriter();
  methodCodec(of).encodeResponse(writer, args, result, status, plainContext);
  return toHex(writer.finish());
}

function answer(of: MethodDescriptor, args: readonly unknown[], text: string): [unknown, number] {
  const status = { code: 99 };
  const result = methodCodec(of).decodeResponse(new ByteReader(bytes(text)), args, plainContext, status);
  return [result, status.code];
}

test("the result is the only [out], an object of several, or nothing", () => {
  const add = method(
    hresult,
    param("a", "in", i32),
    param("b", "in", i32),
    param("sum", "out", ref(i32), { retval: true }),
  );
  assert.equal(methodCodec(add).inputs, 2);
  assert.equal(request(add, [2, 40]), "0200000028000000");
  assert.equal(response(add, [2, 40], 42), "2a00000000000000");
  assert.deepEqual(answer(add, [2, 40], "2a00000001000000"), [42, 1]);

  const two = method(hresult, param("x", "out", ref(u16)), param("y", "inout", ref(u32)));
  assert.equal(request(two, [7]), "07000000");
  assert.equal(response(two, [7], { x: 1, y: 8 }), "010000000800000000000000");
  assert.deepEqual(answer(two, [7], "010000000800000005000780"), [{ x: 1, y: 8 }, 0x80070005]);

  const none = method(hresult, param("x", "in", u8));
  assert.equal(response(none, [1], undefined), "00000000");
  assert.deepEqual(answer(none, [1], "00000000"), [undefined, 0]);

  const nothing = method(voidType);
  assert.equal(response(nothing, [], undefined), "");
  assert.deepEqual(answer(nothing, [], ""), [undefined, 0]);
});

test("a return value that is no HRESULT is part of the result", () => {
  const count = method(u32);
  assert.equal(response(count, [], 5), "05000000");
  assert.deepEqual(answer(count, [], "05000000"), [5, 0]);
  const more = method(u32, param("x", "out", ref(u32)));
  assert.equal(response(more, [], { x: 1, returnValue: 2 }), "0100000002000000");
  assert.deepEqual(answer(more, [], "0100000002000000"), [{ x: 1, returnValue: 2 }, 0]);
});

const next = method(
  hresult,
  param("celt", "in", u32),
  param("rgelt", "out", ref(array(u32, { size: "celt", length: "fetched" }))),
  param("fetched", "out", ref(u32)),
);

test("sizes may name parameters that come later, and must agree with them", () => {
  const wire = response(next, [3], { rgelt: [7, 8], fetched: 2 });
  assert.equal(wire, "03000000 00000000 02000000 07000000 08000000 02000000 00000000".replaceAll(" ", ""));
  assert.deepEqual(answer(next, [3], wire), [{ rgelt: new Uint32Array([7, 8]), fetched: 2 }, 0]);
  refused(() => response(next, [3], { rgelt: [7, 8], fetched: 1 }), INVALID_BOUND);
  refused(() => response(next, [1], { rgelt: [7, 8], fetched: 2 }), INVALID_BOUND);
  refused(() => answer(next, [4], wire), INVALID_BOUND);
  refused(() => answer(next, [3], wire.replace(/0200000000000000$/, "0100000000000000")), INVALID_BOUND);
  const put = method(hresult, param("n", "in", u32), param("data", "in", array(u8, { size: "n" })));
  assert.equal(request(put, [3, new Uint8Array([1, 2, 3])]), "0300000003000000010203");
  refused(() => request(put, [2, new Uint8Array([1, 2, 3])]), INVALID_BOUND);
  refused(
    () => methodCodec(put).decodeRequest(new ByteReader(bytes("0200000003000000010203")), plainContext),
    INVALID_BOUND,
  );
});

test("a failed call sends zeros: nulls, and arrays as long as the caller asked", () => {
  assert.equal(
    response(next, [2], undefined, 0x80004005),
    "02000000000000000000000000000000 05400080".replaceAll(" ", ""),
  );
  const item = struct("Item", () => [
    field("p", ref(u32)),
    field("s", unique(string("wchar"))),
    field("a", array(u16, { fixed: 2 })),
  ]);
  const choice = union("Choice", u32, () => [arm([3], "three", u8), arm([4], "four", item)]);
  const many = method(
    hresult,
    param("iid", "in", u32),
    param("unknown", "out", ref(interfacePointer("IUnknown", "00000000-0000-0000-c000-000000000046"))),
    param("name", "out", ref(unique(string("wchar")))),
    param("item", "out", ref(item)),
    param("choice", "out", ref(choice), { switchIs: "iid" }),
    param("list", "out", array(u16, { size: { op: "*", left: "iid", right: 2 } })),
  );
  const wire = response(many, [3], undefined, 0x80004002);
  assert.deepEqual(answer(many, [3], wire), [
    {
      unknown: null,
      name: null,
      item: { p: 0, s: null, a: new Uint16Array(2) },
      choice: { tag: 3, three: 0 },
      list: new Uint16Array(6),
    },
    0x80004002,
  ]);
  refused(() => response(next2, [0x7fffffff], undefined, 1), BAD_STUB_DATA, /limit/);
});

const next2 = method(hresult, param("n", "in", u32), param("list", "out", array(u8, { size: "n" })));

test("ranges and discriminants are checked on both sides", () => {
  const ranged = method(hresult, param("n", "in", u32, { range: [1, 10] }));
  assert.equal(request(ranged, [10]), "0a000000");
  refused(() => request(ranged, [11]), INVALID_BOUND, /range/);
  refused(
    () => methodCodec(ranged).decodeRequest(new ByteReader(bytes("00000000")), plainContext),
    INVALID_BOUND,
  );

  const choice = union("Choice", u16, () => [arm([1], "one", u8), arm([2], "two", u16)]);
  const switched = method(
    hresult,
    param("which", "in", u16),
    param("choice", "in", ref(choice), { switchIs: "which" }),
  );
  assert.equal(request(switched, [2, { tag: 2, two: 7 }]), "020002000700");
  refused(() => request(switched, [1, { tag: 2, two: 7 }]), INVALID_TAG);
  refused(() => request(switched, [3, { tag: 3 }]), INVALID_TAG);
  refused(
    () => methodCodec(switched).decodeRequest(new ByteReader(bytes("010002000700")), plainContext),
    INVALID_TAG,
  );
  refused(
    () => methodCodec(switched).decodeRequest(new ByteReader(bytes("090009000700")), plainContext),
    INVALID_TAG,
  );
});

test("a method without a form on the wire says so", () => {
  refused(() => request({ ...next, local: true }, [1]), 0x80004001, /local/);
});

test("stub bytes behind the last parameter are ignored", () => {
  const add = method(hresult, param("a", "in", i32));
  const reader = new ByteReader(bytes("01000000 00000000 00000000"));
  assert.deepEqual(methodCodec(add).decodeRequest(reader, plainContext), [1]);
  assert.equal(reader.pos, 4);
});
