import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { suite, test } from "node:test";
import { codeSpans, readPage, root, tableRows } from "./support/markdown.ts";

/** Where code names a gate: `gate: "x"`, or the function that makes the error. */
const places = [
  /\bgate: "([^"]+)"/g,
  /\bgate = "([^"]+)"/g,
  /#refuse\(\s*"([^"]+)",\s*origin/g,
  /messageAltered\("([^"]+)"\)/g,
  /\brefused\("([^"]+)",/g,
];

test("docs/security.md explains every gate there is, and no other", () => {
  const inCode = new Set(
    sources().flatMap((text) => places.flatMap((place) => [...text.matchAll(place)].map((m) => m[1] ?? ""))),
  );
  assert.ok(inCode.size > 10);
  const page = readPage("docs/security.md").text;
  const explained = new Set(
    tableRows(page.slice(page.indexOf("## What each"))).flatMap(([gate]) => codeSpans(gate ?? "")),
  );
  assert.deepEqual([...explained].toSorted(), [...inCode].toSorted());
});

suite("what the pages say of the registry is what the code reads", () => {
  const code = sources().join("\n");
  for (const path of ["docs/security.md", "docs/scm.md"]) {
    test(path, () => {
      const names = codeSpans(readPage(path).text).filter((span) =>
        /^(Default|Minimum|Enable|Listen|Launch|Access|Max|Ping|Crash|Legacy)[A-Z]?[A-Za-z]+$/.test(span),
      );
      assert.ok(names.length > 5);
      assert.deepEqual(
        names.filter((name) => !code.includes(name)),
        [],
      );
    });
  }
});

function sources(): readonly string[] {
  return readdirSync(`${root}src`, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.includes("test/"))
    .map((name) => readFileSync(`${root}src/${name}`, "utf8"));
}
