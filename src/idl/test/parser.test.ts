import assert from "node:assert/strict";
import { test } from "node:test";
import type { Idl } from "../index.ts";
import { compileText, errorsOf } from "./support.ts";

const base = `typedef long HRESULT; typedef struct _GUID { long a; short b; short c; byte d[8]; } GUID; typedef GUID IID;
[object, uuid(00000000-0000-0000-C000-000000000046)] interface IUnknown { HRESULT QueryInterface(); long AddRef(); long Release(); }
[object, uuid(00020400-0000-0000-C000-000000000046)] interface IDispatch : IUnknown { HRESULT A(); HRESULT B(); HRESULT C(); HRESULT D(); }
`;

function entity(text: string, name: string): Idl.Entity {
  const result = compileText({ "a.idl": `import "base.idl";\n${text}`, "base.idl": base });
  assert.deepEqual(errorsOf(result), []);
  const found = result.model?.entities.find((it) => it.name === name);
  assert.ok(found, `${name} is there`);
  return found;
}

function methodsOf(text: string): string[] {
  const it = entity(text, "I");
  assert.equal(it.kind, "interface");
  return it.kind === "interface" ? it.methods.map((method) => `${method.opnum} ${method.name}`) : [];
}

test("object interfaces: slots go on behind the base, call_as takes the local method's", () => {
  assert.deepEqual(
    methodsOf(
      "[object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I : IUnknown { HRESULT A(); [local] HRESULT L(void *p); [call_as(L)] HRESULT R(); [propget] HRESULT P([out] long *p); [propput] HRESULT P(long p); };",
    ),
    ["3 A", "4 L", "4 R", "5 get_P", "6 put_P"],
  );
  assert.deepEqual(
    methodsOf(
      "[object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01), dual] interface I : IDispatch { HRESULT A(); }",
    ),
    ["7 A"],
  );
});

test("remote procedure interfaces: local ones have no number, callbacks their own", () => {
  assert.deepEqual(
    methodsOf(
      "[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01), version(1.0)] interface I { void A(); [local] void L(); [callback] void C(); void B(void); }",
    ),
    ["0 A", "-1 L", "0 C", "1 B"],
  );
});

test("names may be used before they are declared, and typedefs repeated", () => {
  const it = entity(
    "typedef Later *PLater; typedef struct S { PLater p; } S; typedef struct S S; struct Later { int a; }; typedef struct Later Later;",
    "S",
  );
  assert.ok(it.kind === "struct");
  const [field] = it.fields;
  assert.ok(
    field?.type.kind === "alias" &&
      field.type.type.kind === "pointer" &&
      field.type.type.to.kind === "struct",
  );
});

test("loose attribute lists, several blocks, trailing commas", () => {
  assert.deepEqual(
    methodsOf(
      '[,object,,] [uuid("5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01"),] interface I : IUnknown { [id(1),][helpstring("a" "b"),] HRESULT A([in,][string] char *s, [out,,] long *p,); }',
    ),
    ["3 A"],
  );
});

test("calling conventions, far, qualifiers, declspec", () => {
  assert.deepEqual(
    methodsOf(
      "[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I { __declspec(nothrow) long __stdcall A(const long far *p, unsigned const char * const q); HRESULT STDMETHODCALLTYPE B(long __RPC_FAR *x); const char *C(void); }",
    ),
    ["0 A", "1 B", "2 C"],
  );
});

test("words of the grammar are fine as names", () => {
  const it = entity(
    "typedef struct S { long small; long interface_; int methods, properties, module, library, import; boolean default_; byte hyper; } S;",
    "S",
  );
  assert.ok(it.kind === "struct");
  assert.deepEqual(
    it.fields.map((field) => field.name),
    ["small", "interface_", "methods", "properties", "module", "library", "import", "default_", "hyper"],
  );
});

test("base types and their many spellings", () => {
  const it = entity(
    "struct S { unsigned a; long int b; unsigned long int c; long long d; unsigned __int64 e; short int f; signed char g; unsigned small h; hyper int i; int long j; unsigned __int3264 k; };",
    "S",
  );
  assert.ok(it.kind === "struct");
  assert.deepEqual(
    it.fields.map((field) => (field.type.kind === "base" ? field.type.name : "?")),
    ["uint", "int32", "uint32", "int64", "uint64", "int16", "int8", "uint8", "int64", "int32", "uint3264"],
  );
});

test("declarators: arrays of pointers, pointers to arrays, functions", () => {
  const it = entity(
    "struct S { int *a[3]; int (*b)[3]; int c[2][4]; int (__stdcall *d)(int, char *); int e[0..4]; int f[]; };",
    "S",
  );
  assert.ok(it.kind === "struct");
  const [a, b, c, d, e] = it.fields.map((field) => field.type);
  assert.ok(a?.kind === "array" && a.size === 3 && a.of.kind === "pointer");
  assert.ok(b?.kind === "pointer" && b.to.kind === "array");
  assert.ok(c?.kind === "array" && c.size === 2 && c.of.kind === "array" && c.of.size === 4);
  assert.ok(d?.kind === "pointer" && d.to.kind === "function" && d.to.params.length === 2);
  assert.ok(e?.kind === "array" && e.size === 5);
});

test("constants: casts, sizes, conditions, characters, 64 bits", () => {
  const cases: readonly [string, unknown][] = [
    ["(long)0xFFFFFFFF", -1],
    ["(unsigned char)-1", 255],
    ["sizeof(long) * 2 + sizeof(struct P)", 16],
    ["1 ? 2 : 3", 2],
    ["'A'", 65],
    ["L'\\n'", 10],
    ["0x7FFFFFFFFFFFFFFF", 0x7fffffffffffffffn],
    ["-0x10L", -16],
    ["~0", -1],
    ["!5", 0],
    ["010", 8],
    ["1.5e1", 15],
    ["(-(1+2)) << 2", -12],
    ["E2 | 0x80000000", 0x80000003],
    ['"a" "b\\"c"', 'ab"c'],
    ["TRUE", true],
  ];
  for (const [text, value] of cases) {
    const it = entity(
      `struct P { short a; int b; }; enum E { E0, E1 = 2, E2 }; const long x = ${text};`,
      "x",
    );
    assert.deepEqual(it.kind === "constant" && it.value, value, text);
  }
});

test("enumerators count on, also backwards in the text", () => {
  const it = entity("enum E { A = C + 1, B, C = 10, D, };", "E");
  assert.ok(it.kind === "enum");
  assert.deepEqual(
    it.values.map((value) => value.value),
    [11, 12, 10, 11],
  );
});

test("unions of both kinds, empty arms, several cases", () => {
  const it = entity(
    "typedef [switch_type(long)] union U { [case(1, 2)] long a; [case(3)]; [default] ; } U;",
    "U",
  );
  assert.ok(it.kind === "union");
  assert.deepEqual(
    it.arms.map((arm) => [arm.cases, arm.isDefault, arm.field?.name]),
    [
      [[1, 2], false, "a"],
      [[3], false, undefined],
      [[], true, undefined],
    ],
  );
  const other = entity(
    "typedef union switch (short s) { case 1: case 2: long a; default: float b; } V;",
    "V",
  );
  assert.ok(other.kind === "union");
  assert.deepEqual(
    other.arms.map((arm) => [arm.cases, arm.isDefault, arm.field?.name]),
    [
      [[1, 2], false, "a"],
      [[], true, "b"],
    ],
  );
  assert.equal(other.encapsulated?.name, "s");
});

test("libraries, coclasses, dispinterfaces, modules", () => {
  const result = compileText({
    "a.idl": `import "base.idl";
[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e00), version(1.2), lcid(0x409)] library L {
  importlib("std.tlb");
  interface IUnknown;
  [uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] dispinterface D { properties: [id(1)] long P; methods: [id(2)] void M([in] long a); };
  [uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e02)] dispinterface D2 { interface IDispatch; };
  [uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e03)] coclass C { [default] interface IUnknown; [source, default] dispinterface D; };
  [dllname("x.dll")] module M { const long N = 5; [entry(3)] long __stdcall f([in] long a); };
};`,
    "base.idl": base,
  });
  assert.deepEqual(errorsOf(result), []);
  const kinds = result.model?.entities.map((it) => `${it.kind} ${it.name}`);
  assert.deepEqual(kinds, ["dispinterface D", "dispinterface D2", "coclass C", "module M", "library L"]);
  const library = result.model?.entities.at(-1);
  assert.ok(library?.kind === "library");
  assert.deepEqual(
    [library.version, library.lcid, library.imports, library.references],
    [[1, 2], 0x409, ["std.tlb"], ["IUnknown"]],
  );
});

test("imports inside bodies, cpp_quote with and without semicolon, pragmas, midl_pragma", () => {
  const text =
    '#pragma warning(disable: 4)\ncpp_quote("a")\ncpp_quote("b");\nmidl_pragma warning(disable: 2362)\n[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I { import "base.idl"; cpp_quote("c")\n IID f(); }';
  const result = compileText({ "a.idl": text, "base.idl": base });
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(result.model?.quotes, ["a", "b"]);
});

test("C headers may be imported; only their types are wanted", () => {
  const header =
    'extern "C" {\n#pragma pack(push, 1)\ntypedef struct H { int a : 3; unsigned b; } H;\n#pragma pack(pop)\nstatic inline int f(int x) { return x > 1 ? g(x) : 2; }\n}\nDECLARE_HANDLE(HX);\nextern const IID IID_X;\n';
  const result = compileText({ "a.idl": 'import "h.h"; struct S { H h; };', "h.h": header });
  assert.deepEqual(errorsOf(result), []);
});

test("ODL: no imports at all", () => {
  const result = compileText(
    {
      "a.odl":
        '[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e00)] library L { importlib("stdole32.tlb"); [odl, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I : IUnknown { HRESULT _stdcall F([in] BSTR b, [out, retval] boolean *r); } [public] typedef long T; }',
    },
    { wellKnown: undefined as never, fileSystem: undefined as never },
  );
  assert.equal(result.errors, 1, "the file is not on disk");
});
