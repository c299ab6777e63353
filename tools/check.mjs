// The whole check: everything a machine can say about the source without running the tests.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const steps = [
  ["build", "npx", ["tsc", "-b"]],
  ["lint", "npx", ["oxlint", "--type-aware"]],
  ["format", "npx", ["oxfmt", "--check", "."]],
  ["generated files unchanged", "node", ["tools/generate.mjs", "--check"]],
  ["status table unchanged", "node", ["tools/status-table.mjs", "--check"]],
  ["wire contract unchanged", "node", ["tools/wire-contract.mjs", "--check"]],
  ["unused exports and dependencies", "npx", ["knip"]],
  ["house rules", "node", ["tools/house-rules.mjs"]],
  ["package", "npx", ["publint"]],
  ["package types", "npx", ["attw", "--pack", ".", "--profile", "esm-only"]],
];
const only = process.argv.slice(2);
const failures = [];
for (const [name, command, args] of steps) {
  if (only.length > 0 && !only.some((word) => name.includes(word))) continue;
  const started = performance.now();
  const run = spawnSync(String(command), args, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  const ok = run.status === 0;
  console.log(`${ok ? "ok    " : "FAILED"} ${String(name)} (${seconds} s)`);
  if (!ok) {
    failures.push(name);
    console.log(`${run.stdout ?? ""}${run.stderr ?? ""}`.trim());
  }
}
if (failures.length > 0) {
  console.error(`check failed: ${failures.join(", ")}`);
  process.exit(1);
}
