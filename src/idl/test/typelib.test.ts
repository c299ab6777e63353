import assert from "node:assert/strict";
import { test } from "node:test";
import {
  LibraryScope,
  type TypeInfo,
  type TypeLibrary,
  Variant,
  printIdl,
  stdole,
} from "../../automation/index.ts";
import { compileIdl, memoryFileSystem, nodeFileSystem } from "../index.ts";
import { typeLibrariesOf } from "../typelib/index.ts";
import { errorsOf } from "./support.ts";

/* What a type library says is said again by the library of the IDL it is printed as. */

const VT_R8 = 5;
const VT_I4 = 3;

function libraryOf(text: string, sysKind: 1 | 3 = 1): TypeLibrary {
  const own = memoryFileSystem({ "a.idl": text });
  const result = compileIdl("a.idl", {
    fileSystem: {
      readFile: (path) => own.readFile(path) ?? nodeFileSystem.readFile(path),
      readFolder: (path) => nodeFileSystem.readFolder(path),
    },
  });
  assert.deepEqual(errorsOf(result), []);
  const [library] = typeLibrariesOf(result, { sysKind });
  assert.ok(library);
  return library;
}

function printed(library: TypeLibrary): string {
  return printIdl(new LibraryScope(library, () => new LibraryScope(stdole(), () => undefined)));
}

function typeOf(library: TypeLibrary, name: string): TypeInfo {
  const type = library.types.find((one) => one.name === name);
  assert.ok(type, name);
  return type;
}

/** The library and what comes back of it. */
function both(text: string, sysKind: 1 | 3 = 1): TypeLibrary[] {
  const first = libraryOf(text, sysKind);
  return [first, libraryOf(printed(first), sysKind)];
}

const library = (body: string): string => `import "oaidl.idl";
[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e30), version(1.0)] library Sample {
  importlib("stdole2.tlb");
  ${body}
}`;

test("calling conventions of functions and methods", () => {
  const text = library(`
    [dllname("a.dll")] module Entries {
      [entry(1)] HRESULT _pascal Old([in] long a);
      [entry(2)] long _cdecl Many([in] long a);
      [entry(3)] long WINAPI Usual();
      [entry(4)] long Unsaid([in] long WINAPI a);
    };
    [object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e31)] interface IOdd : IUnknown {
      HRESULT _cdecl First([in] long a);
      HRESULT STDMETHODCALLTYPE Second();
      HRESULT Third();
    };`);
  for (const one of both(text)) {
    assert.deepEqual(
      typeOf(one, "Entries").functions.map((desc) => [desc.name, desc.callConv]),
      [
        ["Old", 2],
        ["Many", 1],
        ["Usual", 4],
        ["Unsaid", 4],
      ],
    );
    assert.deepEqual(
      typeOf(one, "IOdd").functions.map((desc) => desc.callConv),
      [1, 4, 4],
    );
  }
});

test("default values of a VARIANT are whole or not, as they are written", () => {
  const text = library(`
    [object, dual, oleautomation, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e32)] interface IDefaults : IDispatch {
      [id(1)] HRESULT Item([in, defaultvalue(0.0)] VARIANT a, [in, defaultvalue(-2.0)] VARIANT b, [in, defaultvalue(3)] VARIANT c);
    };`);
  for (const one of both(text)) {
    assert.deepEqual(
      typeOf(one, "IDefaults").functions[0]?.params.map((param) => param.defaultValue),
      [new Variant(VT_R8, 0), new Variant(VT_R8, -2), new Variant(VT_I4, 3)],
    );
  }
});

test("constants of one name in an enumeration and two modules keep their own values", () => {
  const text = library(`
    typedef enum Colors { Transparent = 16777215 } Colors;
    [dllname("a.dll")] module One { const long Transparent = 1; };
    [dllname("b.dll")] module Two { const long Transparent = 2; };`);
  for (const one of both(text)) {
    assert.deepEqual(
      ["Colors", "One", "Two"].map((name) => typeOf(one, name).variables[0]?.value?.value),
      [16_777_215, 1, 2],
    );
  }
});

test("records that are packed", () => {
  const text = library(`
    #pragma pack(push, 1)
    typedef struct Tight { byte a; double b; } Tight;
    #pragma pack(pop)
    typedef struct Loose { byte a; Tight b; double c; } Loose;`);
  for (const sysKind of [1, 3] as const) {
    for (const one of both(text, sysKind)) {
      const [tight, loose] = [typeOf(one, "Tight"), typeOf(one, "Loose")];
      assert.deepEqual([tight.size, tight.variables[1]?.offset], [9, 1]);
      assert.deepEqual([loose.size, loose.variables.map(({ offset }) => offset)], [24, [0, 1, 16]]);
    }
  }
});
