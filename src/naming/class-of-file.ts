import { constants, existsSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { extname } from "node:path";
import { ComError, type Guid, HResult, bytesEqual, fromHex, tryParseGuid } from "../base/index.ts";
import type { Fetched } from "./fetch.ts";
import type { Naming } from "./naming.ts";

/** Most patterns of one machine that a file is compared with, and the longest one, bytes. */
const mostPatterns = 1000;
const longestPattern = 256;

/**
 * The class of a file (GetClassFile): what stands in its storage, the patterns under HKCR\FileType, its extension. Throws MK_E_CANTOPENFILE and
 * MK_E_INVALIDEXTENSION. A file of another machine (`elsewhere`) that cannot be seen from here is known by its extension.
 */
export async function classOfFile(naming: Naming, path: string, elsewhere = false): Promise<Guid> {
  const stored = await naming.files.classOfFile?.(path);
  if (stored !== undefined) return stored;
  const pattern = elsewhere && !existsSync(path) ? undefined : await classByPattern(naming, path);
  const clsid = pattern ?? classByExtension(naming, path);
  if (clsid !== undefined) return clsid;
  throw new ComError(HResult.MK_E_INVALIDEXTENSION, `no class is registered for files like ${path}`);
}

/**
 * The class of what was fetched (GetClassFileOrMime): what its media type is registered for, what stands in its storage, the patterns, the extension of the
 * address. Throws MK_E_INVALIDEXTENSION.
 */
export async function classOfContent(naming: Naming, { bytes, type, url }: Fetched): Promise<Guid> {
  const { registry } = naming.runtime;
  const key = `HKCR\\MIME\\Database\\Content Type\\${type}`;
  const named = /^[\w.+-]+\/[\w.+-]+$/.test(type) ? registry.text(key, "CLSID") : undefined;
  const clsid =
    tryParseGuid(named ?? "") ??
    (await naming.files.classOfContent?.(bytes)) ??
    (await classByPatterns(naming, contentOf(bytes))) ??
    classByExtension(naming, url.pathname);
  if (clsid !== undefined) return clsid;
  const kind = type === "" ? "content" : `content of the type ${type}`;
  throw new ComError(
    HResult.MK_E_INVALIDEXTENSION,
    `no class is registered for ${kind} like ${url.pathname}`,
  );
}

/** What patterns are compared with. */
interface Content {
  readonly size: number;
  /** So many bytes from there on, fewer at the end. */
  readonly read: (at: number, count: number) => Promise<Uint8Array>;
}

function contentOf(bytes: Uint8Array): Content {
  return { size: bytes.length, read: async (at, count) => bytes.subarray(at, at + count) };
}

async function classByPattern(naming: Naming, path: string): Promise<Guid | undefined> {
  const file = await openFile(path);
  try {
    const stats = await file.stat();
    if (!stats.isFile()) return undefined;
    const read = async (at: number, count: number): Promise<Uint8Array> => {
      const { bytesRead, buffer } = await file.read(new Uint8Array(count), 0, count, at);
      return buffer.subarray(0, bytesRead);
    };
    return await classByPatterns(naming, { size: stats.size, read });
  } finally {
    await file.close();
  }
}

async function classByPatterns({ runtime }: Naming, content: Content): Promise<Guid | undefined> {
  const { registry } = runtime;
  let left = mostPatterns;
  for (const name of registry.exists("HKCR\\FileType") ? registry.subkeys("HKCR\\FileType") : []) {
    const clsid = tryParseGuid(name);
    if (clsid === undefined) continue;
    for (const number of registry.subkeys(`HKCR\\FileType\\${name}`)) {
      if (left-- === 0) return undefined;
      const pattern = registry.text(`HKCR\\FileType\\${name}\\${number}`) ?? "";
      if (await matches(content, pattern)) return clsid;
    }
  }
  return undefined;
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    // Opening a pipe would wait until somebody writes.
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    throw new ComError(HResult.MK_E_CANTOPENFILE, `${path} cannot be opened`, { cause: error });
  }
}

/** `offset,size,mask,value`: the bytes at the offset (from the end when it is negative), masked, are the value. */
async function matches(content: Content, pattern: string): Promise<boolean> {
  const [offset, size, mask, value] = pattern.split(",").map((part) => part.trim());
  const count = Number(size);
  const at = Number(offset);
  if (value === undefined || !Number.isInteger(at) || !(count > 0 && count <= longestPattern)) return false;
  const wanted = bytesOf(value);
  const masks = mask === "" || mask === undefined ? new Uint8Array(count).fill(0xff) : bytesOf(mask);
  if (wanted?.length !== count || masks?.length !== count) return false;
  const start = at < 0 ? content.size + at : at;
  if (start < 0) return false;
  const found = await content.read(start, count);
  if (found.length < count) return false;
  return bytesEqual(
    found.map((byte, index) => byte & (masks[index] ?? 0)),
    wanted,
  );
}

function bytesOf(text: string): Uint8Array | undefined {
  return /^(?:[\da-f]{2})+$/i.test(text) ? fromHex(text) : undefined;
}

function classByExtension({ runtime }: Naming, path: string): Guid | undefined {
  const extension = extname(path);
  if (extension === "" || /[\\/]/.test(extension)) return undefined;
  const name = runtime.registry.text(`HKCR\\${extension}`);
  return name === undefined ? undefined : (tryParseGuid(name) ?? runtime.classes.clsidFromProgId(name));
}
