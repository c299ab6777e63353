import { ComError, HResult } from "../../base/index.ts";
import { IFillLockBytes, type ILockBytes, type IStorage } from "../../com/gen/objidl.ts";
import { type Implements, identityOf, pointerTo } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";
import type { ByteStore } from "../bytes/byte-store.ts";
import { FileStore } from "../bytes/file-store.ts";
import { FillStore } from "../bytes/fill-store.ts";
import { LockBytesStore } from "../bytes/lock-bytes-store.ts";
import { type OpenStorageOptions, openOnStore } from "../docfile/open.ts";
import { SharedFile } from "../docfile/session.ts";
import { StgStatus } from "../status.ts";
import { Stgm, checkRootMode } from "../stgm.ts";
import { wholeNumber } from "../stream/byte-stream.ts";

/** Bytes that somebody fills while others read (IFillLockBytes). */
class FillLockBytes implements Implements<IFillLockBytes> {
  static readonly interfaces: readonly Interface<unknown>[] = [IFillLockBytes];
  readonly store: FillStore;
  readonly #inner: ByteStore;
  /** The storage that is open in them. */
  shared: SharedFile | undefined;

  constructor(inner: ByteStore) {
    this.#inner = inner;
    this.store = new FillStore(inner);
  }

  FillAppend(pv: Uint8Array, cb: number): number {
    return this.#fill(this.store.end, pv, cb);
  }

  FillAt(ulOffset: bigint, pv: Uint8Array, cb: number): number {
    return this.#fill(wholeNumber(ulOffset), pv, cb);
  }

  #fill(at: number, pv: Uint8Array, cb: number): number {
    const bytes = pv.length === cb ? pv : pv.subarray(0, cb);
    this.store.fill(at, bytes);
    return bytes.length;
  }

  SetFillSize(ulSize: bigint): void {
    this.store.expect(wholeNumber(ulSize));
  }

  Terminate(bCanceled: number): void {
    this.store.terminate(bCanceled !== 0);
  }

  finalRelease(): void {
    this.#inner.close();
  }
}

/** A new file, or one that is emptied, to be filled while it is read (StgGetIFillLockBytesOnFile). The caller owns it. */
export function createFileFillLockBytes(path: string): IFillLockBytes {
  return pointerTo(new FillLockBytes(new FileStore(path, "w+")), IFillLockBytes);
}

/**
 * Somebody's lock bytes, to be filled while they are read (StgGetIFillLockBytesOnILockBytes); they have to answer at once. The caller owns the result,
 * which keeps a reference to the lock bytes.
 */
export async function createFillLockBytes(lockBytes: ILockBytes): Promise<IFillLockBytes> {
  const { cbSize } = await lockBytes.Stat(1);
  lockBytes.AddRef();
  return pointerTo(new FillLockBytes(new LockBytesStore(lockBytes, Number(cbSize))), IFillLockBytes);
}

/**
 * Opens a compound file that is still arriving (StgOpenAsyncDocfileOnIFillLockBytes), for reading. The caller owns the root. What asks for a part that
 * is not there yet, this function too, throws E_PENDING, and can be asked again; when the rest was canceled, STG_E_INCOMPLETE.
 */
export function openStorageOnFillLockBytes(
  fill: IFillLockBytes,
  mode: number = Stgm.READ | Stgm.SHARE_DENY_WRITE,
  options: OpenStorageOptions = {},
): IStorage {
  const { object } = identityOf(fill);
  if (!(object instanceof FillLockBytes))
    throw new ComError(HResult.E_INVALIDARG, "these are not bytes that this program fills");
  if ((mode & 3) !== Stgm.READ)
    throw new ComError(StgStatus.INVALIDFLAG, "what arrives is opened for reading");
  const checked = checkRootMode(mode, false);
  if (object.shared === undefined) {
    fill.AddRef();
    object.shared = new SharedFile(object.store, () => {
      object.shared = undefined;
      fill.Release();
    });
  }
  return openOnStore(object.shared, checked, options);
}
