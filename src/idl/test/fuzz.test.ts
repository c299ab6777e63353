import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { compileText, root } from "./support.ts";

const sample = readFileSync(join(root, "src/idl/test/fixtures/sample.idl"), "utf8");
const words = sample.match(/\w+|[^\s\w]/g) ?? [];

/** Compiles and prints; whatever the text, that ends with diagnostics at most. */
function survives(text: string): void {
  const result = compileText(text);
  result.typescript();
  result.json();
}

test("any text ends in errors, not in exceptions", () => {
  fc.assert(fc.property(fc.string({ maxLength: 300, unit: "binary" }), survives), { numRuns: 300 });
});

test("any row of IDL's words ends in errors", () => {
  const word = fc.oneof(
    { weight: 20, arbitrary: fc.constantFrom(...words) },
    fc.constantFrom("#define F(x) ", "\n#if ", "\n#endif\n", "\n", '"', "..", "##", "#"),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 120 }), (list) => survives(list.join(" "))),
    { numRuns: 400 },
  );
});

test("a good file with a piece cut out, doubled or replaced", () => {
  const place = fc.nat({ max: sample.length });
  fc.assert(
    fc.property(
      place,
      fc.nat({ max: 60 }),
      fc.constantFrom("", "{", "}", ";", "(", ")", "[", "]", "*", '"', "struct", "union switch (", "typedef"),
      (at, length, put) => {
        survives(sample.slice(0, at) + put + sample.slice(at + length));
      },
    ),
    { numRuns: 150 },
  );
});

test("a good file cut off anywhere", () => {
  const start = performance.now();
  for (let at = 0; at < sample.length; at += 97) survives(sample.slice(0, at));
  assert.ok(performance.now() - start < 30_000);
});

test("words and lines lost from a good file are errors where they were lost, each with its line", () => {
  const lines = sample.split("\n");
  fc.assert(
    fc.property(fc.array(fc.nat({ max: words.length - 1 }), { minLength: 1, maxLength: 4 }), (lost) => {
      const gone = new Set(lost);
      let at = 0;
      const text = sample.replace(/\w+|[^\s\w]/g, (word) => (gone.has(at++) ? "" : word));
      for (const { location, message } of compileText(text).diagnostics)
        assert.ok(location !== undefined && location.line <= lines.length && message !== "");
      survives(text);
      survives(lines.filter((_, i) => !gone.has(i)).join("\n"));
    }),
    { numRuns: 60 },
  );
});
