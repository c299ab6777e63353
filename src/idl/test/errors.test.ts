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
  ]) {
    assert.ok(compileText(text).errors > 0);
  }
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
