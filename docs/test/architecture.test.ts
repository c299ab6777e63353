import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { suite, test } from "node:test";
import { codeSpans, readPage, root, tableRows } from "./support/markdown.ts";

suite("docs/architecture.md", () => {
  const page = readPage("docs/architecture.md");
  const layers = readdirSync(`${root}src`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

  test("its table has each layer with what it really imports", () => {
    const told = tableRows(page.text)
      .filter(([layer = ""]) => layer.startsWith("`src/"))
      .map(([layer = "", imports = ""]) => `${codeSpans(layer)[0]?.slice(4)}: ${imports}`.trim());
    const real = layers.map((layer) => `${layer}: ${importsOf(layer, layers).join(", ")}`.trim());
    assert.deepEqual(told.toSorted(), real.toSorted());
  });

  test("says for each layer whether it can be explained in five minutes", () => {
    const answers = page.text.slice(page.text.indexOf("## Could it be explained"));
    assert.deepEqual(
      layers.filter((layer) => !answers.includes(`- **${layer}**`)),
      [],
    );
  });
});

/** The layers whose files those of a layer import; its tests do not count. */
function importsOf(layer: string, layers: readonly string[]): readonly string[] {
  const found = new Set<string>();
  for (const name of readdirSync(`${root}src/${layer}`, { recursive: true, encoding: "utf8" })) {
    if (!name.endsWith(".ts") || /(^|[\\/])test[\\/]/.test(name)) continue;
    const text = readFileSync(`${root}src/${layer}/${name}`, "utf8");
    for (const match of text.matchAll(/from "(?:\.\.\/)+(\w+)\/(?:index|gen|codegen)\b/g)) {
      const other = match[1] ?? "";
      if (other !== layer && layers.includes(other)) found.add(other);
    }
  }
  return [...found].toSorted();
}
