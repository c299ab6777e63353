import assert from "node:assert/strict";
import { test } from "node:test";
import type { CompileResult } from "../index.ts";
import { compileText, errorsOf, textsOf } from "./support.ts";
import { wellKnownFolder } from "../index.ts";
import { Compiler, memoryFileSystem, nodeFileSystem } from "../index.ts";

/** Compiles a text with the well-known files at hand. */
function compile(text: string): CompileResult {
  const own = memoryFileSystem({ "a.idl": text });
  const compiler = new Compiler({
    tolerant: true,
    fileSystem: {
      readFile: (path) =>
        own.readFile(path) ?? (path.startsWith(wellKnownFolder) ? nodeFileSystem.readFile(path) : undefined),
      readFolder: (path) =>
        path.startsWith(wellKnownFolder) ? nodeFileSystem.readFolder(path) : own.readFolder(path),
    },
  });
  return compiler.compile("a.idl");
}

function tables(result: CompileResult): Record<string, string[]> {
  const made: Record<string, string[]> = {};
  for (const it of result.model?.entities ?? [])
    if (it.kind === "interface")
      made[it.name] = [it.base?.name ?? "", ...it.methods.map((m) => `${m.opnum} ${m.name}`)];
  return made;
}

test("MIDL 3.0: properties, events and methods of an interface have their slots", () => {
  const result = compile(`namespace A.B {
    enum Mode { First, Second = 4 };
    struct Place { Int32 Row, Column; Mode Kind; };
    delegate void Changed(Object sender, Place place);
    [uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)]
    interface IView requires Windows.Foundation.IClosable {
      String Title { get; };
      Int32 Row;
      event Changed Moved;
      Boolean Find(String what, out Place found, UInt8[] mask);
      void Clear();
      [contract(X, 2)] { Double Zoom { get; set; }; }
    }
  }`);
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(tables(result), {
    IChanged: ["IUnknown", "3 Invoke"],
    IView: [
      "IInspectable",
      "6 get_Title",
      "7 get_Row",
      "8 put_Row",
      "9 add_Moved",
      "10 remove_Moved",
      "11 Find",
      "12 Clear",
      "13 get_Zoom",
      "14 put_Zoom",
    ],
  });
  const view = result.model?.entities.find((it) => it.name === "IView");
  assert.ok(view?.kind === "interface");
  assert.equal(view.iid, "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01");
  const find = view.methods.find((it) => it.name === "Find");
  assert.deepEqual(
    find?.params.map((it) => [it.name, it.in, it.out, it.retval]),
    [
      ["what", true, false, false],
      ["found", false, true, false],
      ["mask", true, false, false],
      ["result", false, true, true],
    ],
  );
});

test("MIDL 3.0: the members of a class become its interfaces", () => {
  const result = compile(`namespace A {
    unsealed runtimeclass Tool : Base, ITool2 {
      Tool();
      Tool(String name);
      Tool(String name, Int32 size);
      static Tool Find(String name);
      static Int32 Count { get; };
      void Use();
      overridable void OnUse();
      protected String Secret;
    }
    static runtimeclass Helpers { static String Describe(Tool tool); }
    runtimeclass Plain : IPlain {}
    interface IPlain { void Run(); }
  }`);
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(tables(result), {
    ITool: ["IInspectable", "6 Use"],
    IToolFactory: ["IInspectable", "6 CreateInstance", "7 CreateInstance2"],
    IToolStatics: ["IInspectable", "6 Find", "7 get_Count"],
    IToolOverrides: ["IInspectable", "6 OnUse"],
    IToolProtected: ["IInspectable", "6 get_Secret", "7 put_Secret"],
    IHelpersStatics: ["IInspectable", "6 Describe"],
    IPlain: ["IInspectable", "6 Run"],
  });
});

test("a member of MIDL 3.0 that cannot be read is named, and the others stay", () => {
  const result = compile("namespace A { interface I { void A(); Int32 ++; void B(); } }");
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(tables(result), { I: ["IInspectable", "6 A", "7 B"] });
  assert.ok(textsOf(result).some((it) => /a\.idl:1:.*left out/.test(it)));
});

test("a comma of a macro's argument separates nothing in a macro within", () => {
  const result = compileText(`#define COMMA ,
#define INNER(type, name) type name;
#define OUTER(type, name) INNER(type, name)
#define CALL(args) INNER args
typedef long A;
[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I {
  typedef struct S { OUTER(A x COMMA, y) CALL((A, z)) } S;
}`);
  assert.deepEqual(errorsOf(result), []);
  const s = result.model?.entities.find((it) => it.name === "S");
  assert.deepEqual(s?.kind === "struct" && s.fields.map((it) => it.name), ["x", "y", "z"]);
});

test("an unknown attribute may hold what is no expression", () => {
  const result = compileText(`typedef struct S {
  short kind;
  [layout([switch_is(kind)] union { [case(1)] long a; })] short size;
} S;`);
  assert.deepEqual(errorsOf(result), []);
});
