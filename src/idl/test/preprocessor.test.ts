import assert from "node:assert/strict";
import { test } from "node:test";
import { Compiler } from "../index.ts";
import { compileText, errorsOf, textsOf } from "./support.ts";

/** The value of constant `x` after preprocessing `text`. */
function valueOf(text: string, files: Readonly<Record<string, string>> = {}, name = "x"): unknown {
  const result = compileText({ "a.idl": text, ...files });
  assert.deepEqual(errorsOf(result), []);
  const constant = result.model?.entities.find((it) => it.name === name);
  return constant?.kind === "constant" ? constant.value : undefined;
}

test("object-like and function-like macros", () => {
  assert.equal(valueOf("#define A 1+2\nconst long x = A*3;"), 7);
  assert.equal(valueOf("#define F(a, b) ((a)*(b))\nconst long x = F(2+1, F(2,2));"), 12);
  assert.equal(valueOf("#define F(a) a\n#define G F\nconst long x = G(5);"), 5);
  assert.equal(valueOf("#define F(a) 2\nconst long F = 9; const long x = F(1);"), 2);
  assert.equal(valueOf('#define S(a) #a\nconst char *x = S(one "two");'), 'one "two"');
  assert.equal(valueOf("#define J(a, b) a##b\nconst long xy = 4; const long x = J(x, y);"), 4);
  assert.equal(
    valueOf("#define V(...) (0, __VA_ARGS__)\n#define P(a, ...) a + __VA_ARGS__\nconst long x = P(1, 2);"),
    3,
  );
  assert.equal(valueOf("#define L 1 \\\n + 2\nconst long x = L;"), 3);
});

test("a macro does not expand inside itself, and undef ends it", () => {
  assert.equal(valueOf("const long A = 3;\n#define A A\nconst long x = A;"), 3);
  assert.equal(valueOf("#define A 1\n#undef A\nconst long A = 2; const long x = A;"), 2);
});

test("conditions", () => {
  const pick = (condition: string): unknown =>
    valueOf(`#if ${condition}\nconst long x = 1;\n#else\nconst long x = 2;\n#endif`);
  assert.equal(pick("1"), 1);
  assert.equal(pick("0"), 2);
  assert.equal(pick("defined(__midl) && __midl >= 500"), 1);
  assert.equal(pick("!defined NOT_THERE"), 1);
  assert.equal(pick("NOT_THERE"), 2);
  assert.equal(pick("NOT_THERE(1, 2)"), 2);
  assert.equal(pick("(1 << 4) == 0x10 && 'a' == 97"), 1);
  assert.equal(pick("1 ? 0 : 1"), 2);
  assert.equal(pick("2 - 1 - 1"), 2);
  assert.equal(
    valueOf("#ifdef A\n#if 1\n#else\n#endif\n#elif 1\nconst long x = 5;\n#elif 1\nconst long x = 6;\n#endif"),
    5,
  );
  assert.equal(valueOf("#ifndef A\nconst long x = 1;\n#else\nit's skipped \"\n#endif"), 1);
});

test("macros of an included file come in, those of an imported file do not", () => {
  const files = { "b.idl": "#define B 7\nconst long y = B;" };
  assert.equal(valueOf('#include "b.idl"\nconst long x = B;', files), 7);
  assert.equal(valueOf('import "b.idl";\n#ifdef B\n#error B\n#endif\nconst long x = y + 1;', files), 8);
});

test("files are found whatever the letter case, on the include path too", () => {
  const result = compileText(
    {
      "src/a.idl": 'import "Sub\\Other.IDL";\n#include <Third.h>\nconst long x = y + z;',
      "src/sub/other.idl": "const long y = 1;",
      "inc/third.h": "const long z = 2;",
    },
    { includePath: ["inc"] },
  );
  assert.deepEqual(errorsOf(result), []);
  const x = result.model?.entities.find((it) => it.name === "x");
  assert.equal(x?.kind === "constant" && x.value, 3);
});

test("the folders of the Windows SDK find one another", () => {
  const files = {
    "10/um/a.idl": 'import "b.idl"; import "c.idl"; const long x = Y;',
    "10/shared/b.idl": "const long Y = 4;",
    "10/other/c.idl": "",
  };
  const result = compileText(files);
  assert.deepEqual(errorsOf(result), []);
  assert.deepEqual(
    result.diagnostics.map((it) => it.message),
    ['cannot find the file "c.idl" to import'],
  );
});

test("defines from the command line", () => {
  const result = compileText("#if LEVEL > 2\nconst long x = LEVEL;\n#endif", { defines: { LEVEL: "3" } });
  assert.equal(result.model?.entities.length, 1);
});

test("files that include or import themselves come to an end", () => {
  assert.match(errorsOf(compileText('#include "a.idl"\n')).join(), /more than 64 deep/);
  assert.deepEqual(errorsOf(compileText({ "a.idl": 'import "b.idl";', "b.idl": 'import "a.idl";' })), []);
});

test("macros that double at every level are stopped", () => {
  let text = "#define A0 1+1\n";
  for (let i = 1; i < 60; i++) text += `#define A${i} A${i - 1} + A${i - 1}\n`;
  const start = performance.now();
  assert.match(errorsOf(compileText(`${text}const long x = A59;`)).join(), /too much text/);
  assert.ok(performance.now() - start < 10_000);
});

test("what is missing is said", () => {
  assert.deepEqual(errorsOf(compileText("#if 1\n")), ["1:1 this #if has no #endif"]);
  assert.deepEqual(errorsOf(compileText("\n#endif\n")), ["2:1 #endif without #if"]);
  assert.deepEqual(textsOf(compileText('import "none.idl";')), [
    'a.idl:1:8: warning: cannot find the file "none.idl" to import\n  import "none.idl";\n         ^',
  ]);
  assert.deepEqual(errorsOf(compileText("#error no\n")), ["1:1 #error no"]);
  assert.deepEqual(errorsOf(compileText("/* no end")), ["1:10 the comment is not closed"]);
  assert.equal(compileText("#include <windows.h>\n").errors, 0);
});

test("files come in many encodings, with marks and without, and with other spaces than ASCII's", () => {
  const text = `typedef long HRESULT; // a type
\f[uuid(5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9e01),\vhelpstring("Gr\u00fc\u00dfe")]
interface I { HRESULT f(); };
`;
  const wide = Buffer.from(text, "utf16le");
  const big = Buffer.from(wide).swap16();
  const crlf = text.replaceAll("\n", "\r\n");
  const forms: Readonly<Record<string, Uint8Array>> = {
    "UTF-8": Buffer.from(crlf),
    "UTF-8 with a mark": Buffer.from(`\ufeff${crlf}`),
    "UTF-16": Buffer.concat([Buffer.from([0xff, 0xfe]), wide]),
    "UTF-16 without a mark": wide,
    "UTF-16, big end first": Buffer.concat([Buffer.from([0xfe, 0xff]), big]),
    "UTF-16, big end first, without a mark": big,
    "Windows-1252": Buffer.from(crlf, "latin1"),
    "the end of file of DOS": Buffer.from(`${crlf}\x1a`),
    "filled up with nothing": Buffer.from(`${crlf}\0\0\0`),
    "lines of a Macintosh": Buffer.from(text.replaceAll("\n", "\r")),
    "other spaces": Buffer.from(text.replace("HRESULT f", "HRESULT\u00a0f").replace("{", "{\u3000")),
  };
  for (const [form, bytes] of Object.entries(forms)) {
    const fileSystem = {
      readFile: (path: string) => (path === "a.idl" ? bytes : undefined),
      readFolder: () => ["a.idl"],
    };
    const result = new Compiler({ fileSystem, wellKnown: null }).compile("a.idl");
    assert.deepEqual(errorsOf(result), [], form);
    const it = result.model?.entities.find((one) => one.kind === "interface");
    assert.deepEqual(it?.kind === "interface" && it.methods.map((method) => method.name), ["f"], form);
    const help = it?.attributes.find((one) => one.name === "helpstring")?.args?.[0];
    assert.equal(help?.kind === "string" && help.value, "Gr\u00fc\u00dfe", form);
  }
});
