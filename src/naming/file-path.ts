import { isAbsolute, resolve } from "node:path";
import { ComError, HResult } from "../base/index.ts";
import { sameText } from "./text.ts";

/**
 * A path as file monikers hold it ([MS-OSHARED] 2.3.7.8): how many directories it begins by leaving, and what follows. Paths of Windows and of POSIX
 * systems are both understood, whatever the machine: a separator is `\` or `/`.
 */
export interface FilePath {
  /** Leading `..` elements. */
  readonly anti: number;
  readonly path: string;
}

/** How two monikers share a beginning: which of them it is, or neither. */
export type Sharing = "us" | "me" | "him" | "part" | "none";

const leaving = /^\.\.(?:[\\/]|$)/;

export function parsePath(text: string): FilePath {
  let anti = 0;
  let path = text;
  for (let found = leaving.exec(path); found !== null; found = leaving.exec(path)) {
    anti++;
    path = path.slice(found[0].length);
  }
  return { anti, path };
}

/** The path as it is shown; with `..` in front it goes on with the separator it uses itself. */
export function formatPath({ anti, path }: FilePath): string {
  return anti === 0 ? path : `..${separatorOf(path)}`.repeat(anti) + path;
}

/** Whether a path begins at a root: a drive, a server, or the top. */
export function isRooted({ anti, path }: FilePath): boolean {
  return anti === 0 && rootOf(path) !== "";
}

/** How many characters of a UNC path name its server, the two in front included ([MS-OSHARED] 2.3.7.8: endServer); undefined for another path. */
export function serverLength(path: string): number | undefined {
  return /^[\\/]{2}[^\\/]+/.exec(path)?.[0].length;
}

/** `\\server\share\`, `C:\`, `\`, `/`, or nothing for a relative path. */
function rootOf(path: string): string {
  return /^(?:[\\/]{2}[^\\/]+[\\/]+[^\\/]+[\\/]*|[A-Za-z]:[\\/]*|[\\/]+)/.exec(path)?.[0] ?? "";
}

function separatorOf(path: string): string {
  return path.includes("/") && !path.includes("\\") ? "/" : "\\";
}

/** The root, and the elements after it. */
function partsOf(path: string): { readonly root: string; readonly elements: readonly string[] } {
  const root = rootOf(path);
  return {
    root,
    elements: path
      .slice(root.length)
      .split(/[\\/]+/)
      .filter((one) => one !== ""),
  };
}

/**
 * The right path seen from the left one: `C:\a\b` with `..\c` is `C:\a\c`. Throws MK_E_SYNTAX when the right one begins at a root, or leaves more
 * directories than the left one has.
 */
export function composePaths(left: FilePath, right: FilePath): FilePath {
  if (isRooted(right)) throw unjoinable(left, right);
  const { root, elements } = partsOf(left.path);
  const kept = elements.slice(0, Math.max(0, elements.length - right.anti));
  const above = right.anti - (elements.length - kept.length);
  if (above > 0 && root !== "") throw unjoinable(left, right);
  const separator = separatorOf(left.path === "" ? right.path : left.path);
  const head = joined(root, kept, separator);
  const path =
    head === "" || right.path === "" ? head + right.path : withSeparator(head, separator) + right.path;
  return { anti: left.anti + above, path };
}

function unjoinable(left: FilePath, right: FilePath): ComError {
  return new ComError(
    HResult.MK_E_SYNTAX,
    `"${formatPath(right).slice(0, 200)}" cannot follow "${formatPath(left).slice(0, 200)}"`,
  );
}

function joined(root: string, elements: readonly string[], separator: string): string {
  if (elements.length === 0) return root;
  const start = root === "" || /^[A-Za-z]:$/.test(root) ? root : withSeparator(root, separator);
  return start + elements.join(separator);
}

function withSeparator(text: string, separator: string): string {
  return /[\\/]$/.test(text) ? text : text + separator;
}

/** The longest beginning that two paths share. A UNC path is never cut within its server and share. */
export function commonPath(a: FilePath, b: FilePath): { readonly sharing: Sharing; readonly path: FilePath } {
  const none = { sharing: "none", path: a } as const;
  const [first, second] = [partsOf(a.path), partsOf(b.path)];
  if (a.anti !== b.anti || !sameRoot(first.root, second.root)) return none;
  const length = sharedElements(first.elements, second.elements);
  if (length === 0 && first.root === "" && a.anti === 0) return none;
  const elements = first.elements.slice(0, length);
  const path = { anti: a.anti, path: joined(first.root, elements, separatorOf(a.path)) };
  const allOfA = length === first.elements.length;
  const allOfB = length === second.elements.length;
  return { sharing: allOfA ? (allOfB ? "us" : "me") : allOfB ? "him" : "part", path };
}

function sameRoot(a: string, b: string): boolean {
  const plain = (root: string): string => root.replace(/[\\/]+/g, "\\").replace(/(.)\\$/, "$1");
  return sameText(plain(a), plain(b));
}

function sharedElements(a: readonly string[], b: readonly string[]): number {
  let at = 0;
  while (at < a.length && at < b.length && sameText(a[at] ?? "", b[at] ?? "")) at++;
  return at;
}

/** The path that leads from the first to the second; undefined when they share nothing. */
export function relativePath(from: FilePath, to: FilePath): FilePath | undefined {
  const [first, second] = [partsOf(from.path), partsOf(to.path)];
  if (from.anti !== to.anti || !sameRoot(first.root, second.root)) return undefined;
  const length = sharedElements(first.elements, second.elements);
  if (length === 0 && first.root === "") return undefined;
  return {
    anti: first.elements.length - length,
    path: second.elements.slice(length).join(separatorOf(to.path === "" ? from.path : to.path)),
  };
}

/** Where the file is on this machine: separators as this system has them, relative paths from the working directory. Shares stay what they are. */
export function localPath(path: FilePath): string {
  const text = formatPath(path);
  if (process.platform === "win32" || isAbsolute(text)) return resolve(text);
  // A share of another machine is no folder of this one.
  if (text.startsWith("\\\\")) return text;
  return resolve(text.includes("/") ? text : text.replaceAll("\\", "/"));
}
