// Regenerates the TypeScript of every well-known .idl file (idl/modules.json says where it goes) and of the examples.
// With --check nothing is written; a file that differs from what would be written is named and the exit code is 1.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { Compiler, formatDiagnostic, wellKnownModules } from "../dist/idl/index.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const check = process.argv.includes("--check");
const only = process.argv.slice(2).filter((it) => !it.startsWith("--"));
let different = 0;
let failed = false;

for (const [name, entry] of Object.entries(wellKnownModules())) {
  if (only.length > 0 && !only.includes(name)) continue;
  const compiler = new Compiler({ style: { kind: "repository", path: entry.source } });
  const result = compiler.compile(join(root, "idl", `${name}.idl`));
  const text = result.typescript();
  for (const diagnostic of result.diagnostics) console.error(formatDiagnostic(diagnostic));
  if (result.errors > 0) failed = true;
  // A file that only imports others becomes nothing.
  else if (/^export /m.test(text)) put(join(root, "src", entry.source), text);
}

// The sample of the compiler's own tests.
if (only.length === 0 || only.includes("sample")) {
  const style = { kind: "repository", path: "idl/test/gen/sample.ts" };
  const result = new Compiler({ style }).compile(join(root, "src/idl/test/fixtures/sample.idl"));
  put(join(root, "src", style.path), result.typescript());
  for (const diagnostic of result.diagnostics) console.error(formatDiagnostic(diagnostic));
}

// The contracts of the example and of the conformance tests, as a user's package has them.
const contracts = {
  calculator: ["examples/calculator/calculator.idl", "examples/calculator/src/gen/calculator.ts"],
  subject: ["conformance/subject.idl", "conformance/src/gen/subject.ts"],
};
for (const [name, [source, target]] of Object.entries(contracts)) {
  if (only.length > 0 && !only.includes(name)) continue;
  const result = new Compiler().compile(join(root, source));
  for (const diagnostic of result.diagnostics) console.error(formatDiagnostic(diagnostic));
  if (result.errors > 0) failed = true;
  else put(join(root, target), result.typescript());
}

if (check && different > 0)
  console.error(`${different} generated files are not up to date: run "npm run generate"`);
process.exitCode = failed || (check && different > 0) ? 1 : 0;

function put(path, text) {
  const old = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (old === text) return;
  different++;
  console.log(`${check ? "differs" : "wrote"} ${relative(root, path)}`);
  if (check) return;
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
