import { ComError, HResult } from "../../base/index.ts";
import { registryLimits } from "./limits.ts";

/** Full names of the predefined keys. */
type RootName =
  | "HKEY_CLASSES_ROOT"
  | "HKEY_CURRENT_USER"
  | "HKEY_LOCAL_MACHINE"
  | "HKEY_USERS"
  | "HKEY_CURRENT_CONFIG";

const roots: Readonly<Record<string, RootName>> = {
  HKEY_CLASSES_ROOT: "HKEY_CLASSES_ROOT",
  HKCR: "HKEY_CLASSES_ROOT",
  HKEY_CURRENT_USER: "HKEY_CURRENT_USER",
  HKCU: "HKEY_CURRENT_USER",
  HKEY_LOCAL_MACHINE: "HKEY_LOCAL_MACHINE",
  HKLM: "HKEY_LOCAL_MACHINE",
  HKEY_USERS: "HKEY_USERS",
  HKU: "HKEY_USERS",
  HKEY_CURRENT_CONFIG: "HKEY_CURRENT_CONFIG",
  HKCC: "HKEY_CURRENT_CONFIG",
};

/** A key's place: a predefined key and the names below it. */
export interface KeyPath {
  readonly root: RootName;
  readonly names: readonly string[];
}

/**
 * Reads a path such as `HKCR\CLSID\{...}`: a predefined key, full or short, and names parted by backslashes. Throws E_INVALIDARG for an unknown root,
 * an empty or too long name, or too many levels.
 */
export function parsePath(path: string): KeyPath {
  const [first = "", ...names] = path.split("\\");
  const root = Object.hasOwn(roots, first.toUpperCase()) ? roots[first.toUpperCase()] : undefined;
  if (root === undefined) {
    throw new ComError(
      HResult.E_INVALIDARG,
      `"${first.slice(0, 80)}" is no predefined key (HKEY_CLASSES_ROOT, ...)`,
    );
  }
  if (names.at(-1) === "") names.pop();
  for (const name of names) checkKeyName(name);
  if (names.length > registryLimits.maxDepth) {
    throw new ComError(HResult.E_INVALIDARG, `keys are at most ${registryLimits.maxDepth} levels deep`);
  }
  return { root, names };
}

function checkKeyName(name: string): void {
  if (name === "") throw new ComError(HResult.E_INVALIDARG, "a key's name must not be empty");
  if (name.length > registryLimits.maxKeyName) {
    throw new ComError(
      HResult.E_INVALIDARG,
      `the key name "${name.slice(0, 40)}..." is longer than ${registryLimits.maxKeyName} characters`,
    );
  }
  if (name.includes("\0")) throw new ComError(HResult.E_INVALIDARG, "a key's name must not contain NUL");
}

/** The path in words, with the full name of its root. */
export function formatPath(path: KeyPath): string {
  return [path.root, ...path.names].join("\\");
}

/** A name for comparison: upper case, character by character, as Windows compares ("ß" stays "ß"). */
export function foldName(name: string): string {
  const upper = name.toUpperCase();
  if (upper.length === name.length) return upper;
  let folded = "";
  for (const character of name) {
    const one = character.toUpperCase();
    folded += one.length === character.length ? one : character;
  }
  return folded;
}
