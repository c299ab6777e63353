import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ComError, HResult, fromHex, guidFromBytes, toHex } from "../../base/index.ts";
import { type Objref, decodeObjref, encodeObjref } from "../objref.ts";
import { A1, A4, B3, C1, objrefsOf } from "./captures.ts";

for (const [name, least] of [
  [A1, 11],
  [A4, 5],
  [B3, 5],
  [C1, 6],
] as const) {
  test(`every OBJREF of ${name} decodes and encodes to the same bytes`, () => {
    const list = objrefsOf(name);
    assert.ok(list.length >= least, `${list.length} found`);
    for (const bytes of list) assert.equal(toHex(encodeObjref(decodeObjref(bytes))), toHex(bytes));
  });
}

test("the reference in A1's RemoteGetClassObject reply says what Windows meant", () => {
  const objref = objrefsOf(A1)
    .map(decodeObjref)
    .find((o) => o.form === "standard");
  assert.ok(objref?.form === "standard");
  assert.equal(objref.iid, "00000001-0000-0000-c000-000000000046");
  assert.equal(objref.std.publicRefs, 5);
  assert.equal(objref.std.flags, 0);
  assert.deepEqual(objref.resolver.strings, [
    { tower: 7, address: "DC1" },
    { tower: 7, address: "192.168.56.101" },
  ]);
  assert.deepEqual(
    objref.resolver.security.map((s) => s.service),
    [9, 0x1e, 16, 10, 0x16, 0x1f, 0x0e],
  );
});

test("A4 holds a handler reference", () => {
  const objref = objrefsOf(A4)
    .map(decodeObjref)
    .find((o) => o.form === "handler");
  assert.ok(objref?.form === "handler");
  assert.equal(objref.clsid, "3cb169b3-17d9-4e47-8b93-2878998f69a2");
  assert.equal(objref.resolver.strings[1]?.address, "172.18.39.6");
});

const arbGuid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map((b) => {
  b[0] = 1;
  return guidFromBytes(b);
});
const arbText = fc.stringMatching(/^[ -~]{1,30}$/);
const arbBindings = fc.record({
  strings: fc.array(fc.record({ tower: fc.integer({ min: 1, max: 0xffff }), address: arbText }), {
    maxLength: 4,
  }),
  security: fc.array(
    fc.record({
      service: fc.integer({ min: 1, max: 0xffff }),
      principal: arbText,
      reserved: fc.constant(0xffff),
    }),
    { maxLength: 4 },
  ),
});
const u32 = fc.integer({ min: 0, max: 0xffffffff });
const u64 = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const arbStd = fc.record({ flags: u32, publicRefs: u32, oxid: u64, oid: u64, ipid: arbGuid });
const arbObjref: fc.Arbitrary<Objref> = fc.oneof(
  fc.record({ form: fc.constant("standard" as const), iid: arbGuid, std: arbStd, resolver: arbBindings }),
  fc.record({
    form: fc.constant("handler" as const),
    iid: arbGuid,
    std: arbStd,
    clsid: arbGuid,
    resolver: arbBindings,
  }),
  fc.record({
    form: fc.constant("custom" as const),
    iid: arbGuid,
    clsid: arbGuid,
    data: fc.uint8Array({ maxLength: 64 }),
    extension: u32,
    reserved: u32,
  }),
  fc.record({
    form: fc.constant("extended" as const),
    iid: arbGuid,
    std: arbStd,
    resolver: arbBindings,
    elements: fc.array(fc.record({ id: arbGuid, data: fc.uint8Array({ minLength: 1, maxLength: 20 }) }), {
      maxLength: 1,
    }),
  }),
);

test("what is written is read back, in all four forms", () => {
  fc.assert(
    fc.property(arbObjref, (objref) => {
      assert.deepEqual(decodeObjref(encodeObjref(objref)), structuredClone(objref));
    }),
  );
});

test("hostile bytes end in RPC_E_INVALID_OBJREF", () => {
  const seeds = [...objrefsOf(A1).slice(0, 4), ...objrefsOf(A4).slice(-1)];
  fc.assert(
    fc.property(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(0x300), fc.nat(255)), { minLength: 1, maxLength: 6 }),
      fc.nat(0x300),
      (seed, changes, cut) => {
        const bytes = seed.slice(0, Math.max(1, seed.length - (cut % seed.length)));
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        try {
          decodeObjref(bytes);
        } catch (error) {
          assert.ok(error instanceof ComError);
          assert.equal(error.code, HResult.RPC_E_INVALID_OBJREF);
        }
      },
    ),
    { numRuns: 2000 },
  );
});

test("bindings that contradict themselves are refused", () => {
  const head = "4d454f57 01000000 0000000000000000c000000000000046" + "00".repeat(40);
  const refused = { code: HResult.RPC_E_INVALID_OBJREF };
  for (const dual of ["02000300 00000000", "ffff0000 0000", "0400 0200 0700 4100 4200 4300"]) {
    assert.throws(() => decodeObjref(fromHex(head + dual)), refused);
  }
  const many = `${(600)
    .toString(16)
    .padStart(4, "0")
    .replace(/(..)(..)/, "$2$1")}5802${"070000000".slice(0, 8).repeat(299)}00000000`;
  assert.throws(() => decodeObjref(fromHex(head + many)), /more than 256 string bindings/);
});

/** Field by field from [MS-DCOM] 2.2.18 and 2.2.19, not from our writer. */
const specified = {
  head: (flags: number, iid: string): string => `4d454f57 ${le32(flags)} ${iid}`,
  iid: "33221100 5544 7766 8899aabbccddeeff",
  std: `${le32(0x1000)} ${le32(5)} 0807060504030201 1817161514131211 efbeadde 0df0 0dd0 0102030405060708`,
  clsid: "04030201 0605 0807 090a0b0c0d0e0f10",
  // Eleven 16-bit units, the security bindings from the seventh on: tower 7 "h[1]", then NTLM without a name.
  bindings: "0b00 0700 0700 6800 5b00 3100 5d00 0000 0000 0a00 ffff 0000 0000",
};
function le32(value: number): string {
  return toHex(Uint8Array.of(value & 255, (value >> 8) & 255, (value >> 16) & 255, (value >> 24) & 255));
}

test("each form reads as [MS-DCOM] 2.2.18 lays it out, and is written the same", () => {
  const { head, iid, std, clsid, bindings } = specified;
  const extended = `${le32(0x4e535956)} ${bindings} ${le32(1)} ${le32(0x4e535956)} ${clsid} ${le32(3)} ${le32(8)} 0102030000000000`;
  const forms = {
    standard: `${head(1, iid)} ${std} ${bindings}`,
    handler: `${head(2, iid)} ${std} ${clsid} ${bindings}`,
    custom: `${head(4, iid)} ${clsid} ${le32(0)} ${le32(3)} 0a0b0c`,
    extended: `${head(8, iid)} ${std} ${extended}`,
  };
  for (const [form, hex] of Object.entries(forms)) {
    const bytes = fromHex(hex);
    const objref = decodeObjref(bytes);
    assert.equal(objref.form, form);
    assert.equal(objref.iid, "00112233-4455-6677-8899-aabbccddeeff");
    assert.equal(toHex(encodeObjref(objref)), toHex(bytes), form);
    if (objref.form === "custom") {
      assert.equal(objref.clsid, "01020304-0506-0708-090a-0b0c0d0e0f10");
      assert.deepEqual(objref.data, Uint8Array.of(10, 11, 12));
      continue;
    }
    assert.deepEqual(objref.std, {
      flags: 0x1000,
      publicRefs: 5,
      oxid: 0x0102030405060708n,
      oid: 0x1112131415161718n,
      ipid: "deadbeef-f00d-d00d-0102-030405060708",
    });
    assert.deepEqual(objref.resolver.strings, [{ tower: 7, address: "h[1]" }]);
    if (objref.form === "handler") assert.equal(objref.clsid, "01020304-0506-0708-090a-0b0c0d0e0f10");
    if (objref.form === "extended") {
      assert.deepEqual(objref.elements, [
        { id: "01020304-0506-0708-090a-0b0c0d0e0f10", data: Uint8Array.of(1, 2, 3) },
      ]);
    }
  }
});

test("an envoy context needs an identifier and data, and its rounded length", () => {
  const { head, iid, std, clsid, bindings } = specified;
  const start = `${head(8, iid)} ${std} ${le32(0x4e535956)} ${bindings} ${le32(1)} ${le32(0x4e535956)}`;
  for (const element of [
    `${"00".repeat(16)} ${le32(3)} ${le32(8)} 0102030000000000`,
    `${clsid} ${le32(0)} ${le32(0)}`,
    `${clsid} ${le32(3)} ${le32(16)} ${"00".repeat(16)}`,
    `${clsid} ${le32(9)} ${le32(8)} ${"00".repeat(16)}`,
  ]) {
    assert.throws(() => decodeObjref(fromHex(`${start} ${element}`)), { code: HResult.RPC_E_INVALID_OBJREF });
  }
  const two = start.replace(/01000000 5659534e$/, "");
  assert.throws(() => decodeObjref(fromHex(`${two}${le32(2)} ${le32(0x4e535956)}`)), {
    code: HResult.RPC_E_INVALID_OBJREF,
  });
});
