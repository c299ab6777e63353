import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { codeSpans, readPage, tableRows } from "./support/markdown.ts";
import { PageRun, makeStand } from "./support/run-page.ts";
import { userTsconfig } from "./support/user-project.ts";

suite("docs/windows-api.md", () => {
  const page = readPage("docs/windows-api.md");
  const rows = tableRows(page.text);

  test("names no Windows function twice", () => {
    const names = rows.flatMap(([windows]) =>
      (windows ?? "")
        .replaceAll(/\(.*?\)/g, "")
        .split(", ")
        .map((name) => name.trim()),
    );
    assert.ok(names.length > 100);
    assert.deepEqual(
      names.filter((name, i) => name !== "…" && names.indexOf(name) !== i),
      [],
    );
  });

  test("every row says what is ours, or that there is nothing yet", () => {
    const silent = rows.filter(
      ([, ours = "", from = ""]) => from === "" && !/not yet|no need|===|using/.test(ours),
    );
    assert.deepEqual(silent, []);
  });

  test("every name of ours is exported where the page says", async () => {
    await using run = new PageRun({ path: "windows-api", text: "" }, await makeStand());
    run.write("tsconfig.json", userTsconfig);
    run.write("names.ts", program(rows));
    const { output } = await run.shell("tsc -p . --noEmit");
    assert.equal(output, "");
  });
});

/** A program that uses every name: `x` and `X` as exports, `X.y` as a member of the constant, `x.y` as one of an instance of `X`. */
function program(rows: readonly (readonly string[])[]): string {
  const lines: string[] = [];
  for (const [, ours = "", from = ""] of rows) {
    if (from === "") continue;
    const modules = from.split(", ");
    for (const [i, name] of codeSpans(ours).entries()) {
      if (/[^\w.]/.test(name)) continue; // a command, a piece of a program
      const at = lines.length;
      const module = modules[Math.min(i, modules.length - 1)] ?? "";
      const [first = "", ...members] = name.split(".");
      lines.push(`import * as m${at} from "${module}";`);
      if (members.length === 0) lines.push(`export { ${first} as x${at} } from "${module}";`);
      else if (/^[A-Z]/.test(first)) lines.push(`void m${at}.${name};`);
      else {
        const type = `${first[0]?.toUpperCase() ?? ""}${first.slice(1)}`;
        lines.push(`declare const v${at}: m${at}.${type};`, `void v${at}.${members.join(".")};`);
      }
    }
  }
  return `${lines.join("\n")}\n`;
}
