import { ComError, HResult } from "../../base/index.ts";
import { IStream, type ISequentialStream, type STATSTG } from "../../com/gen/objidl.ts";
import type { Implements } from "../../com/index.ts";
import type { Awaitable, Interface } from "../../ndr/index.ts";
import { storageLimits } from "../limits.ts";
import { StgStatus, accessDenied } from "../status.ts";
import { copyStream } from "./copy.ts";

/** Where `Seek` counts from (STREAM_SEEK). */
export const SeekOrigin = { SET: 0, CUR: 1, END: 2 } as const;

/** Bytes with a place in them: what is common to streams, whatever the bytes lie in. ([MS-COM], IStream) */
export abstract class ByteStream implements Implements<IStream>, Implements<ISequentialStream> {
  static readonly interfaces: readonly Interface<unknown>[] = [IStream];
  protected position = 0;
  readonly #reads: boolean;
  readonly #writes: boolean;

  constructor(reads: boolean, writes: boolean) {
    this.#reads = reads;
    this.#writes = writes;
  }

  protected abstract readonly length: number;
  protected abstract readAt(at: number, into: Uint8Array): number;
  protected abstract writeAt(at: number, bytes: Uint8Array): void;
  protected abstract resize(size: number): void;
  /** Throws when the stream cannot be used any more. */
  protected abstract check(): void;
  abstract Stat(grfStatFlag: number): Awaitable<STATSTG>;
  abstract Clone(): Awaitable<IStream | null>;
  abstract Commit(grfCommitFlags: number): Awaitable<void>;
  abstract Revert(): Awaitable<void>;

  /** What a method answers once the bytes have arrived where they belong. */
  protected settle<T>(value: T): Awaitable<T> {
    return value;
  }

  #needRead(): void {
    this.check();
    if (!this.#reads) throw accessDenied("the stream was not opened for reading");
  }

  #needWrite(): void {
    this.check();
    if (!this.#writes) throw accessDenied("the stream was not opened for writing");
  }

  /** At most as many bytes as the limit of one answer says; fewer at the end. */
  Read(cb: number): Awaitable<{ pv: Uint8Array; pcbRead: number }> {
    this.#needRead();
    const count = Math.min(cb >>> 0, storageLimits.maxReadBytes, Math.max(0, this.length - this.position));
    const pv = room(count);
    const pcbRead = this.readAt(this.position, pv);
    this.position += pcbRead;
    return { pv: pcbRead === count ? pv : pv.subarray(0, pcbRead), pcbRead };
  }

  Write(pv: Uint8Array, cb: number): Awaitable<number> {
    this.#needWrite();
    const bytes = cb === pv.length ? pv : pv.subarray(0, cb);
    this.writeAt(this.position, bytes);
    this.position += bytes.length;
    return this.settle(bytes.length);
  }

  Seek(dlibMove: bigint, dwOrigin: number): Awaitable<bigint> {
    this.check();
    const from = dwOrigin === SeekOrigin.SET ? 0 : dwOrigin === SeekOrigin.CUR ? this.position : this.length;
    const target = Number(dlibMove) + from;
    if (dwOrigin > SeekOrigin.END || target < 0 || !Number.isSafeInteger(target)) {
      throw new ComError(StgStatus.INVALIDFUNCTION, `cannot seek to ${target}`);
    }
    this.position = target;
    return BigInt(target);
  }

  SetSize(libNewSize: bigint): Awaitable<void> {
    this.#needWrite();
    const size = Number(libNewSize);
    if (!Number.isSafeInteger(size))
      throw new ComError(StgStatus.MEDIUMFULL, `${libNewSize} bytes are too many`);
    this.resize(size);
    return this.settle(undefined);
  }

  /** Copies from here on, at most `cb` bytes, into another stream, wherever that is. */
  CopyTo(pstm: IStream | null, cb: bigint): Awaitable<{ pcbRead: bigint; pcbWritten: bigint }> {
    this.#needRead();
    if (pstm === null) throw new ComError(StgStatus.INVALIDPOINTER, "there is no stream to copy to");
    return copyStream(this, pstm, cb);
  }

  LockRegion(_libOffset: bigint, _cb: bigint, _dwLockType: number): Awaitable<void> {
    throw new ComError(StgStatus.INVALIDFUNCTION, "this stream has no locks: ILockBytes has");
  }

  UnlockRegion(_libOffset: bigint, _cb: bigint, _dwLockType: number): Awaitable<void> {
    throw new ComError(StgStatus.INVALIDFUNCTION, "this stream has no locks: ILockBytes has");
  }
}

/** Bytes that will all be written: `readAt` answers only with what was there. Large ones are not zeroed before. */
function room(count: number): Uint8Array {
  if (count < 4096) return new Uint8Array(count);
  const { buffer } = Buffer.allocUnsafeSlow(count);
  return new Uint8Array(buffer, 0, count);
}

/** Throws E_INVALIDARG for what is not a whole number of bytes. */
export function wholeNumber(value: bigint): number {
  const number = Number(value);
  if (number >= 0 && Number.isSafeInteger(number)) return number;
  throw new ComError(HResult.E_INVALIDARG, `${value} is not an offset`);
}
