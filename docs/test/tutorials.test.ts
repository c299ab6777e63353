import { suite, test } from "node:test";
import { readPage } from "./support/markdown.ts";
import { PageRun, makeStand } from "./support/run-page.ts";

/** Pages that are carried out from top to bottom, each on a machine of its own. */
const scripts = ["docs/tutorials/first-object.md", "docs/tutorials/from-linux-to-windows.md", "docs/cli.md"];

suite("pages that run", { concurrency: true }, () => {
  for (const path of scripts) {
    test(path, { timeout: 120_000 }, async () => {
      await using run = new PageRun(readPage(path), await makeStand());
      await run.run();
    });
  }
});
