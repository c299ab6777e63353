import type { TypeLibrary } from "../../automation/index.ts";
import type { CompileResult } from "../compile.ts";
import type { Alias } from "../model.ts";
import type { Expr } from "../syntax/ast.ts";
import { LibraryLowering, type TypeLibraryOptions } from "./library.ts";

export type { TypeLibraryOptions } from "./library.ts";
export { typeLibraryAsIdl } from "./read.ts";

/** The type libraries of a file: one for each `library` statement. Meaningful when there are no errors. */
export function typeLibrariesOf(result: CompileResult, options: TypeLibraryOptions = {}): TypeLibrary[] {
  const { model } = result;
  if (model === undefined) return [];
  const source = {
    evaluate: (expr: Expr) => result.evaluate(expr),
    wireType: (alias: Alias) => result.wireType(alias),
  };
  return model.entities.flatMap((it) =>
    it.kind === "library" ? [new LibraryLowering(it, source, options).lower(model)] : [],
  );
}
