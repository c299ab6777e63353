import { ComError, filetimeOf } from "../../base/index.ts";
import { ILockBytes, type STATSTG } from "../../com/gen/objidl.ts";
import { type Implements, identityOf, isPointer, pointerTo, remoteObjectOf } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";
import type { ByteStore } from "../bytes/byte-store.ts";
import { FileStore } from "../bytes/file-store.ts";
import { MemoryStore } from "../bytes/memory-store.ts";
import { storageLimits } from "../limits.ts";
import { claimsOn } from "../share/claims.ts";
import { Stgty, makeStat, noName } from "../stat.ts";
import { StgStatus, accessDenied } from "../status.ts";
import { Stgm } from "../stgm.ts";
import { wholeNumber } from "../stream/byte-stream.ts";
import { LockType, RegionLocks } from "./locks.ts";

/** Bytes with an address (ILockBytes): a file's, or in memory. */
class LockBytes implements Implements<ILockBytes> {
  static readonly interfaces: readonly Interface<unknown>[] = [ILockBytes];
  readonly store: ByteStore;
  readonly #locks: RegionLocks | undefined;
  readonly #writable: boolean;

  constructor(store: ByteStore, locks: RegionLocks | undefined) {
    this.store = store;
    this.#locks = locks;
    this.#writable = !(store instanceof FileStore) || store.writable;
  }

  ReadAt(ulOffset: bigint, cb: number): { pv: Uint8Array; pcbRead: number } {
    const at = wholeNumber(ulOffset);
    this.#locks?.check(this, ulOffset, cb, false);
    const pv = new Uint8Array(Math.min(cb, storageLimits.maxReadBytes, Math.max(0, this.store.size - at)));
    const pcbRead = this.store.read(at, pv);
    return { pv: pcbRead === pv.length ? pv : pv.subarray(0, pcbRead), pcbRead };
  }

  WriteAt(ulOffset: bigint, pv: Uint8Array, cb: number): number {
    this.#needWrite();
    this.#locks?.check(this, ulOffset, cb, true);
    const bytes = pv.length === cb ? pv : pv.subarray(0, cb);
    const at = wholeNumber(ulOffset);
    if (at + bytes.length > storageLimits.maxStreamBytes) throw new ComError(StgStatus.MEDIUMFULL);
    this.store.write(at, bytes);
    return bytes.length;
  }

  #needWrite(): void {
    if (!this.#writable) throw accessDenied("the file was opened for reading");
  }

  Flush(): void {
    this.store.flush();
  }

  SetSize(cb: bigint): void {
    this.#needWrite();
    const size = wholeNumber(cb);
    if (size > storageLimits.maxStreamBytes) throw new ComError(StgStatus.MEDIUMFULL);
    this.store.setSize(size);
  }

  LockRegion(libOffset: bigint, cb: bigint, dwLockType: number): void {
    this.#needLocks().lock(this, libOffset, cb, dwLockType);
  }

  UnlockRegion(libOffset: bigint, cb: bigint, dwLockType: number): void {
    this.#needLocks().unlock(this, libOffset, cb, dwLockType);
  }

  #needLocks(): RegionLocks {
    if (this.#locks === undefined)
      throw new ComError(StgStatus.INVALIDFUNCTION, "bytes in memory have no locks");
    return this.#locks;
  }

  Stat(grfStatFlag: number): STATSTG {
    const { store } = this;
    const file = store instanceof FileStore ? store : undefined;
    const times = file?.times;
    return makeStat({
      name: grfStatFlag === noName ? null : (file?.path ?? null),
      type: Stgty.LOCKBYTES,
      size: store.size,
      mode: this.#writable ? Stgm.READWRITE : Stgm.READ,
      locks: this.#locks === undefined ? 0 : LockType.WRITE | LockType.EXCLUSIVE | LockType.ONLYONCE,
      ...(times === undefined
        ? {}
        : {
            modified: filetimeOf(times.modified),
            created: filetimeOf(times.created),
            accessed: filetimeOf(times.accessed),
          }),
    });
  }

  finalRelease(): void {
    this.#locks?.release(this);
    this.store.close();
  }
}

/** Lock bytes in memory; the caller owns them (CreateILockBytesOnHGlobal). `bytes` are taken over. */
export function createMemoryLockBytes(bytes: Uint8Array = new Uint8Array(0)): ILockBytes {
  return pointerTo(new LockBytes(new MemoryStore(bytes), undefined), ILockBytes);
}

/** Our own lock bytes behind a pointer, when they are in this apartment. */
function lockBytesBehind(pointer: object): LockBytes | undefined {
  if (isPointer(pointer) && remoteObjectOf(pointer) !== undefined) return undefined;
  const { object } = identityOf(pointer);
  return object instanceof LockBytes ? object : undefined;
}

/** The bytes of lock bytes made by {@link createMemoryLockBytes}, a copy (GetHGlobalFromILockBytes). Throws E_INVALIDARG for others. */
export function bytesOfLockBytes(lockBytes: object): Uint8Array {
  const found = lockBytesBehind(lockBytes)?.store;
  if (found instanceof MemoryStore) return found.bytes.slice();
  throw new ComError(StgStatus.INVALIDPARAMETER, "these lock bytes are not in this program's memory");
}

/** The locks of the files of this process, by device and inode. */
const fileLocks = new Map<string, WeakRef<RegionLocks>>();

/**
 * A file as lock bytes; the caller owns them. `mode` is STGM_READ or STGM_READWRITE, with STGM_CREATE to make it empty. Its locks hold for whoever
 * opens the file so in this process, and in the others of the machine (`home`, as in StorageOptions).
 */
export function openFileLockBytes(path: string, mode: number = Stgm.READ, home?: string): ILockBytes {
  const flags = (mode & 3) === Stgm.READ ? "r" : (mode & Stgm.CREATE) !== 0 ? "w+" : "r+";
  const store = new FileStore(path, flags);
  const key = store.identity;
  let locks = fileLocks.get(key)?.deref();
  if (locks === undefined) fileLocks.set(key, new WeakRef((locks = new RegionLocks(claimsOn(key, home)))));
  return pointerTo(new LockBytes(store, locks), ILockBytes);
}
