import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const root = fileURLToPath(new URL("../../../", import.meta.url));

test("examples/marshaling: a caching handler, layers, a value, a proxy and stub of one's own, aggregates", async () => {
  const program = `${root}examples/marshaling/dist/main.js`;
  const { stdout } = await promisify(execFile)(process.execPath, [program], { timeout: 60_000 });
  assert.deepEqual(
    stdout
      .trim()
      .split("\n")
      .map((line) => line.slice(0, line.indexOf(":"))),
    [
      "caching",
      "caching",
      "layers",
      "by value",
      "by value",
      "proxy and stub",
      "containment",
      "aggregation",
      "aggregation",
    ],
  );
  assert.match(stdout, /five questions, the object was asked 1 time/);
  assert.match(stdout, /rules broken: 0/);
});
