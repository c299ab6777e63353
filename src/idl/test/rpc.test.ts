import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../base/index.ts";
import { type MethodDescriptor, methodCodec, ndr20, ndr64, plainContext } from "../../ndr/index.ts";
import { Compiler } from "../index.ts";
import { archive } from "./gen/rpc.ts";
import { compileText, errorsOf, root, textsOf } from "./support.ts";

const file = join(root, "src/idl/test/fixtures/rpc.idl");

function methodOf(name: string): MethodDescriptor {
  const method = archive.methods.find((it) => it.name === name);
  assert.ok(method, name);
  return method;
}

/** A request there and its response back, in both NDR forms. */
function call(name: string, args: readonly unknown[], result: unknown): void {
  for (const syntax of [ndr20, ndr64]) {
    const codec = methodCodec(methodOf(name), syntax);
    const request = new ByteWriter();
    codec.encodeRequest(request, args, plainContext);
    const arrived = codec.decodeRequest(new ByteReader(request.finish()), plainContext);
    assert.deepEqual(arrived, args, `${name}: request`);
    const response = new ByteWriter();
    codec.encodeResponse(response, arrived, result, 0, plainContext);
    const back = codec.decodeResponse(new ByteReader(response.finish()), args, plainContext, { code: 0 });
    assert.deepEqual(back, result, `${name}: response`);
  }
}

const handle = { attributes: 0, uuid: "11111111-2222-3333-4444-555555555555" };
const nothing = { attributes: 0, uuid: "00000000-0000-0000-0000-000000000000" };

test("remote procedure interfaces: the file prints what it printed, without a word", () => {
  const result = new Compiler({ style: { kind: "repository", path: "idl/test/gen/rpc.ts" } }).compile(file);
  const golden = readFileSync(join(root, "src/idl/test/gen/rpc.ts"), "utf8");
  assert.equal(result.typescript(), golden, "run npm run generate");
  assert.deepEqual(textsOf(result), []);
  assert.deepEqual(
    archive.methods.map((it) => `${it.opnum} ${it.name}`),
    [
      "0 Open",
      "1 Close",
      "2 Find",
      "3 On",
      "4 Strings",
      "5 Names",
      "6 Levels",
      "7 Unions",
      "8 Trees",
      "9 Matrices",
      "10 Note",
      "11 Ask",
      "12 Send",
    ],
  );
});

test("context handles, a binding handle and a handle of one's own", () => {
  call("Open", ["books"], { archive: handle, returnValue: 5 });
  call("Close", [handle], nothing);
  call("Find", [handle, null], { cursor: handle, returnValue: 0 });
  call("On", ["alpha", 7n], 3);
});

test("strings of all kinds", () => {
  call("Strings", ["a", null, "cc", 4, "d", "f"], { d: "dd", e: "ee" });
  call("Names", [2, ["one", null]], undefined);
});

test("sizes level by level", () => {
  const table = [new Int32Array([1, 2]), new Int32Array([3, 4])];
  call("Levels", [2, table], { made: 1, rows: [{ count: 2, values: new Int32Array([8, 9]) }] });
});

test("unions of both kinds", () => {
  call("Unions", [{ tag: 2, text: "t" }, 3, { tag: 3, text: "x" }], { tag: 3, text: "y" });
  call("Unions", [{ tag: 0, number: 1 }, 4, { tag: 4 }], { tag: 4 });
});

test("full pointers, a window of an array, a grid", () => {
  const leaf = { left: null, right: null, weight: 1, made: 9n };
  const tree = { left: leaf, right: leaf, weight: 3, made: null };
  const window = { max: 3, low: 1, high: 2, at: new Int16Array([5, 6]) };
  const grid = { rows: 1, columns: 2, cells: [new Int32Array([1, 2])] };
  call("Trees", [tree, window], { root: null, grid });
});

test("a pipe is all it carries", () => {
  call("Send", [new Int32Array([1, 2, 3])], undefined);
});

test("transmit_as is what travels, represent_as is what the IDL says", () => {
  call("Matrices", [{ count: 1, values: new Int32Array([4]) }], 77n);
});

test("what has no form on the wire is said by name", () => {
  const head = "[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e31)] interface i {";
  const reasons: readonly [text: string, reason: RegExp][] = [
    ["void f([in] void *p);", /i\.f cannot be called remotely: a void pointer cannot be sent/],
    ["typedef struct S { long a : 3; } S; void f(S *s);", /bit fields \(S\.a\) cannot be sent/],
    [
      "typedef struct S { long a[]; long b; } S; void f(S *s);",
      /S\.a has no fixed size, which only the last/,
    ],
    ["typedef struct S { union { long a; } u; } S; void f(S *s);", /S\.u is a union without \[switch_is\]/],
    ["typedef struct S { long (*f)(void); } S; void f(S *s);", /a function pointer cannot be sent/],
  ];
  for (const [text, reason] of reasons) {
    const result = compileText(`${head} ${text} }`);
    result.typescript();
    assert.deepEqual(errorsOf(result), [], text);
    assert.match(textsOf(result).join("\n"), reason, text);
  }
});
