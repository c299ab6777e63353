import { suite, test } from "node:test";
import { readPage } from "./support/markdown.ts";
import { PageRun, makeStand } from "./support/run-page.ts";

/** A page whose examples are those of the repository. */
const inClone = "docs/cli.md";

/** Pages that are carried out from top to bottom, each on a machine of its own. */
const scripts = [
  "docs/tutorials/first-object.md",
  "docs/tutorials/from-linux-to-windows.md",
  "docs/tutorials/from-a-type-library.md",
  "docs/tutorials/events.md",
  "docs/tutorials/names.md",
  "docs/automation.md",
  "docs/storage.md",
];

const skip = process.platform === "win32" ? "the pages are written for a POSIX shell" : false;

suite("pages that run", { concurrency: true, skip }, () => {
  for (const path of [...scripts, inClone]) {
    test(path, { timeout: 120_000 }, async () => {
      await using run = new PageRun(readPage(path), await makeStand());
      if (path === inClone) run.linkClone();
      await run.run();
    });
  }
});
