// Runs the tests on the compiled output: one process per layer (its test/index.js), then the suites of the private workspaces.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const wanted = process.argv.slice(2);
const entries = [];
for (const folder of ["dist", "conformance/dist", "docs/dist"]) {
  if (!existsSync(`${root}${folder}`)) continue;
  for (const name of [
    "test",
    ...readdirSync(`${root}${folder}`)
      .toSorted()
      .map((layer) => `${layer}/test`),
  ]) {
    const entry = `${folder}/${name}/index.js`;
    if (existsSync(`${root}${entry}`)) entries.push(entry);
  }
}
const chosen = wanted.length === 0 ? entries : entries.filter((e) => wanted.some((w) => e.includes(`${w}/`)));
if (chosen.length === 0) {
  console.error(`no tests match ${wanted.join(" ")}`);
  process.exit(1);
}
// Each entry is a process of its own; two at a time keeps two cores busy without starving the timing of sockets.
const run = spawnSync(
  process.execPath,
  ["--enable-source-maps", "--test", "--test-reporter=spec", "--test-concurrency=2", ...chosen],
  { cwd: root, stdio: ["ignore", "inherit", "inherit"], env: { ...process.env, COMITY_HOME: "" } },
);
process.exit(run.status ?? 1);
