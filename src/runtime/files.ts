import { existsSync, statSync } from "node:fs";
import { ComError, type Guid, GUID_NULL, HResult } from "../base/index.ts";
import { IStorage } from "../com/gen/objidl.ts";
import type { IUnknown } from "../com/index.ts";
import type { FileServices } from "../naming/index.ts";
import type * as Storage from "../storage/index.ts";

/** STATFLAG_NONAME. */
const withoutName = 1;

/** Compound files are looked into when a name leads to one; until then their code is not loaded. */
function storage(): Promise<typeof Storage> {
  return import("../storage/index.ts");
}

/** What names find in files: the class that stands in a compound file (ReadClassStg), and the storage itself. */
export const storageFiles: FileServices = {
  async classOfFile(path: string): Promise<Guid | undefined> {
    const { isStorageFile, openStorage } = await storage();
    // What cannot be opened is told by whoever looks at it next.
    if (!existsSync(path) || !statSync(path).isFile() || !isStorageFile(path)) return undefined;
    using root = openStorage(path);
    const { clsid } = await root.Stat(withoutName);
    return clsid === GUID_NULL ? undefined : clsid;
  },

  async openStorage(path: string, mode: number, iid: Guid): Promise<IUnknown> {
    if (iid !== IStorage.iid) throw new ComError(HResult.E_NOINTERFACE, "a file is bound to as IStorage");
    return (await storage()).openStorage(path, mode);
  },
};
