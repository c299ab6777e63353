import { fileURLToPath } from "node:url";
import {
  Compiler,
  type CompileOptions,
  type CompileResult,
  formatDiagnostic,
  memoryFileSystem,
} from "../index.ts";

/** The root of the repository, seen from dist/idl/test. */
export const root: string = fileURLToPath(new URL("../../..", import.meta.url));

/** Compiles texts that are in no file; the first is the one asked for. Without the well-known files. */
export function compileText(
  files: Readonly<Record<string, string>> | string,
  options: CompileOptions = {},
): CompileResult {
  const all = typeof files === "string" ? { "a.idl": files } : files;
  const compiler = new Compiler({
    fileSystem: memoryFileSystem(all),
    wellKnown: null,
    modules: {},
    ...options,
  });
  return compiler.compile(Object.keys(all)[0] ?? "a.idl");
}

/** The messages of errors, with line and column: `3:7 …`. */
export function errorsOf(result: CompileResult): string[] {
  return result.diagnostics
    .filter((it) => it.severity === "error")
    .map((it) => `${it.location?.line}:${it.location?.column} ${it.message}`);
}

export function textsOf(result: CompileResult): string[] {
  return result.diagnostics.map(formatDiagnostic);
}
