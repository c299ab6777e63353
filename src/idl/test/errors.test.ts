import assert from "node:assert/strict";
import { test } from "node:test";
import { compileIdl } from "../index.ts";
import { compileText, errorsOf, textsOf } from "./support.ts";

test("an error shows file, line, column, the source line and a caret", () => {
  const result = compileText("typedef long A;\n\ttypedef struct S { A a; Missing b; } S;\n");
  assert.deepEqual(textsOf(result), [
    'a.idl:2:26: error: "Missing" is not a known type\n  \ttypedef struct S { A a; Missing b; } S;\n  \t                        ^',
  ]);
});

test("one error does not hide the next", () => {
  const text = `typedef struct A { long x } A;
typedef long B
const long C = ;
interface I { long f(long a, long b; long g(); nonsense nonsense nonsense; }
struct D { Missing m; Other o; };
const long E = 5;
`;
  const result = compileText(text);
  const lines = errorsOf(result).map((it) => it.split(":")[0]);
  assert.deepEqual([...new Set(lines)], ["3", "4", "5"]);
  assert.ok(
    result.model?.entities.some((it) => it.name === "E"),
    "what follows is still understood",
  );
});

test("each mistake by its name", () => {
  const cases: readonly [string, string][] = [
    ["const long x = 1 +;", '1:19 expected an expression, found ";"'],
    ["typedef struct { long a; ", '1:26 expected "}" after the members, found the end of the file'],
    ["interface I { long f(", "1:22 expected a type, found the end of the file"],
    ["[uuid(123)] interface I { }", '1:2 "123" is not a GUID'],
    ["}", '1:1 this "}" closes nothing'],
    ["const long a = b; const long b = a;", "1:34 the value of a depends on itself"],
    ["interface A : B { } interface B : A { }", "1:15 interface A derives from itself"],
    ["typedef long A; interface I : A { }", "1:31 A is not an interface"],
    ["enum E { A = f };", "1:14 the value of A is not a constant integer"],
    [
      "typedef [switch_type(long)] union U { [case(x)] long a; } U;",
      "1:45 this case is not a constant of a 32-bit type",
    ],
    [
      "[object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01)] interface I { [call_as(X)] long f(); }",
      '1:86 [call_as] names "X", which is no local method here',
    ],
    ["[unknown", "1:1 the attribute list is not closed"],
    ['const char *x = "abc', "1:17 the string is not closed"],
  ];
  for (const [text, message] of cases) {
    const errors = errorsOf(compileText(text));
    assert.ok(errors.includes(message), `${text}\n${errors.join("\n")}`);
  }
});

test("a place inside a macro is where the macro is used", () => {
  assert.deepEqual(errorsOf(compileText("#define FIELD Missing m;\nstruct S {\n  FIELD\n};")), [
    '3:3 "Missing" is not a known type',
  ]);
});

test("errors in an imported file name that file", () => {
  const result = compileText({ "a.idl": 'import "b.idl";', "b.idl": "\nstruct {" });
  assert.equal(result.diagnostics[0]?.location?.path, "b.idl");
});

test("deep nesting is refused, not a crash", () => {
  for (const text of [
    `const long x = ${"(".repeat(100_000)}1;`,
    `const long x = ${"-".repeat(100_000)}1;`,
    `struct S { int ${"(*".repeat(100_000)}x; };`,
    "struct A { ".repeat(50_000),
    `typedef ${"SAFEARRAY(".repeat(50_000)}`,
    `const long x = ${"1?".repeat(50_000)}1;`,
    "[ ".repeat(100_000),
    `typedef A<${"B<".repeat(50_000)}`,
    `const long x = 1${"+1".repeat(100_000)};`,
    `const long x = a${".b".repeat(100_000)};`,
    `struct S { int ${"*".repeat(100_000)}x; };`,
    `struct S { int x${"[1]".repeat(100_000)}; };`,
  ]) {
    assert.ok(compileText(text).errors > 0);
  }
});

test("long rows of everything are read in time", () => {
  const start = performance.now();
  const many = (count: number, make: (i: number) => string): string =>
    Array.from({ length: count }, (_, i) => make(i)).join("");
  const texts = [
    `#define F(x) x\nconst char *s = F(${'"a" '.repeat(200_000)});`,
    `namespace N { ${many(150_000, (i) => `const long c${i}=1;`)} }`,
    many(20_000, (i) => `typedef A${i + 1} A${i};`),
    many(20_000, (i) => `typedef struct S${i + 1} { ${i > 0 ? `struct S${i} s;` : "long s;"} } S${i + 1};`),
    many(20_000, (i) => `interface I${i} : I${i + 1} { }`),
    `/*${"*".repeat(300_000)} */ struct S { long a; };`,
    `${" ".repeat(300_000)}#define A\n`.repeat(3),
    `#if 0\n${`${" ".repeat(100)}# \n`.repeat(20_000)}#endif\n`,
    `enum E { ${many(100_000, (i) => `E${i},`)} };`,
    `import "${"a/".repeat(100_000)}b.idl";`,
    "#include <a\n".repeat(20_000),
    `namespace ${"\n".repeat(150_000)} ( `,
    "[ ".repeat(100_000),
    `const long x = ${"9".repeat(200_000)};`,
    `const char *s = "${"\\\\".repeat(200_000)}";`,
  ];
  for (const text of texts) {
    const result = compileText(text);
    result.typescript();
    result.json();
  }
  assert.ok(performance.now() - start < 30_000);
});

test("a circle of typedefs is an unknown type, not a hang", () => {
  compileText(
    "typedef B A; typedef A B; struct S { A a; }; typedef X X; typedef struct T T; typedef T *T;",
  ).typescript();
});

test("a file that is not there", () => {
  const result = compileIdl("/nowhere/none.idl");
  assert.deepEqual(
    [result.errors, result.diagnostics[0]?.message],
    [1, 'cannot read the file "/nowhere/none.idl"'],
  );
});

test("what is well formed and still wrong", () => {
  const uuid = "uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e0";
  const cases: readonly [string, string][] = [
    [`[${uuid}1)] interface I { long f([out] long x); }`, "[out] parameter x of f is no pointer"],
    [
      `[${uuid}1)] interface I { long f([out, retval] long *x, [in] long y); }`,
      "[retval] parameter x of f is not the last",
    ],
    [`[${uuid}1)] interface I { long f([in, retval] long *x); }`, "[retval] parameter x of f is not [out]"],
    [`[${uuid}1)] interface I { long f(); long f(long a); }`, "interface I has two methods called f"],
    [`[${uuid}1)] interface I { [id(1)] long f(); [id(1)] long g(); }`, "g has the same id as f"],
    [`[${uuid}1)] interface I { } [${uuid}1)] interface J { }`, "J has the same UUID as I"],
    ["interface I { long f(); }", "interface I has no uuid, so it cannot be called remotely"],
    [`[${uuid}0)] library L { coclass C { } }`, "coclass C has no uuid"],
    [
      `[${uuid}1)] interface I { } [${uuid}2)] interface J { } [${uuid}3)] coclass C { [default] interface I; [default] interface J; }`,
      "coclass C has 2 default interfaces",
    ],
    [
      "typedef [switch_type(long)] union U { [case(1)] long a; [case(1)] long b; } U;",
      "case 1 stands twice in union U",
    ],
    [
      "typedef [switch_type(long)] union U { [default] long a; [default] long b; } U;",
      "union U has two default arms",
    ],
    ["enum E { A, A };", "A stands twice in enum E"],
  ];
  for (const [text, message] of cases) {
    const messages = compileText(text).diagnostics.map((it) => it.message);
    assert.deepEqual(messages, [message], text);
  }
});

test("files that include others twice, level on level, come to an end", () => {
  const start = performance.now();
  const bomb = Object.fromEntries(
    Array.from({ length: 40 }, (_, i) => [`f${i}.idl`, `#include "f${i + 1}.idl"\n`.repeat(2)]),
  );
  const included = compileText({ ...bomb, "f40.idl": "typedef long X;" });
  assert.match(errorsOf(included)[0] ?? "", /more than \d+ characters are included/);
  const loop = compileText({
    "a.idl": '#include "b.idl"\n'.repeat(2),
    "b.idl": '#include "a.idl"\n'.repeat(2),
  });
  assert.ok(loop.errors > 0);
  assert.ok(performance.now() - start < 20_000);
});

test("a chain of imports longer than the stack is deep is read", () => {
  const chain = Object.fromEntries(
    Array.from({ length: 5000 }, (_, i) => [`f${i}.idl`, `import "f${i + 1}.idl";`]),
  );
  const result = compileText({ ...chain, "f5000.idl": "typedef long X;" });
  assert.deepEqual([errorsOf(result), result.files.length], [[], 5001]);
});

test("a file that would take all the memory is refused", () => {
  const result = compileText("typedef long X;\n".repeat(1_100_000));
  assert.match(errorsOf(result).join(), /the file has more than 16777216 characters/);
});

test("a quote that was forgotten spoils its own line only; texts over several lines are read", () => {
  const result = compileText(`cpp_quote("typedef int A;)
cpp_quote("typedef int B;")
[object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01), helpstring("a thing)]
interface I { HRESULT F(); };
[object, uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e02), helpstring("over
  two lines")]
interface J { HRESULT G(); };
cpp_quote("")`);
  assert.deepEqual(errorsOf(result), ["1:11 the string is not closed", "3:65 the string is not closed"]);
  assert.deepEqual(result.model?.quotes, ["typedef int A;", "typedef int B;", ""]);
  assert.deepEqual(
    result.model?.entities.map((it) => it.name),
    ["I", "J"],
  );
});
