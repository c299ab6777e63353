import { type Guid, guidFromBytes, guidToBytes } from "../../base/index.ts";
import type { IStorage } from "../../com/gen/objidl.ts";
import type { Awaitable } from "../../ndr/index.ts";
import { type Reading, type Writing, readExactly, writeAll } from "../stream/copy.ts";

/** Says of which class the object in a storage is (WriteClassStg). */
export function writeClassStg(storage: Pick<IStorage, "SetClass">, clsid: Guid): Awaitable<void> {
  return storage.SetClass(clsid);
}

/** Of which class the object in a storage is; the null GUID when nobody said (ReadClassStg). */
export async function readClassStg(storage: Pick<IStorage, "Stat">): Promise<Guid> {
  return (await storage.Stat(1)).clsid;
}

/** Writes a class before an object's own bytes (WriteClassStm). */
export async function writeClassStm(stream: Writing, clsid: Guid): Promise<void> {
  const bytes = new Uint8Array(16);
  guidToBytes(clsid, bytes, 0);
  await writeAll(stream, bytes);
}

/** Reads the class before an object's own bytes (ReadClassStm). Throws STG_E_READFAULT when the stream ends before. */
export async function readClassStm(stream: Reading): Promise<Guid> {
  return guidFromBytes(await readExactly(stream, 16), 0);
}
