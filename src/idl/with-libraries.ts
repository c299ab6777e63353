import { dirname } from "node:path";
import { type CompileOptions, type CompileResult, compileIdl } from "./compile.ts";

/**
 * Compiles one file as {@link compileIdl} does, and looks for names that no file declares in the type libraries of `importlib`. What
 * reads them is loaded when there is one to read. A library that the printed TypeScript uses is imported as `./NAME.js`, which
 * `comity tlb ts` makes.
 */
export async function compileIdlWithLibraries(
  path: string,
  options: CompileOptions = {},
): Promise<CompileResult> {
  const first = compileIdl(path, options);
  if (first.unreadLibraries.length === 0) return first;
  const { typeLibraryAsIdl } = await import("./typelib/index.ts");
  const folders = [dirname(path), ...(options.includePath ?? [])];
  return compileIdl(path, { ...options, typeLibraries: (file) => typeLibraryAsIdl(file, folders) });
}
