import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ModuleTable } from "./print/modules.ts";

/** The folder of the .idl files that come with the package. The same from `src/idl` and from `dist/idl`. */
export const wellKnownFolder: string = fileURLToPath(new URL("../../idl", import.meta.url));

let table: ModuleTable | undefined;

/** What each of them becomes: idl/modules.json. */
export function wellKnownModules(): ModuleTable {
  return (table ??= JSON.parse(readFileSync(`${wellKnownFolder}/modules.json`, "utf8")) as ModuleTable);
}
