import { isUtf8 } from "node:buffer";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, normalize } from "node:path";

/** The file system as the compiler sees it; tests and editors pass their own. */
export interface IdlFileSystem {
  /** The bytes of a file, or undefined when there is no such file. */
  readFile(path: string): Uint8Array | undefined;
  /** Names in a folder, or undefined when there is no such folder. */
  readFolder(path: string): readonly string[] | undefined;
}

/** The real file system. */
export const nodeFileSystem: IdlFileSystem = {
  readFile(path) {
    try {
      return readFileSync(path);
    } catch {
      return undefined;
    }
  },
  readFolder(path) {
    try {
      return readdirSync(path === "" ? "." : path);
    } catch {
      return undefined;
    }
  },
};

/** A file system of texts by path, for tests and for compiling text that is in no file. */
export function memoryFileSystem(files: Readonly<Record<string, string>>): IdlFileSystem {
  const paths = new Map(Object.entries(files).map(([path, text]) => [normalize(path), text]));
  return {
    readFile(path) {
      const text = paths.get(normalize(path));
      return text === undefined ? undefined : new TextEncoder().encode(text);
    },
    readFolder(path) {
      const folder = normalize(path === "" ? "." : path);
      const prefix = folder === "." ? "" : `${folder}/`;
      const names = [...paths.keys()].filter((name) => name.startsWith(prefix));
      return [...new Set(names.map((name) => name.slice(prefix.length).split("/")[0] ?? ""))];
    },
  };
}

/** Longest file name that is looked for, characters. */
const maxPath = 1024;

/** Finds and reads files, whatever the letter case they were asked in, each at most once. */
export class FileFinder {
  readonly #fs: IdlFileSystem;
  readonly #texts = new Map<string, string | null>();
  readonly #folders = new Map<string, Map<string, string> | null>();

  constructor(fs: IdlFileSystem) {
    this.#fs = fs;
  }

  /** The path of `name` as found in the first of the folders that has it, or undefined. */
  find(name: string, folders: readonly string[]): string | undefined {
    if (name.length > maxPath) return undefined;
    const wanted = name.replaceAll("\\", "/").replace(/\/{2,}/g, "/");
    if (isAbsolute(wanted)) return this.#match(wanted);
    for (const folder of folders) {
      const found = this.#match(folder === "" ? wanted : join(folder, wanted));
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The path of `name` in the first of the folders that has it, without reading what may be a large program. */
  locate(name: string, folders: readonly string[]): string | undefined {
    if (name.length > maxPath) return undefined;
    for (const folder of folders) {
      const path = normalize(join(folder === "" ? "." : folder, name)).replaceAll("\\", "/");
      const found = this.#matchFolder(path);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** The text of a file, or undefined. */
  read(path: string): string | undefined {
    let text = this.#texts.get(path);
    if (text === undefined) {
      const bytes = this.#fs.readFile(path);
      text = bytes === undefined ? null : decodeText(bytes);
      this.#texts.set(path, text);
    }
    return text ?? undefined;
  }

  /** The names in a folder, as they are spelled there. */
  list(folder: string): readonly string[] {
    return [...(this.#folder(folder)?.values() ?? [])];
  }

  #match(path: string): string | undefined {
    const clean = normalize(path).replaceAll("\\", "/");
    if (this.read(clean) !== undefined) return clean;
    const found = this.#matchFolder(clean);
    return found !== undefined && this.read(found) !== undefined ? found : undefined;
  }

  /** `path` with every part spelled as it is on disk. */
  #matchFolder(path: string): string | undefined {
    const folder = dirname(path);
    const name = path.slice(path.lastIndexOf("/") + 1);
    if (name === "" || name === "." || name === "..") return path;
    const entry = this.#folder(folder)?.get(name.toLowerCase());
    if (entry !== undefined) return folder === "." && !path.startsWith("./") ? entry : join(folder, entry);
    if (folder === path || folder === "." || folder === "/") return undefined;
    const parent = this.#matchFolder(folder);
    if (parent === undefined || parent === folder) return undefined;
    const inParent = this.#folder(parent)?.get(name.toLowerCase());
    return inParent === undefined ? undefined : join(parent, inParent);
  }

  #folder(path: string): Map<string, string> | undefined {
    let names = this.#folders.get(path);
    if (names === undefined) {
      const list = this.#fs.readFolder(path);
      names = list === undefined ? null : new Map(list.map((name) => [name.toLowerCase(), name]));
      this.#folders.set(path, names);
    }
    return names ?? undefined;
  }
}

/** UTF-8, UTF-16, else Windows-1252: what IDL files come in. Lines may end as on a Macintosh. */
function decodeText(bytes: Uint8Array): string {
  const text = new TextDecoder(encodingOf(bytes)).decode(bytes);
  return text.includes("\r") && !text.includes("\n") ? text.replaceAll("\r", "\n") : text;
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second, third, fourth] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  // Without a mark every other byte of what is mostly ASCII is nothing.
  if (first !== 0 && second === 0 && third !== 0 && fourth === 0) return "utf-16le";
  if (first === 0 && second !== 0 && third === 0 && fourth !== 0) return "utf-16be";
  return isUtf8(bytes) ? "utf-8" : "windows-1252";
}
