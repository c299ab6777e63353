import { ComError, GUID_NULL, HResult } from "../base/index.ts";
import { IStream, type STATSTG, STGTY, STREAM_SEEK } from "../com/gen/objidl.ts";
import { type Implements, withStatus } from "../com/index.ts";

const STG_E_INVALIDFUNCTION = 0x80030001;
const STG_E_MEDIUMFULL = 0x80030070;
const noTime = { dwLowDateTime: 0, dwHighDateTime: 0 };

/** Bytes shared by the clones of a stream. */
interface Memory {
  bytes: Uint8Array;
  length: number;
}

/** A stream in memory (CreateStreamOnHGlobal): what monikers are saved to and loaded from. */
export class MemoryStream implements Implements<IStream> {
  static readonly interfaces: readonly [typeof IStream] = [IStream];
  readonly #memory: Memory;
  readonly #limit: number;
  #at = 0;

  /** `limit`: the largest size, bytes. */
  constructor(bytes: Uint8Array = new Uint8Array(0), limit: number = 64 * 1024 * 1024) {
    this.#memory = { bytes: bytes.slice(), length: bytes.length };
    this.#limit = limit;
  }

  /** What is in it. */
  get content(): Uint8Array {
    return this.#memory.bytes.slice(0, this.#memory.length);
  }

  Read(cb: number): { pv: Uint8Array; pcbRead: number } {
    const pv = this.#memory.bytes.slice(this.#at, Math.min(this.#memory.length, this.#at + cb));
    this.#at += pv.length;
    return pv.length < cb
      ? withStatus(HResult.S_FALSE, { pv, pcbRead: pv.length })
      : { pv, pcbRead: pv.length };
  }

  Write(pv: Uint8Array, cb: number): number {
    const data = pv.subarray(0, cb);
    this.#grow(this.#at + data.length);
    this.#memory.bytes.set(data, this.#at);
    this.#at += data.length;
    this.#memory.length = Math.max(this.#memory.length, this.#at);
    return data.length;
  }

  Seek(dlibMove: bigint, dwOrigin: number): bigint {
    const { STREAM_SEEK_SET, STREAM_SEEK_CUR, STREAM_SEEK_END } = STREAM_SEEK;
    const bases: Readonly<Record<number, number>> = {
      [STREAM_SEEK_SET]: 0,
      [STREAM_SEEK_CUR]: this.#at,
      [STREAM_SEEK_END]: this.#memory.length,
    };
    const base = bases[dwOrigin];
    if (base === undefined)
      throw new ComError(STG_E_INVALIDFUNCTION, `${dwOrigin} is no origin to seek from`);
    const to = base + Number(dlibMove);
    if (to < 0) throw new ComError(STG_E_INVALIDFUNCTION, "a stream has nothing before its beginning");
    this.#at = to;
    return BigInt(to);
  }

  SetSize(libNewSize: bigint): void {
    const size = Number(libNewSize);
    this.#grow(size);
    this.#memory.bytes.fill(0, Math.min(size, this.#memory.length), Math.max(size, this.#memory.length));
    this.#memory.length = size;
  }

  async CopyTo(pstm: IStream | null, cb: bigint): Promise<{ pcbRead: bigint; pcbWritten: bigint }> {
    if (pstm === null) throw new ComError(HResult.E_POINTER);
    const { pv, pcbRead } = this.#take(cb);
    const written = await pstm.Write(pv, pcbRead);
    return { pcbRead: BigInt(pcbRead), pcbWritten: BigInt(written) };
  }

  Commit(): void {}

  Revert(): void {}

  LockRegion(): void {
    throw new ComError(STG_E_INVALIDFUNCTION, "a stream in memory has no locks");
  }

  UnlockRegion(): void {
    throw new ComError(STG_E_INVALIDFUNCTION, "a stream in memory has no locks");
  }

  Stat(): STATSTG {
    return {
      pwcsName: null,
      type: STGTY.STGTY_STREAM,
      cbSize: BigInt(this.#memory.length),
      mtime: noTime,
      ctime: noTime,
      atime: noTime,
      grfMode: 2,
      grfLocksSupported: 0,
      clsid: GUID_NULL,
      grfStateBits: 0,
      reserved: 0,
    };
  }

  Clone(): IStream {
    throw new ComError(HResult.E_NOTIMPL, "a stream of names is not cloned");
  }

  #take(cb: bigint): { pv: Uint8Array; pcbRead: number } {
    const rest = Math.max(0, this.#memory.length - this.#at);
    const count = cb > BigInt(rest) ? rest : Number(cb);
    const pv = this.#memory.bytes.slice(this.#at, this.#at + count);
    this.#at += count;
    return { pv, pcbRead: count };
  }

  #grow(size: number): void {
    if (size > this.#limit)
      throw new ComError(STG_E_MEDIUMFULL, `a stream in memory holds ${this.#limit} bytes`);
    const { bytes } = this.#memory;
    if (size <= bytes.length) return;
    const more = new Uint8Array(Math.max(size, bytes.length * 2, 64));
    more.set(bytes);
    this.#memory.bytes = more;
  }
}
