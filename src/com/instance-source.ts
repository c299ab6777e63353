import { IPersistFile, IPersistStorage, IStorage } from "./gen/objidl.ts";
import type { IUnknown } from "./unknown.ts";

/** What a new object is initialized from before anybody gets it: a file by name, or an open storage. */
export type InstanceSource =
  | {
      readonly file: {
        /** The path, as the machine the object lives on understands it. */
        readonly name: string;
        /** STGM bits, handed to IPersistFile::Load. */
        readonly mode: number;
      };
    }
  | {
      /** An IStorage pointer; the caller's. */
      readonly storage: IUnknown;
    };

/** STGM_READWRITE: the mode of one who does not say. */
export const defaultFileMode = 2;

/**
 * Has a new object load itself: IPersistFile::Load, or IPersistStorage::Load (what CoGetInstanceFromFile and CoGetInstanceFromIStorage do with
 * the object they made). Throws E_NOINTERFACE for an object that cannot be loaded from such a source.
 */
export async function loadInstance(object: IUnknown, source: InstanceSource): Promise<void> {
  if ("file" in source) {
    using persist = await object.QueryInterface(IPersistFile);
    await persist.Load(source.file.name, source.file.mode);
    return;
  }
  using storage = await source.storage.QueryInterface(IStorage);
  using persist = await object.QueryInterface(IPersistStorage);
  await persist.Load(storage);
}

/** The machine in a path that leads to another one (`\\machine\share\file`); undefined for a path of this machine. */
export function machineOfPath(path: string): string | undefined {
  return /^(?:\\\\|\/\/)([^\\/?.][^\\/]*)[\\/]/.exec(path)?.[1];
}
