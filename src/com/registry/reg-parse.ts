import { ComError } from "../../base/index.ts";
import { registryLimits } from "./limits.ts";
import { formatPath, parsePath } from "./path.ts";
import { type RegVersion, decodeAnsi, decodeRegFile } from "./reg-text.ts";
import { RegistryType, type RegistryValue, bytesOf } from "./value.ts";

/** One step of a .reg file. */
export type RegOperation =
  | { readonly kind: "create"; readonly key: string }
  | { readonly kind: "deleteTree"; readonly key: string }
  | { readonly kind: "set"; readonly key: string; readonly value: RegistryValue }
  | { readonly kind: "unset"; readonly key: string; readonly name: string };

/** A line that was passed over, as regedit does, and why. */
export interface RegWarning {
  readonly line: number;
  readonly message: string;
}

export interface RegFile {
  readonly version: RegVersion;
  readonly operations: readonly RegOperation[];
  readonly warnings: readonly RegWarning[];
}

/** Reads a .reg file. Throws E_INVALIDARG when it is none; single lines that make no sense are passed over with a warning, as regedit does. */
export function parseRegFile(bytes: Uint8Array): RegFile {
  const { version, text } = decodeRegFile(bytes);
  const parser = new Parser(text, version);
  if (version === 3) parser.runOld();
  else parser.run();
  return { version, operations: parser.operations, warnings: parser.warnings };
}

class Parser {
  readonly operations: RegOperation[] = [];
  readonly warnings: RegWarning[] = [];
  readonly #text: string;
  readonly #version: RegVersion;
  #at = 0;
  #line = 1;
  #key: string | undefined;

  constructor(text: string, version: RegVersion) {
    this.#text = text;
    this.#version = version;
  }

  run(): void {
    this.#skipLine();
    while (this.#at < this.#text.length) {
      const line = this.#line;
      try {
        this.#item();
      } catch (error) {
        if (!(error instanceof Malformed) && !(error instanceof ComError)) throw error;
        this.warnings.push({ line, message: error.message });
        if (!(error instanceof MalformedPast)) this.#skipLine();
      }
    }
  }

  /** Windows 3.1: `HKEY_CLASSES_ROOT\key = value` lines. */
  runOld(): void {
    this.#skipLine();
    while (this.#at < this.#text.length) {
      const line = this.#line;
      const match = /^\s*(HKEY_CLASSES_ROOT\\[^=]*?)\s*=\s?(.*)$/.exec(this.#restOfLine());
      this.#skipLine();
      if (match === null) continue;
      try {
        this.#open(match[1] ?? "");
        this.#set("", RegistryType.SZ, bytesOf(RegistryType.SZ, match[2] ?? ""));
      } catch (error) {
        this.warnings.push({ line, message: ComError.from(error).message });
      }
    }
  }

  #item(): void {
    this.#skipBlanks();
    const character = this.#text[this.#at];
    if (character === undefined || isLineEnd(character) || character === ";") this.#skipLine();
    else if (character === "[") this.#section();
    else if (character === "@" || character === '"') this.#value();
    else throw new Malformed("neither a key nor a value");
  }

  #section(): void {
    const line = this.#restOfLine();
    const end = line.lastIndexOf("]");
    this.#key = undefined;
    if (end < 0) throw new Malformed("a key without its closing bracket");
    const inside = line.slice(1, end);
    if (inside.startsWith("-")) this.operations.push({ kind: "deleteTree", key: canonical(inside.slice(1)) });
    else this.#open(inside);
    this.#skipLine();
  }

  #open(path: string): void {
    this.#key = canonical(path);
    this.operations.push({ kind: "create", key: this.#key });
  }

  #value(): void {
    const name = this.#text[this.#at] === "@" ? this.#take("") : this.#quoted();
    this.#skipBlanks();
    if (this.#text[this.#at] !== "=") throw new Malformed("a value without an equals sign");
    this.#at++;
    this.#skipBlanks();
    const key = this.#key;
    if (key === undefined) throw new Malformed("a value outside of any key");
    if (this.#text[this.#at] === "-") {
      this.#at++;
      this.#endOfValue();
      this.operations.push({ kind: "unset", key, name });
    } else if (this.#text[this.#at] === '"') {
      const text = this.#quoted();
      this.#endOfValue();
      this.#set(name, RegistryType.SZ, bytesOf(RegistryType.SZ, text));
    } else {
      this.#typed(name);
    }
  }

  #typed(name: string): void {
    const rest = this.#restOfLine();
    const dword = /^dword:([0-9a-f]{1,8})\s*(?:;.*)?$/i.exec(rest);
    if (dword !== null) {
      this.#skipLine();
      this.#set(name, RegistryType.DWORD, bytesOf(RegistryType.DWORD, Number.parseInt(dword[1] ?? "", 16)));
      return;
    }
    const hex = /^hex(?:\(([0-9a-f]{1,8})\))?:/i.exec(rest);
    if (hex === null) throw new Malformed("data of an unknown kind");
    this.#at += hex[0].length;
    const type = hex[1] === undefined ? RegistryType.BINARY : Number.parseInt(hex[1], 16);
    this.#set(name, type, this.#unicode(type, this.#hexBytes()));
  }

  /** Bytes with commas over any number of lines, each but the last ending in a backslash; comments may stand between. */
  #hexBytes(): Uint8Array {
    const bytes: number[] = [];
    let bad: string | undefined;
    for (;;) {
      const line = this.#restOfLine();
      const code = line.split(";", 1)[0]?.trim() ?? "";
      this.#skipLine();
      const more = code.endsWith("\\");
      const digits = (more ? code.slice(0, -1) : code).trim();
      for (const part of digits.split(",")) {
        const digit = part.trim();
        if (digit === "") continue;
        if (!/^[0-9a-f]{1,2}$/i.test(digit)) bad ??= `"${digit.slice(0, 20)}" is no byte`;
        else if (bytes.length <= registryLimits.maxValueBytes) bytes.push(Number.parseInt(digit, 16));
      }
      const commentOnly = code === "" && line.trim() !== "";
      if ((!more && !commentOnly) || this.#at >= this.#text.length) break;
    }
    if (bad !== undefined) throw new MalformedPast(bad);
    return Uint8Array.from(bytes);
  }

  /** In REGEDIT4 files the strings within hexadecimal data are in one-byte characters. */
  #unicode(type: number, bytes: Uint8Array): Uint8Array {
    const isText =
      type === RegistryType.SZ || type === RegistryType.EXPAND_SZ || type === RegistryType.MULTI_SZ;
    return this.#version === 4 && isText ? new Uint8Array(Buffer.from(decodeAnsi(bytes), "utf16le")) : bytes;
  }

  #set(name: string, type: number, data: Uint8Array): void {
    if (this.#key === undefined) throw new MalformedPast("a value outside of any key");
    if (name.length > registryLimits.maxValueName) throw new MalformedPast("the value's name is too long");
    if (data.length > registryLimits.maxValueBytes) throw new MalformedPast("the value is too large");
    this.operations.push({ kind: "set", key: this.#key, value: { name, type, data } });
  }

  /** A string in quotes; it may go over several lines. */
  #quoted(): string {
    let text = "";
    for (let at = this.#at + 1; at < this.#text.length; at++) {
      const character = this.#text[at] as string;
      if (character === '"') {
        this.#line += countLines(this.#text, this.#at, at);
        this.#at = at + 1;
        return text;
      }
      if (character === "\\") {
        const next = this.#text[++at] ?? "";
        text += escapes[next] ?? `\\${next}`;
      } else {
        text += character;
      }
    }
    throw new Malformed("a string without its closing quote");
  }

  #endOfValue(): void {
    const rest = this.#restOfLine().trim();
    if (rest !== "" && !rest.startsWith(";")) throw new Malformed("something stands behind the value");
    this.#skipLine();
  }

  #take<T>(result: T): T {
    this.#at++;
    return result;
  }

  #restOfLine(): string {
    let end = this.#at;
    while (end < this.#text.length && !isLineEnd(this.#text[end] as string)) end++;
    return this.#text.slice(this.#at, end);
  }

  #skipBlanks(): void {
    while (this.#text[this.#at] === " " || this.#text[this.#at] === "\t") this.#at++;
  }

  #skipLine(): void {
    while (this.#at < this.#text.length && !isLineEnd(this.#text[this.#at] as string)) this.#at++;
    if (this.#text[this.#at] === "\r" && this.#text[this.#at + 1] === "\n") this.#at++;
    this.#at++;
    this.#line++;
  }
}

const escapes: Readonly<Record<string, string>> = { "\\": "\\", '"': '"', n: "\n", r: "\r", "0": "\0" };

/** A line that makes no sense. */
class Malformed extends Error {}

/** The same, found when the parser is already past the line's end. */
class MalformedPast extends Malformed {}

function canonical(path: string): string {
  return formatPath(parsePath(path.trim()));
}

function isLineEnd(character: string): boolean {
  return character === "\n" || character === "\r";
}

function countLines(text: string, from: number, to: number): number {
  let count = 0;
  for (let at = text.indexOf("\n", from); at >= 0 && at < to; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
