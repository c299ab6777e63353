import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { ByteWriter, toHex } from "../../base/index.ts";
import {
  arm,
  array,
  boolean,
  char,
  contextHandle,
  enumeration,
  f32,
  f64,
  field,
  guidType,
  hresult,
  i16,
  i32,
  i64,
  i8,
  int3264,
  pipe,
  string,
  struct,
  u16,
  u32,
  u64,
  u8,
  uint3264,
  union,
  unique,
  userType,
  variantBool,
} from "../codegen/v1.ts";
import { codecFor, decodeFromBytes, encodeToBytes, ndr64, type NdrType, plainContext } from "../index.ts";
import {
  BAD_STUB_DATA,
  bytes,
  ENUM_OUT_OF_RANGE,
  INVALID_ARG,
  INVALID_BOUND,
  INVALID_TAG,
  refused,
  roundTrip,
  same,
} from "./support.ts";

/* Vectors marked (impacket) are those of its tests/misc/test_dcerpc_v5_ndr.py, marked (ruby_smb) of its ndr_spec.rb. */

const struct1 = (name: string, type: NdrType): NdrType => struct(name, () => [field("Array", type)]);

test("scalars", () => {
  same(i8, -2, "fe");
  same(u8, 254, "fe");
  same(i16, -2, "feff");
  same(i32, -2, "feffffff");
  same(hresult, 0x80004005, "05400080");
  same(i64, -2n, "feffffffffffffff");
  same(u64, 0x1d7dfa686cf0b80n, "800bcf86a6dfd701"); // (ruby_smb) a FILETIME
  same(f32, 1.5, "0000c03f");
  same(f64, -0.1, "9a9999999999b9bf");
  same(boolean, true, "01");
  same(variantBool, true, "ffff");
  same(guidType, "367abb81-9844-35f1-ad32-98f038001003", "81bb7a364498f135ad3298f038001003");
  same(
    contextHandle,
    { attributes: 1, uuid: "367abb81-9844-35f1-ad32-98f038001003" },
    "0100000081bb7a364498f135ad3298f038001003",
  );
  same(int3264, -2, "feffffff");
  same(int3264, -2, "feffffffffffffff", ndr64);
  same(uint3264, 2n ** 60n, "0000000000000010", ndr64);
  assert.equal(toHex(encodeToBytes(contextHandle, null)), "00".repeat(20));
  assert.equal(decodeFromBytes(boolean, bytes("07")), true);
  assert.equal(toHex(encodeToBytes(hresult, -2147467259)), "05400080");
  assert.equal(toHex(encodeToBytes(i64, 5)), "0500000000000000");
});

test("values that do not fit are refused with the place they stand in", () => {
  const point = struct("Point", () => [field("x", i32), field("name", unique(string("wchar")))]);
  for (const [type, value] of [
    [i8, 128],
    [u8, -1],
    [i16, 32768],
    [u16, 65536],
    [i32, 2 ** 31],
    [i32, 1.5],
    [i32, "1"],
    [i32, undefined],
    [u32, 2 ** 32],
    [i64, 2n ** 63n],
    [u64, -1n],
    [i64, 0.5],
    [f64, "0"],
    [guidType, 5],
    [uint3264, 2n ** 32n],
    [string("wchar"), 5],
    [string("wchar"), "a\0b"],
    [string("char"), "\u0100"],
    [array(u8, { size: true }), [256]],
    [array(i64, { size: true }), ["1"]],
    [array(u8, { size: true }), { length: 3 }],
    [point, null],
    [point, { x: 1, name: 2 }],
  ] as const) {
    refused(() => encodeToBytes(type, value), INVALID_ARG);
  }
  refused(() => encodeToBytes(point, { x: "?", name: null }), INVALID_ARG, /Point\.x/);
});

test("enumerations have fifteen bits, or thirty-two", () => {
  const narrow = enumeration("Narrow", { A: 0 });
  const wide = enumeration("Wide", { A: 0, B: 0x80000000 }, true);
  same(narrow, 0x7fff, "ff7f");
  same(narrow, 5, "05000000", ndr64);
  same(wide, 0x80000000, "00000080");
  same(enumeration("Signed", { A: -1 }, true), -1, "ffffffff");
  refused(() => encodeToBytes(narrow, 0x8000), ENUM_OUT_OF_RANGE);
  refused(() => encodeToBytes(narrow, "A"), ENUM_OUT_OF_RANGE);
  refused(() => decodeFromBytes(narrow, bytes("0080")), ENUM_OUT_OF_RANGE);
});

test("structures pad between members", () => {
  same(
    struct("S", () => [field("long", i32), field("short", i16)]),
    { long: 0xaa, short: 0xbb },
    "aa000000 bb00",
  ); // (impacket)
  // (ruby_smb) a u8, a u16, a u32, a char, a u32
  same(
    struct("S", () => [field("a", u8), field("b", u16), field("c", u32), field("d", char), field("e", u32)]),
    { a: 1, b: 2, c: 3, d: 0x41, e: 1 },
    "01 00 0200 03000000 41 000000 01000000",
  );
  const padded = struct("S", () => [field("a", u64), field("b", u8)]);
  same(
    array(padded, { fixed: 2 }),
    [
      { a: 1n, b: 2 },
      { a: 3n, b: 4 },
    ],
    "0100000000000000 02 00000000000000 0300000000000000 04",
  );
});

test("arrays of every shape", () => {
  const data = new TextEncoder().encode("12345678");
  same(struct1("Fixed", array(u8, { fixed: 8 })), { Array: data }, "31323334 35363738"); // (impacket)
  same(
    struct1("Varying", array(u8, { fixed: 8, length: true })),
    { Array: data },
    "00000000 08000000 31323334 35363738",
  ); // (impacket)
  same(
    struct1("Both", array(u8, { size: true, length: true })),
    { Array: data },
    "08000000 00000000 08000000 31323334 35363738",
  ); // (impacket)
  same(
    struct1("Both", array(u8, { size: true, length: true })),
    { Array: data },
    "08000000 00000000 00000000 00000000 08000000 00000000 31323334 35363738", // (impacket)
    ndr64,
  );
  same(
    struct("S", () => [field("a", u32), field("b", array(u32, { fixed: 3 })), field("c", u32)]),
    { a: 4, b: new Uint32Array([1, 2, 3]), c: 5 },
    "04000000 01000000 02000000 03000000 05000000", // (ruby_smb)
  );
  same(
    struct("S", () => [field("a", u32), field("b", array(u32, { fixed: 3, length: true })), field("c", u32)]),
    { a: 4, b: new Uint32Array([1, 2, 3]), c: 5 },
    "04000000 00000000 03000000 01000000 02000000 03000000 05000000", // (ruby_smb)
  );
  same(
    array(u16, { fixed: 2 }, { fixed: 2 }),
    [new Uint16Array([1, 2]), new Uint16Array([3, 4])],
    "0100020003000400",
  );
  same(array(f64, { size: true }), new Float64Array([1]), "01000000 00000000 000000000000f03f");
  // Windows aligns for the elements even when there are none.
  same(array(f64, { size: true }), new Float64Array(0), "00000000 00000000");
  const typed = [
    new Int8Array([-1, 2]),
    new BigInt64Array([-1n, 2n]),
    new Float32Array(20).fill(0.5),
    new Uint16Array(100).fill(7),
  ];
  for (const [type, list] of [
    [i8, typed[0]],
    [i64, typed[1]],
    [f32, typed[2]],
    [u16, typed[3]],
  ] as const) {
    assert.deepEqual(roundTrip(array(type, { size: true }), list), list);
  }
  assert.deepEqual(roundTrip(array(boolean, { size: true }), [true, false]), [true, false]);
});

test("a count that is not what the expression says is refused", () => {
  const counted = struct("S", () => [
    field("n", u32),
    field("list", array(u8, { size: { op: "+", left: "n", right: 1 } })),
  ]);
  same(counted, { n: 1, list: new Uint8Array([5, 6]) }, "02000000 01000000 0506");
  refused(() => encodeToBytes(counted, { n: 2, list: new Uint8Array([5, 6]) }), INVALID_BOUND);
  refused(() => decodeFromBytes(counted, bytes("02000000 02000000 0506")), INVALID_BOUND);
  refused(() => encodeToBytes(array(u8, { fixed: 3 }), [1, 2]), INVALID_BOUND);
  const varying = array(u8, { fixed: 3, length: true });
  refused(() => encodeToBytes(varying, [1, 2, 3, 4]), INVALID_BOUND);
  refused(() => decodeFromBytes(varying, bytes("02000000 02000000 0102")), INVALID_BOUND);
});

test("strings end with a terminator within their bounds", () => {
  same(string("char", { fixed: 9 }), "12345678", "00000000 09000000 31323334 35363738 00"); // (impacket)
  same(string("wchar"), "ABCD", "05000000 00000000 05000000 41004200430044000000"); // (ruby_smb)
  same(string("char"), "ABCD", "05000000 00000000 05000000 4142434400"); // (ruby_smb)
  same(string("wchar"), "", "01000000 00000000 01000000 0000"); // (ruby_smb)
  const sized = string("wchar", { size: 8 });
  same(sized, "AB", "08000000 00000000 03000000 410042000000");
  refused(() => encodeToBytes(sized, "12345678"), INVALID_BOUND);
  refused(
    () => decodeFromBytes(string("wchar"), bytes("02000000 00000000 02000000 41004200")),
    BAD_STUB_DATA,
    /terminator/,
  );
  refused(() => decodeFromBytes(string("wchar"), bytes("00000000 00000000 00000000")), BAD_STUB_DATA);
  refused(() => decodeFromBytes(string("wchar"), bytes("02000000 01000000 01000000 0000")), INVALID_BOUND);
  refused(
    () => decodeFromBytes(string("wchar"), bytes("01000000 00000000 02000000 41000000")),
    INVALID_BOUND,
  );
  assert.equal(decodeFromBytes(string("wchar"), bytes("04000000 00000000 04000000 4100000042000000")), "A");
  const long = "x\ud800\u20ac".repeat(2000);
  assert.equal(roundTrip(string("wchar"), long), long);
  const many = Array.from({ length: 500 }, (_, i) => "é€".repeat(i % 30) + i);
  assert.deepEqual(roundTrip(array(unique(string("wchar")), { size: true }), many), many);
  assert.deepEqual(roundTrip(array(string("wchar"), { size: true }), ["a", "bcd"]), ["a", "bcd"]);
});

test("unions", () => {
  const choice = union(
    "Choice",
    u8,
    () => [arm([1, 2], "small", u8), arm([3], "large", u64), arm([], "", null)],
    true,
  );
  same(choice, { tag: 2, small: 9 }, "0209");
  same(choice, { tag: 3, large: 1n }, "03 00000000000000 0100000000000000");
  same(choice, { tag: 7 }, "07");
  const closed = union("Closed", enumeration("E", {}), () => [arm([1], "a", u8)]);
  refused(() => encodeToBytes(closed, { tag: 2 }), INVALID_TAG);
  refused(() => decodeFromBytes(closed, bytes("020000")), INVALID_TAG);
});

test("user types convert, and may finish what is only known afterwards", () => {
  const wire = struct("Wire", () => [field("size", u32), field("text", unique(string("char")))]);
  const named = userType(
    "NAMED",
    () => unique(wire),
    () => ({
      toWire: (value: string | null) => (value === null ? null : { size: 0, text: value }),
      fromWire: (from: { text: string } | null) => from?.text ?? null,
      finish: (writer, start) => writer.patchU32(start, writer.pos - start),
    }),
  );
  const pair = struct("Pair", () => [field("a", named), field("b", named), field("c", unique(u8))]);
  // The referent of a user type is "User"; it does not take part in the counting.
  same(
    pair,
    { a: "xy", b: null, c: 5 },
    "55736572 00000000 04000200 17000000 00000200 03000000 00000000 03000000 787900 05",
  );
});

test("padding is zero in a used buffer", () => {
  const writer = new ByteWriter(64);
  writer.bytes.fill(0xff);
  codecFor(
    struct("S", () => [
      field("a", u8),
      field("b", u64),
      field(
        "c",
        union("U", u8, () => [arm([1], "x", u32), arm([2], "y", u8)]),
      ),
    ]),
  ).encode(writer, { a: 1, b: 2n, c: { tag: 1, x: 3 } }, plainContext);
  assert.equal(toHex(writer.finish()), "010000000000000002000000000000000100000003000000");
});

test("what cannot be compiled says why", () => {
  refused(() => encodeToBytes(pipe(u8), []), 0x80004001, /a pipe is a parameter/);
  const middle = struct("Middle", () => [field("a", array(u8, { size: true })), field("b", u8)]);
  refused(() => encodeToBytes(middle, { a: [], b: 0 }), INVALID_ARG, /last member/);
  const lost = struct("Lost", () => [field("a", array(u8, { size: "n" }))]);
  refused(() => encodeToBytes(lost, { a: [] }), INVALID_ARG, /"n"/);
});

test("without code generation the error is clear", () => {
  const program = `import("${new URL("../index.js", import.meta.url).href}").then(({ encodeToBytes }) => {
    try { encodeToBytes({ kind: "base", name: "u8" }, 1); } catch (error) { console.log(error.name, error.message); }
  });`;
  const out = execFileSync(process.execPath, ["--disallow-code-generation-from-strings", "-e", program], {
    encoding: "utf8",
  });
  assert.match(out, /^ComError .*disallow-code-generation-from-strings/);
});

const List = struct("List", () => [field("n", u32), field("items", array(i64, { size: "n" }))]);
const Varying = struct("Varying", () => [
  field("n", u32),
  field("items", array(f64, { size: true, length: "n" })),
]);

test("the gap before no elements of eight bytes may be missing at the end of a message", () => {
  const none = new BigInt64Array(0);
  const cases: readonly (readonly [type: NdrType, value: unknown, whole: string, short: string])[] = [
    [array(i64, { size: true }), none, "00000000 00000000", "00000000"],
    [unique(array(i64, { size: true })), none, "00000200 00000000", "00000200 00000000"],
    [List, { n: 0, items: none }, "00000000 00000000 00000000 00000000", "00000000 00000000 00000000"],
    [
      Varying,
      { n: 0, items: new Float64Array(0) },
      "00000000 00000000 00000000 00000000 00000000 00000000",
      "00000000 00000000 00000000 00000000 00000000",
    ],
    [
      array(
        struct("Pair", () => [field("a", i64)]),
        { size: true },
      ),
      [],
      "00000000 00000000",
      "00000000",
    ],
  ];
  for (const [type, value, whole, short] of cases) {
    same(type, value, whole);
    assert.deepEqual(decodeFromBytes(type, bytes(short)), value);
  }
  // A gap that is begun is skipped as far as it goes; elements behind a missing one are no elements.
  assert.deepEqual(decodeFromBytes(array(i64, { size: true }), bytes("00000000 0000")), none);
  refused(() => decodeFromBytes(array(i64, { size: true }), bytes("01000000")), BAD_STUB_DATA);
  refused(
    () => decodeFromBytes(array(i64, { size: true }), bytes("01000000 0000000000000000")),
    BAD_STUB_DATA,
  );
});

test("the gap before no elements is there when something follows", () => {
  const pair = struct("Both", () => [
    field("first", unique(array(i64, { size: true }))),
    field("second", unique(i64)),
  ]);
  const value = { first: new BigInt64Array(0), second: 7n };
  same(pair, value, "00000200 04000200 00000000 00000000 0700000000000000");
});
