import { ComError } from "../../base/index.ts";
import type { ILockBytes, IStorage } from "../../com/gen/objidl.ts";
import { identityOf, isPointer, remoteObjectOf } from "../../com/index.ts";
import { ImageStore, LockBytesStore } from "../bytes/lock-bytes-store.ts";
import { hasSignature } from "../cfb/header.ts";
import { storageLimits } from "../limits.ts";
import { StgStatus } from "../status.ts";
import { Stgm, checkRootMode } from "../stgm.ts";
import { type CreateStorageOptions, type OpenStorageOptions, createOnStore, openOnStore } from "./open.ts";
import { SharedFile, type StorageOptions } from "./session.ts";

/** The lock bytes this process has a storage on, by who they are. */
const openLockBytes = new Map<unknown, Promise<SharedFile>>();

/** What is the same for two pointers to one object. */
function identityKey(pointer: object): unknown {
  const remote = isPointer(pointer) ? remoteObjectOf(pointer) : undefined;
  return remote === undefined ? identityOf(pointer) : remote.identity;
}

function share(lockBytes: ILockBytes, options: StorageOptions): Promise<SharedFile> {
  const key = identityKey(lockBytes);
  let shared = openLockBytes.get(key);
  if (shared === undefined) {
    const forget = (): void => void openLockBytes.delete(key);
    shared = load(lockBytes, options, forget);
    openLockBytes.set(key, shared);
    shared.catch(forget);
  }
  return shared;
}

async function load(lockBytes: ILockBytes, options: StorageOptions, forget: () => void): Promise<SharedFile> {
  lockBytes.AddRef();
  try {
    const stat = lockBytes.Stat(1);
    const size = Number((await stat).cbSize);
    const limit = options.limits?.maxImageBytes ?? storageLimits.maxImageBytes;
    const probe = lockBytes.ReadAt(0n, 1);
    await probe;
    const later = stat instanceof Promise || probe instanceof Promise;
    const store = later ? await ImageStore.load(lockBytes, size, limit) : new LockBytesStore(lockBytes, size);
    return new SharedFile(store, forget);
  } catch (error) {
    lockBytes.Release();
    throw ComError.from(error, StgStatus.READFAULT);
  }
}

/**
 * Opens the compound file in somebody's lock bytes (StgOpenStorageOnILockBytes). The caller owns the root, which keeps a reference to the lock bytes;
 * theirs stays the caller's. Lock bytes that answer later (elsewhere) are held in memory as a whole, and changes sent in their order.
 */
export async function openStorageOnLockBytes(
  lockBytes: ILockBytes,
  mode: number = Stgm.READ | Stgm.SHARE_DENY_WRITE,
  options: OpenStorageOptions = {},
): Promise<IStorage> {
  const checked = checkRootMode(mode, false);
  return openOnStore(await share(lockBytes, options), checked, options);
}

/**
 * Creates a compound file in somebody's lock bytes (StgCreateDocfileOnILockBytes); what they held is gone, unless the mode says CONVERT; in
 * transacted mode it stays until the first commit, which writes it over.
 */
export async function createStorageOnLockBytes(
  lockBytes: ILockBytes,
  mode: number = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE | Stgm.CREATE,
  options: CreateStorageOptions = {},
): Promise<IStorage> {
  const checked = checkRootMode(mode, true);
  const shared = await share(lockBytes, options);
  if (shared.users > 0) {
    throw new ComError(StgStatus.SHAREVIOLATION, "there is a storage open in these lock bytes", {
      gate: "storage sharing",
    });
  }
  const storage = createOnStore(shared, checked, options);
  try {
    await shared.store.drain?.();
  } catch (error) {
    storage.Release();
    throw error;
  }
  return storage;
}

/** Whether lock bytes hold a compound file (StgIsStorageILockBytes). */
export async function isStorageLockBytes(lockBytes: ILockBytes): Promise<boolean> {
  const { pv, pcbRead } = await lockBytes.ReadAt(0n, 8);
  return hasSignature(pv.subarray(0, pcbRead));
}
