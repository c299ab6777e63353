import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ByteReader, ByteWriter } from "../../base/index.ts";
import { allMethods, codecFor, methodCodec, ndr20, ndr64, plainContext } from "../../ndr/index.ts";
import { Compiler } from "../index.ts";
import { Counter, Everything, ICounter, IShapes, Tree, remote } from "./gen/sample.ts";
import { compileText, root, textsOf } from "./support.ts";

function sample(): string {
  const compiler = new Compiler({ style: { kind: "repository", path: "idl/test/gen/sample.ts" } });
  const result = compiler.compile(join(root, "src/idl/test/fixtures/sample.idl"));
  const text = result.typescript();
  assert.deepEqual(textsOf(result), []);
  return text;
}

test("the sample is printed as it stands in gen/, again and again", () => {
  const golden = readFileSync(join(root, "src/idl/test/gen/sample.ts"), "utf8");
  assert.equal(sample(), golden, "run npm run generate");
  assert.equal(sample(), golden);
});

test("the descriptors say what the IDL says", () => {
  const names = allMethods(IShapes).map((it) => `${it.opnum} ${it.name}${it.local ? " local" : ""}`);
  assert.deepEqual(names.slice(3), [
    "3 Increment",
    "4 Sum",
    "5 Rows",
    "6 Levels",
    "7 Part",
    "8 Names",
    "9 Find",
    "10 Draw",
    "11 Several",
    "12 Near",
    "13 Only local",
  ]);
  assert.deepEqual(
    [remote.kind, remote.version, remote.methods.map((it) => it.opnum)],
    ["rpc", [2, 1], [0, 1, 2]],
  );
  assert.deepEqual(
    ICounter.methods.map((it) => [it.name, it.dispId, it.invoke]),
    [
      ["get_Count", 0, "get"],
      ["put_Count", 0, "put"],
      ["putref_Owner", 2, "putref"],
      ["Add", 3, "method"],
      ["Log", 4, "method"],
      ["get__NewEnum", -4, "get"],
      ["Items", 0x60020006, "method"],
    ],
  );
  assert.deepEqual(
    [Counter.interfaces.map((it) => it.name), Counter.sources.map((it) => it.name), Counter.progId],
    [["ICounter", "IShapes"], ["DEvents"], "Sample.Counter.1"],
  );
});

test("every method of the sample compiles in both transfer syntaxes", () => {
  for (const method of [IShapes, ICounter, remote].flatMap((it) => it.methods)) {
    if (method.local) continue;
    for (const syntax of [ndr20, ndr64]) methodCodec(method, syntax).inputs.toFixed();
  }
});

test("values go through the generated descriptors and come back", () => {
  const codec = codecFor<Tree>(Tree, ndr20);
  const tree: Tree = { value: 1, left: { value: 2, left: null, right: null }, right: null };
  const writer = new ByteWriter();
  codec.encode(writer, tree, plainContext);
  assert.deepEqual(codec.decode(new ByteReader(writer.finish()), plainContext), tree);
  const everything: Everything = {
    flag: true,
    truth: true,
    bytes: new Uint8Array(16),
    big: 5n,
    color: 2,
    size: 5,
    id: ICounter.iid,
    tag: 2,
    shape: { tag: 2, text: "hello" },
    encapsulated: { tag: 3, b: "b" },
    name: new Uint16Array(8),
    title: "t",
    when: 1.5,
    price: { int64: 7n },
    large: -1n,
    matrix: [new Int32Array(3), new Int32Array(3)],
    count: 1,
    percent: 100,
    tail: [{ x: 1, y: 2 }],
  };
  const all = codecFor<Everything>(Everything, ndr20);
  const second = new ByteWriter();
  all.encode(second, everything, plainContext);
  assert.deepEqual(all.decode(new ByteReader(second.finish()), plainContext), everything);
});

test("imports for a user of the package", () => {
  const compiler = new Compiler();
  const text = compiler.compile(join(root, "src/idl/test/fixtures/sample.idl")).typescript();
  assert.match(text, /from "comity\/codegen\/v1";/);
  assert.match(text, /import \{[^}]*\bIDispatch\b[^}]*\} from "comity\/interfaces\/oaidl";/);
  assert.match(text, /import \{ IUnknown \} from "comity\/com";/);
  assert.match(text, /import (?:type )?\{[^}]*\bVariant\b[^}]*\} from "comity\/automation";/);
});

test("names of the runtime that the file has itself are imported under another name", () => {
  const text = compileText(
    "typedef struct array { long u32[2]; } array; typedef struct field { array struct_; } field;",
  ).typescript();
  assert.match(text, /array as array_/);
  assert.match(text, /field as field_/);
});

test("what cannot be sent is said, and the rest is printed", () => {
  const result = compileText(
    "[object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I { long f([in] void *p); long g([in] long x); }",
  );
  const text = result.typescript();
  assert.match(
    textsOf(result).join(),
    /I\.f cannot be called remotely: a void pointer cannot be sent \(at p\)/,
  );
  assert.match(text, /f\(p: unknown, /);
  assert.match(text, /name: "g", opnum: 1, params: \[\{ name: "x", type: i32, in: true, out: false \}\]/);
});

test("enumerations take 32 bits where a type library marshals, 16 elsewhere", () => {
  const text = (inside: string): string => {
    const result = compileText(`typedef long HRESULT;
[object, uuid(00000000-0000-0000-C000-000000000046)] interface IUnknown { }
typedef enum Mode { Off, On } Mode;
[object, oleautomation, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)]
interface IMode : IUnknown { HRESULT Set([in] Mode mode, [out] Mode *old); }
[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e02)] library L { ${inside} }`);
    return result.typescript();
  };
  const described = text("interface IMode;");
  assert.match(described, /name: "mode", type: enumeration\("Mode", Mode, true\)/);
  assert.match(described, /ref\(enumeration\("Mode", Mode, true\)\)/);
  const apart = text("interface IUnknown;");
  assert.match(apart, /name: "mode", type: Mode_enum/);
});
