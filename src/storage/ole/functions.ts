import { GUID_NULL } from "../../base/index.ts";
import type { IStorage } from "../../com/gen/objidl.ts";
import { given, isMissing } from "../propset/holder.ts";
import { Stgm } from "../stgm.ts";
import { readAll, writeAll } from "../stream/copy.ts";
import { type CompObj, compObjName, noCompObj, readCompObj, writeCompObj } from "./comp-obj.ts";
import { OleFlag, embedded, oleStreamName, readOleStream, writeOleStream } from "./ole-stream.ts";
import type { ClipboardFormat } from "./texts.ts";

/** Most bytes of one of these streams. */
const most = 1024 * 1024;

async function readStream(storage: IStorage, name: string): Promise<Uint8Array | undefined> {
  try {
    using stream = given(await storage.OpenStream(name, 0, null, Stgm.READ | Stgm.SHARE_EXCLUSIVE, 0));
    return await readAll(stream, most);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

async function writeStream(storage: IStorage, name: string, bytes: Uint8Array): Promise<void> {
  const mode = Stgm.CREATE | Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;
  using stream = given(await storage.CreateStream(name, mode, 0, 0));
  await writeAll(stream, bytes);
}

/** Says for people what kind of object a storage holds, and in which clipboard format (WriteFmtUserTypeStg). The class is the storage's. */
export async function writeFmtUserTypeStg(
  storage: IStorage,
  format: ClipboardFormat,
  userType: string,
  progId = "",
): Promise<void> {
  const { clsid } = await storage.Stat(1);
  await writeStream(storage, compObjName, writeCompObj({ clsid, format, userType, progId }));
}

/** What kind of object a storage holds (ReadFmtUserTypeStg); without any text where nobody said. */
export async function readFmtUserTypeStg(storage: IStorage): Promise<CompObj> {
  const bytes = await readStream(storage, compObjName);
  if (bytes !== undefined) return readCompObj(bytes);
  const { clsid } = await storage.Stat(1);
  return clsid === GUID_NULL ? noCompObj : { ...noCompObj, clsid };
}

/** Whether whoever opens the object next shall convert it (GetConvertStg). */
export async function getConvertStg(storage: IStorage): Promise<boolean> {
  const bytes = await readStream(storage, oleStreamName);
  return bytes !== undefined && (readOleStream(bytes).flags & OleFlag.CONVERT) !== 0;
}

/** Asks whoever opens the object next to convert it, or takes that back (SetConvertStg). */
export async function setConvertStg(storage: IStorage, convert: boolean): Promise<void> {
  const bytes = await readStream(storage, oleStreamName);
  const before = bytes === undefined ? embedded : readOleStream(bytes);
  const flags = convert ? before.flags | OleFlag.CONVERT : before.flags & ~OleFlag.CONVERT;
  await writeStream(storage, oleStreamName, writeOleStream({ ...before, flags }));
}
