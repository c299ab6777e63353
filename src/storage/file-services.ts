import { statSync } from "node:fs";
import { ComError, GUID_NULL, type Guid, HResult } from "../base/index.ts";
import { ILockBytes, IStorage, IStream } from "../com/gen/objidl.ts";
import type { IUnknown } from "../com/index.ts";
import { isStorageFile, openStorage } from "./docfile/open.ts";
import { openFileLockBytes } from "./lockbytes/lock-bytes.ts";
import { Stgm } from "./stgm.ts";
import { openFileStream } from "./stream/file-stream.ts";

/** What cannot be opened is told by whoever looks at it next. */
function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

/** What names need of files: their classes, and their contents as storages, streams and lock bytes. */
export const fileServices: {
  readonly classOfFile: (path: string) => Promise<Guid | undefined>;
  readonly openStorage: (path: string, mode: number, iid: Guid) => IUnknown;
} = {
  /** The class in a compound file's root (the first step of GetClassFile); undefined when the file is of another kind, does not say, or is not there. */
  async classOfFile(path) {
    if (!isFile(path) || !isStorageFile(path)) return undefined;
    using root = openStorage(path, Stgm.READ | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE);
    const { clsid } = await root.Stat(1);
    return clsid === GUID_NULL ? undefined : clsid;
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
        throw new ComError(HResult.E_NOINTERFACE, "a file is a storage, a stream or lock bytes");
    }
  },
};
