import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { blocksOf, readPage, root } from "./support/markdown.ts";

suite("docs/cli.md", () => {
  const page = readPage("docs/cli.md");
  const headings = [...page.text.matchAll(/^## (.*)$/gm)].flatMap((match) => (match[1] ?? "").split(", "));

  test("describes every command of comity --help, and runs it", async () => {
    const help = await comity("--help");
    const commands = [...help.slice(help.indexOf("Commands:")).matchAll(/^ {2}(\w+)/gm)]
      .map((match) => match[1] ?? "")
      .filter((name) => name !== "help");
    assert.deepEqual(headings.toSorted(), commands.map((name) => `comity ${name}`).toSorted());
    const ran = blocksOf(page)
      .filter((block) => block.lang === "console")
      .map((block) => block.text)
      .join("");
    assert.deepEqual(
      commands.filter((name) => name !== "host" && !new RegExp(`comity ${name}\\s`).test(ran)),
      [],
    );
  });

  test("its options exist", async () => {
    const commands = [
      ...headings,
      "comity reg query",
      "comity reg export",
      "comity reg permissions",
      "comity storage put",
    ];
    const help: string[] = [];
    for (const command of commands) help.push(await comity(...command.split(" ").slice(1), "--help"));
    const options = new Set([...page.text.matchAll(/(?<![\w-])--[a-z][a-z\d-]+/g)].map((match) => match[0]));
    assert.ok(options.size > 10);
    assert.deepEqual(
      [...options].filter((option) => !help.join("\n").includes(option)),
      [],
    );
  });
});

/** What a command prints. */
async function comity(...args: readonly string[]): Promise<string> {
  const { run } = (await import(`${root}dist/cli/program.js`)) as {
    run: (args: readonly string[], output: object) => Promise<number>;
  };
  let text = "";
  const write = (piece: string): void => void (text += piece);
  await run(args, { out: write, err: write });
  return text;
}
