import { readFileSync, statSync } from "node:fs";
import { ComError } from "../../base/index.ts";
import { TypeLibStatus } from "./errors.ts";
import { Image } from "./image.ts";
import { type TypeLibLimits, typeLibLimits } from "./limits.ts";
import type { TypeLibrary } from "./model.ts";
import { MSFT_MAGIC } from "./msft/layout.ts";
import { readMsft } from "./msft/read.ts";
import { isExecutable, typeLibResource } from "./pe.ts";
import { SLTG_MAGIC } from "./sltg/layout.ts";
import { readSltg } from "./sltg/read.ts";

/**
 * Reads a library from the bytes of a file: in MSFT or SLTG format, or a program that has it as resource number `index`. Throws
 * TYPE_E_CANTLOADLIBRARY when there is none, TYPE_E_INVDATAREAD when it is damaged.
 */
export function readTypeLibrary(
  bytes: Uint8Array,
  index = 1,
  limits: TypeLibLimits = typeLibLimits,
): TypeLibrary {
  if (bytes.length > limits.maxBytes) throw tooLarge(bytes.length, limits);
  const file = new Image(bytes, "file");
  const image = isExecutable(file) ? typeLibResource(file, index) : file;
  const magic = image.length < 4 ? 0 : image.u32(0);
  if (magic === MSFT_MAGIC) return readMsft(image, limits);
  if (magic === SLTG_MAGIC) return readSltg(image, limits);
  throw new ComError(TypeLibStatus.CANTLOADLIBRARY, "the file is neither a type library nor a program");
}

/** `C:\lib\two.dll\2` names the second library in a program. */
export function splitLibraryPath(path: string): { readonly file: string; readonly index: number } {
  const suffix = /^(.+)[\\/](\d{1,9})$/.exec(path);
  return suffix === null ? { file: path, index: 1 } : { file: suffix[1] ?? path, index: Number(suffix[2]) };
}

/** Reads the library a path names; see {@link readTypeLibrary}. A number behind the last separator chooses among several in one program. */
export function readTypeLibraryFile(path: string, limits: TypeLibLimits = typeLibLimits): TypeLibrary {
  const { file, index } = chooseFile(path);
  let bytes: Uint8Array;
  try {
    const { size } = statSync(file);
    if (size > limits.maxBytes) throw tooLarge(size, limits);
    bytes = readFileSync(file);
  } catch (error) {
    if (error instanceof ComError) throw error;
    throw new ComError(TypeLibStatus.CANTLOADLIBRARY, `the file ${file} cannot be read`, { cause: error });
  }
  return readTypeLibrary(bytes, index, limits);
}

/** A file may itself be called "2". */
function chooseFile(path: string): { readonly file: string; readonly index: number } {
  const split = splitLibraryPath(path);
  return split.file !== path && isFile(path) ? { file: path, index: 1 } : split;
}

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Below a file there is nothing.
    return false;
  }
}

function tooLarge(size: number, limits: TypeLibLimits): ComError {
  return new ComError(
    TypeLibStatus.SIZETOOBIG,
    `the file has ${size} bytes, ${limits.maxBytes} are allowed for a type library`,
  );
}
