import { TypeLibraries, printIdl } from "../../automation/index.ts";
import { ComError } from "../../base/index.ts";

/**
 * A type library as IDL, for a compiler that meets it in `importlib`; undefined for a file that holds none. `folders`: where the
 * libraries that it imports itself are looked for.
 */
export function typeLibraryAsIdl(path: string, folders: readonly string[]): string | undefined {
  try {
    return printIdl(new TypeLibraries({ folders }).load(path));
  } catch (error) {
    if (error instanceof ComError) return undefined;
    throw error;
  }
}
