import { ComError, GUID_NULL, HResult } from "../../base/index.ts";
import { IStream, type STATSTG, STGTY, STREAM_SEEK } from "../gen/objidl.ts";
import { pointerTo } from "../pointers.ts";
import type { Implements } from "../unknown.ts";

/** STG_E_INVALIDFUNCTION, STG_E_MEDIUMFULL ([MS-ERREF] 2.1.1). */
const invalidFunction = 0x80030001;
const mediumFull = 0x80030070;

/** Bytes that several streams share. */
interface Shared {
  bytes: Uint8Array;
  length: number;
}

/** A stream in memory: what CreateStreamOnHGlobal makes. Not locked, not transacted. */
export class MemoryStream implements Implements<IStream> {
  static readonly interfaces: readonly [typeof IStream] = [IStream];
  readonly #shared: Shared;
  readonly #limit: number;
  #at = 0;

  /** `limit`: the most bytes it takes. The bytes given are copied. */
  constructor(bytes: Uint8Array | Shared = new Uint8Array(0), limit: number = 64 * 1024 * 1024) {
    this.#shared = bytes instanceof Uint8Array ? { bytes: bytes.slice(), length: bytes.length } : bytes;
    this.#limit = limit;
  }

  /** Everything in it, as a view. */
  get bytes(): Uint8Array {
    return this.#shared.bytes.subarray(0, this.#shared.length);
  }

  /** A view of at most `cb` bytes from the place of the stream on. */
  Read(cb: number): { pv: Uint8Array; pcbRead: number } {
    const end = Math.min(this.#shared.length, this.#at + Math.max(0, cb));
    const pv = this.#shared.bytes.subarray(Math.min(this.#at, end), end);
    this.#at += pv.length;
    return { pv, pcbRead: pv.length };
  }

  Write(pv: Uint8Array, cb: number = pv.length): number {
    const data = pv.subarray(0, cb);
    this.#room(this.#at + data.length);
    const { bytes, length } = this.#shared;
    if (this.#at > length) bytes.fill(0, length, this.#at);
    bytes.set(data, this.#at);
    this.#at += data.length;
    this.#shared.length = Math.max(this.#shared.length, this.#at);
    return data.length;
  }

  Seek(dlibMove: bigint, dwOrigin: number): bigint {
    const base = { [STREAM_SEEK.STREAM_SEEK_SET]: 0, [STREAM_SEEK.STREAM_SEEK_CUR]: this.#at }[dwOrigin];
    const from = dwOrigin === STREAM_SEEK.STREAM_SEEK_END ? this.#shared.length : base;
    const to = from === undefined ? -1 : from + Number(dlibMove);
    if (to < 0) throw new ComError(invalidFunction, "there is no such place in the stream");
    this.#at = to;
    return BigInt(to);
  }

  SetSize(libNewSize: bigint): void {
    const size = Number(libNewSize);
    this.#room(size);
    const { bytes, length } = this.#shared;
    if (size > length) bytes.fill(0, length, size);
    this.#shared.length = size;
  }

  async CopyTo(pstm: IStream | null, cb: bigint): Promise<{ pcbRead: bigint; pcbWritten: bigint }> {
    if (pstm === null) throw new ComError(HResult.E_POINTER, "there is no stream to copy to");
    const left = Math.max(0, this.#shared.length - this.#at);
    const { pv } = this.Read(cb > BigInt(left) ? left : Number(cb));
    const written = await pstm.Write(pv, pv.length);
    return { pcbRead: BigInt(pv.length), pcbWritten: BigInt(written) };
  }

  Commit(): void {}

  Revert(): void {}

  LockRegion(): void {
    throw new ComError(invalidFunction, "a stream in memory has no locks");
  }

  UnlockRegion(): void {
    throw new ComError(invalidFunction, "a stream in memory has no locks");
  }

  Stat(): STATSTG {
    const never = { dwLowDateTime: 0, dwHighDateTime: 0 };
    return {
      pwcsName: null,
      type: STGTY.STGTY_STREAM,
      cbSize: BigInt(this.#shared.length),
      mtime: never,
      ctime: never,
      atime: never,
      grfMode: 2,
      grfLocksSupported: 0,
      clsid: GUID_NULL,
      grfStateBits: 0,
      reserved: 0,
    };
  }

  /** Another place in the same bytes. The caller owns the pointer. */
  Clone(): IStream {
    const clone = new MemoryStream(this.#shared, this.#limit);
    clone.#at = this.#at;
    return pointerTo(clone, IStream);
  }

  #room(size: number): void {
    if (size > this.#limit) {
      throw new ComError(mediumFull, `the stream takes ${this.#limit} bytes, not ${size}`);
    }
    const { bytes } = this.#shared;
    if (size <= bytes.length) return;
    const more = new Uint8Array(Math.max(size, bytes.length * 2, 256));
    more.set(bytes.subarray(0, this.#shared.length));
    this.#shared.bytes = more;
  }
}
