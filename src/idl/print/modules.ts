import { dirname, relative } from "node:path";

/** Where something hand-written lives: in this repository and for users of the package. */
export interface Place {
  /** Path below `src/`. */
  readonly source: string;
  /** Module specifier for users. */
  readonly public: string;
}

/** A `[wire_marshal]` type: the module exports `NAME_UserMarshal`, and the type when `type` is a plain name (or a name or null). */
export interface UserMarshalPlace extends Place {
  /** The TypeScript type of a value. */
  readonly type: string;
  /** Where the type is, in this repository, when not beside the functions. */
  readonly typeSource?: string;
  /** Name of the functions when it is not `NAME_UserMarshal`. */
  readonly marshal?: string;
}

/** What a well-known .idl file becomes. One entry of idl/modules.json. */
export interface ModuleEntry extends Place {
  /** Names that are written by hand and only imported. */
  readonly external?: Readonly<Record<string, Place>>;
  readonly userMarshal?: Readonly<Record<string, UserMarshalPlace>>;
}

/** By the base name of the .idl file, without its suffix, in lower case. */
export type ModuleTable = Readonly<Record<string, ModuleEntry>>;

/** How generated code names the modules it imports. */
export type ModuleStyle =
  /** Generated into this repository at this path below `src/`. */
  | { readonly kind: "repository"; readonly path: string }
  /** Generated for a user of the package. `extension`: of imports of other generated files. */
  | { readonly kind: "package"; readonly extension: string };

export function specifier(style: ModuleStyle, place: Place): string {
  if (style.kind === "package") return place.public;
  const path = relative(dirname(style.path), place.source).replaceAll("\\", "/");
  return path.startsWith(".") ? path : `./${path}`;
}

/** The module every generated file takes its run-time names from. */
export const runtimeModule: Place = { source: "ndr/codegen/v1.ts", public: "comity/codegen/v1" };

const keys = new Map<string, string>();

export function moduleKey(path: string): string {
  let key = keys.get(path);
  if (key === undefined) {
    // A long run sees many files; the names of the last ones are what counts.
    if (keys.size > 10_000) keys.clear();
    keys.set(path, (key = keyOf(path)));
  }
  return key;
}

function keyOf(path: string): string {
  const name = path.replaceAll("\\", "/").split("/").at(-1) ?? path;
  return name.replace(/\.[^.]*$/, "").toLowerCase();
}
