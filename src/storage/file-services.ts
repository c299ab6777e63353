import { statSync } from "node:fs";
import { ComError, GUID_NULL, type Guid, HResult } from "../base/index.ts";
import { ILockBytes, IStorage, IStream } from "../com/gen/objidl.ts";
import type { IUnknown } from "../com/index.ts";
import { isStorageFile, openStorage } from "./docfile/open.ts";
import { isStorageLockBytes, openStorageOnLockBytes } from "./docfile/on-lock-bytes.ts";
import { createMemoryLockBytes, openFileLockBytes } from "./lockbytes/lock-bytes.ts";
import { Stgm } from "./stgm.ts";
import { openFileStream } from "./stream/file-stream.ts";

/** What cannot be opened is told by whoever looks at it next. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

async function classIn(root: IStorage): Promise<Guid | undefined> {
  const { clsid } = await root.Stat(1);
  return clsid === GUID_NULL ? undefined : clsid;
}

function noSuchView(): ComError {
  return new ComError(HResult.E_NOINTERFACE, "a file is a storage, a stream or lock bytes");
}

/** What names need of files: their classes, and their contents as storages, streams and lock bytes. */
export const fileServices: {
  readonly classOfFile: (path: string) => Promise<Guid | undefined>;
  readonly openStorage: (path: string, mode: number, iid: Guid) => IUnknown;
  readonly classOfContent: (bytes: Uint8Array) => Promise<Guid | undefined>;
  readonly openContent: (bytes: Uint8Array, iid: Guid) => Promise<IUnknown>;
} = {
  /** The class in a compound file's root (the first step of GetClassFile); undefined when the file is of another kind, does not say, or is not there. */
  async classOfFile(path) {
    if (!isFile(path) || !isStorageFile(path)) return undefined;
    using root = openStorage(path, Stgm.READ | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE);
    return classIn(root);
  },
  async classOfContent(bytes) {
    using lockBytes = createMemoryLockBytes(bytes);
    if (!(await isStorageLockBytes(lockBytes))) return undefined;
    using root = await openStorageOnLockBytes(lockBytes, Stgm.READ | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE);
    return classIn(root);
  },
  async openContent(bytes, iid) {
    const lockBytes = createMemoryLockBytes(bytes.slice());
    if (iid === ILockBytes.iid) return lockBytes;
    using held = lockBytes;
    if (iid !== IStorage.iid) throw noSuchView();
    return await openStorageOnLockBytes(held, Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE);
  },
  openStorage(path, mode, iid) {
    switch (iid) {
      case IStorage.iid:
        return openStorage(path, mode);
      case IStream.iid:
        return openFileStream(path, mode);
      case ILockBytes.iid:
        return openFileLockBytes(path, mode);
      default:
        throw noSuchView();
    }
  },
};
