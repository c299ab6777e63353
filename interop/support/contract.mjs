import { mkdirSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { compileIdl, formatDiagnostic } from "../../dist/idl/index.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * The module that our own compilers (IDL, then TypeScript's) make of interop/idl/NAME.idl. It lies in dist/interop, as a
 * user's module would in his package, and its types are checked on the way.
 */
export async function contract(name) {
  const result = compileIdl(`${root}interop/idl/${name}.idl`);
  for (const diagnostic of result.diagnostics) console.error(formatDiagnostic(diagnostic));
  if (result.errors > 0) throw new Error(`${name}.idl does not compile`);
  const folder = `${root}dist/interop`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/${name}.ts`, result.typescript());
  const flags = "--ignoreConfig --module nodenext --target es2022 --strict --skipLibCheck";
  const tsc = spawnSync(
    process.execPath,
    [`${root}node_modules/typescript/bin/tsc`, ...flags.split(" "), `${folder}/${name}.ts`],
    { encoding: "utf8" },
  );
  if (tsc.status !== 0) throw new Error(`what became of ${name}.idl does not compile:\n${tsc.stdout}`);
  return import(`${folder}/${name}.js`);
}
