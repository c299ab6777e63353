import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { blocksOf, readPage } from "./support/markdown.ts";
import { PageRun, makeStand } from "./support/run-page.ts";
import { userTsconfig } from "./support/user-project.ts";

suite("README.md", () => {
  const page = readPage("README.md");

  test("its code is fifteen lines", () => {
    const code = blocksOf(page).find((block) => block.name === "hello.ts");
    assert.equal(code?.text.trimEnd().split("\n").length, 15);
  });

  test("its code compiles against the package and runs", async () => {
    await using run = new PageRun(page, await makeStand());
    await run.run();
    run.write("tsconfig.json", userTsconfig);
    const { output, code } = await run.shell("comity idl greeter.idl && tsc -p . && node hello.js");
    assert.equal(output, "greeter.ts\nHello, Ada\n");
    assert.equal(code, 0);
  });

  test("every row of the mission is in its table once", () => {
    const rows = [...page.text.matchAll(/^\| ([CDTQAU][\w, ]*) \|/gm)].flatMap((match) =>
      (match[1] ?? "").trim().split(", "),
    );
    const expected = [...numbered("C", 22), ...numbered("D", 16), "T", "Q", "A", ...numbered("U", 7)];
    assert.deepEqual(rows, expected);
  });
});

function numbered(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i + 1}`);
}
