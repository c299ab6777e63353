import { ComError, GUID_NULL, type Guid, HResult } from "../../base/index.ts";
import { IPersistStream, type IStorage, type IStream } from "../../com/gen/objidl.ts";
import { IPersistStorage } from "../../com/gen/objidl.ts";
import type { IUnknown } from "../../com/index.ts";
import type { Awaitable, Interface } from "../../ndr/index.ts";
import { Stgc } from "../tree/scope.ts";
import { readClassStg, readClassStm, writeClassStg, writeClassStm } from "./class.ts";

/** What makes objects of classes: a Runtime. */
export interface ObjectMaker {
  createInstance<T>(clsid: Guid, iface: Interface<T>): Awaitable<T>;
}

/** Writes an object's class and its bytes (OleSaveToStream); null is written as the null class. */
export async function oleSaveToStream(object: IPersistStream | null, stream: IStream): Promise<void> {
  if (object === null) {
    await writeClassStm(stream, GUID_NULL);
    return;
  }
  await writeClassStm(stream, await object.GetClassID());
  await object.Save(stream, 1);
}

/**
 * Makes an object of the class that stands in the stream, and gives it its bytes (OleLoadFromStream). The caller owns the pointer; null when null was
 * saved. When loading fails, the object is released.
 */
export async function oleLoadFromStream<T extends IUnknown>(
  maker: ObjectMaker,
  stream: IStream,
  iface: Interface<T>,
): Promise<T | null> {
  const clsid = await readClassStm(stream);
  if (clsid === GUID_NULL) return null;
  using object = await maker.createInstance(clsid, IPersistStream);
  await object.Load(stream);
  return await object.QueryInterface(iface);
}

/** Writes an object's class and itself into a storage, and commits that (OleSave). `SaveCompleted` is the caller's to say. */
export async function oleSave(
  object: IPersistStorage,
  storage: IStorage,
  sameAsLoad: boolean,
): Promise<void> {
  await writeClassStg(storage, await object.GetClassID());
  await object.Save(storage, sameAsLoad ? 1 : 0);
  await storage.Commit(Stgc.DEFAULT);
}

/**
 * Makes an object of the class that stands in the storage, and loads it from there (OleLoad, without a client site). The caller owns the pointer. The
 * object keeps the storage. Throws REGDB_E_CLASSNOTREG where nobody said which class it is.
 */
export async function oleLoad<T extends IUnknown>(
  maker: ObjectMaker,
  storage: IStorage,
  iface: Interface<T>,
): Promise<T> {
  const clsid = await readClassStg(storage);
  if (clsid === GUID_NULL)
    throw new ComError(HResult.REGDB_E_CLASSNOTREG, "the storage does not say which class its object is of");
  using object = await maker.createInstance(clsid, IPersistStorage);
  await object.Load(storage);
  return await object.QueryInterface(iface);
}
