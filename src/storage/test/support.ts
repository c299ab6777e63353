import { ILockBytes, type IStorage, type IStream, type STATSTG } from "../../com/gen/objidl.ts";
import { type Implements, pointerTo } from "../../com/index.ts";
import { ComError, ManualClock } from "../../base/index.ts";
import type { Interface } from "../../ndr/index.ts";
import { Stgm, Stgty, StgStatus, readAll } from "../index.ts";

export const X: number = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;
export const T: number = X | Stgm.TRANSACTED;
export const R: number = Stgm.READ | Stgm.SHARE_EXCLUSIVE;

/** Time that stands still, so that bytes can be compared. */
export const clock: ManualClock = new ManualClock(Date.UTC(2001, 1, 3));

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

/** Bytes that tell where they are from. */
export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let at = seed * 2654435761;
  for (let i = 0; i < length; i++) {
    at = (at * 1103515245 + 12345) & 0x7fffffff;
    bytes[i] = at >> 16;
  }
  return bytes;
}

export async function put(storage: IStorage, name: string, bytes: Uint8Array): Promise<void> {
  using stream = (await storage.CreateStream(name, X | Stgm.CREATE, 0, 0)) as IStream;
  await stream.Write(bytes, bytes.length);
}

export async function get(storage: IStorage, name: string): Promise<Uint8Array> {
  using stream = (await storage.OpenStream(name, 0, null, R, 0)) as IStream;
  return await readAll(stream);
}

export async function elements(storage: IStorage): Promise<STATSTG[]> {
  using list = await storage.EnumElements(0, 0, null, 0);
  const all: STATSTG[] = [];
  for (;;) {
    const { rgelt, pceltFetched } = (await list?.Next(100)) ?? { rgelt: [], pceltFetched: 0 };
    if (pceltFetched === 0) return all;
    all.push(...rgelt);
  }
}

/** Everything in a storage, as text: what two of them are compared by. */
export async function dump(storage: IStorage, indent = ""): Promise<string> {
  const stat = await storage.Stat(1);
  const lines = [`${indent}. ${stat.clsid} ${stat.grfStateBits}`];
  const list = await elements(storage);
  list.sort((a, b) => ((a.pwcsName ?? "") < (b.pwcsName ?? "") ? -1 : 1));
  for (const { pwcsName, type } of list) {
    const name = pwcsName ?? "";
    if (type === Stgty.STREAM) {
      lines.push(`${indent}${name} ${Buffer.from(await get(storage, name)).toString("base64")}`);
    } else {
      using child = (await storage.OpenStorage(name, null, R, null, 0)) as IStorage;
      lines.push(`${indent}${name}/`, await dump(child, `${indent}  `));
    }
  }
  return lines.join("\n");
}

export function status(code: number): (error: unknown) => boolean {
  return (error) => error instanceof ComError && error.code === code;
}

/** What may happen to the n-th thing done to a medium. */
export interface Fault {
  /** The number of the operation, from 1. */
  readonly at: number;
  /** Bytes of the failing write that arrive all the same. */
  readonly arrives?: number;
  /** Everything after fails too, as when the machine stopped; otherwise only this one. */
  readonly stops: boolean;
}

/** Lock bytes over memory that fail when told to, and know what was durable when. */
export class TestBytes implements Implements<ILockBytes> {
  static readonly interfaces: readonly Interface<unknown>[] = [ILockBytes];
  bytes: Uint8Array;
  operations = 0;
  fault: Fault | undefined;
  /** What stood here at the last flush, and what was written since. */
  durable: Uint8Array;
  since: { readonly at: number; readonly bytes: Uint8Array | number }[] = [];
  readonly later: boolean;

  constructor(bytes: Uint8Array = new Uint8Array(0), later = false) {
    this.bytes = bytes.slice();
    this.durable = bytes.slice();
    this.later = later;
  }

  pointer(): ILockBytes {
    return pointerTo(this, ILockBytes);
  }

  #answer<T>(value: T): T {
    return this.later ? (Promise.resolve(value) as T) : value;
  }

  #step(): { readonly fails: boolean; readonly arrives: number } {
    this.operations++;
    const { fault } = this;
    if (fault === undefined || this.operations < fault.at) return { fails: false, arrives: 0 };
    if (this.operations > fault.at) return { fails: fault.stops, arrives: 0 };
    return { fails: true, arrives: fault.arrives ?? 0 };
  }

  ReadAt(ulOffset: bigint, cb: number): { pv: Uint8Array; pcbRead: number } {
    const pv = this.bytes.slice(Number(ulOffset), Number(ulOffset) + cb);
    return this.#answer({ pv, pcbRead: pv.length });
  }

  WriteAt(ulOffset: bigint, pv: Uint8Array, cb: number): number {
    const { fails, arrives } = this.#step();
    this.#write(Number(ulOffset), pv.subarray(0, fails ? arrives : cb));
    if (fails) throw new ComError(StgStatus.WRITEFAULT, "the medium failed");
    return this.#answer(cb);
  }

  #write(at: number, bytes: Uint8Array): void {
    if (bytes.length === 0) return;
    this.since.push({ at, bytes: bytes.slice() });
    this.bytes = applied(this.bytes, at, bytes);
  }

  SetSize(cb: bigint): void {
    if (this.#step().fails) throw new ComError(StgStatus.MEDIUMFULL, "the medium failed");
    this.since.push({ at: 0, bytes: Number(cb) });
    this.bytes = resized(this.bytes, Number(cb));
    return this.#answer(undefined);
  }

  Flush(): void {
    if (this.#step().fails) throw new ComError(StgStatus.WRITEFAULT, "the medium failed");
    this.durable = this.bytes.slice();
    this.since = [];
    return this.#answer(undefined);
  }

  /** What may stand on the medium after power was lost: what was durable, and any of what was written since. */
  afterPowerLoss(choose: () => number): Uint8Array {
    let bytes: Uint8Array = this.durable.slice();
    for (const change of this.since) {
      const luck = choose();
      if (luck < 0.4) continue;
      if (typeof change.bytes === "number") bytes = resized(bytes, change.bytes);
      else {
        const length = luck < 0.6 ? Math.floor(choose() * change.bytes.length) : change.bytes.length;
        bytes = applied(bytes, change.at, change.bytes.subarray(0, length));
      }
    }
    return bytes;
  }

  LockRegion(): void {
    throw new ComError(StgStatus.INVALIDFUNCTION, "no locks");
  }

  UnlockRegion(): void {
    throw new ComError(StgStatus.INVALIDFUNCTION, "no locks");
  }

  Stat(): STATSTG {
    const zero = { dwLowDateTime: 0, dwHighDateTime: 0 };
    return this.#answer({
      pwcsName: null,
      type: Stgty.LOCKBYTES,
      cbSize: BigInt(this.bytes.length),
      mtime: zero,
      ctime: zero,
      atime: zero,
      grfMode: Stgm.READWRITE,
      grfLocksSupported: 0,
      clsid: "00000000-0000-0000-0000-000000000000" as STATSTG["clsid"],
      grfStateBits: 0,
      reserved: 0,
    });
  }
}

function resized(bytes: Uint8Array, size: number): Uint8Array {
  const made = new Uint8Array(size);
  made.set(bytes.subarray(0, size));
  return made;
}

function applied(bytes: Uint8Array, at: number, piece: Uint8Array): Uint8Array {
  const made = at + piece.length > bytes.length ? resized(bytes, at + piece.length) : bytes;
  made.set(piece, at);
  return made;
}

/** Numbers below 1 that come again under the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x1_0000_0000;
  };
}
