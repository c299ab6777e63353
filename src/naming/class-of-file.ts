import { existsSync } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { extname } from "node:path";
import { ComError, type Guid, HResult, bytesEqual, fromHex, tryParseGuid } from "../base/index.ts";
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

async function classByPattern({ runtime }: Naming, path: string): Promise<Guid | undefined> {
  const { registry } = runtime;
  const classes = registry.exists("HKCR\\FileType") ? registry.subkeys("HKCR\\FileType") : [];
  const file = await openFile(path);
  try {
    let left = (await file.stat()).isFile() ? mostPatterns : 0;
    for (const name of classes) {
      const clsid = tryParseGuid(name);
      if (clsid === undefined) continue;
      for (const number of registry.subkeys(`HKCR\\FileType\\${name}`)) {
        if (left-- === 0) return undefined;
        const pattern = registry.text(`HKCR\\FileType\\${name}\\${number}`) ?? "";
        if (await matches(file, pattern)) return clsid;
      }
    }
    return undefined;
  } finally {
    await file.close();
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    return await open(path, "r");
  } catch (error) {
    throw new ComError(HResult.MK_E_CANTOPENFILE, `${path} cannot be opened`, { cause: error });
  }
}

/** `offset,size,mask,value`: the bytes at the offset (from the end when it is negative), masked, are the value. */
async function matches(file: FileHandle, pattern: string): Promise<boolean> {
  const [offset, size, mask, value] = pattern.split(",").map((part) => part.trim());
  const count = Number(size);
  const at = Number(offset);
  if (value === undefined || !Number.isInteger(at) || !(count > 0 && count <= longestPattern)) return false;
  const wanted = bytesOf(value);
  const masks = mask === "" || mask === undefined ? new Uint8Array(count).fill(0xff) : bytesOf(mask);
  if (wanted?.length !== count || masks?.length !== count) return false;
  const start = at < 0 ? (await file.stat()).size + at : at;
  if (start < 0) return false;
  const { bytesRead, buffer } = await file.read(new Uint8Array(count), 0, count, start);
  if (bytesRead < count) return false;
  return bytesEqual(
    buffer.map((byte, index) => byte & (masks[index] ?? 0)),
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
