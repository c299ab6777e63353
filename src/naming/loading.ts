import { ByteReader, ComError, type Guid, HResult } from "../base/index.ts";
import type { IStream } from "../com/gen/objidl.ts";
import type { IMoniker } from "../com/gen/objidl.ts";

/*
 * Reading persisted monikers, written once for bytes in memory and for streams elsewhere: a loader is a generator that asks for bytes, and for monikers of
 * classes that are not the system's.
 */

/** What a loader waits for: so many bytes, or a moniker of this class, loaded from the stream. */
type Wanted = number | ForeignMoniker;

/** A moniker of a class that is not the system's: saved, or as it was marshaled by its own IMarshal. */
export interface ForeignMoniker {
  readonly clsid: Guid;
  readonly marshaled: boolean;
}

export type Loading<T> = Generator<Wanted, T, Uint8Array | IMoniker>;

export function* bytes(count: number, limit: number): Loading<Uint8Array> {
  if (count > limit) throw bad(`${count} bytes of text or data, ${limit} are allowed`);
  return count === 0 ? new Uint8Array(0) : ((yield count) as Uint8Array);
}

function* reader(count: number): Loading<ByteReader> {
  return new ByteReader((yield count) as Uint8Array);
}

export function* u16(): Loading<number> {
  return (yield* reader(2)).u16();
}

export function* u32(): Loading<number> {
  return (yield* reader(4)).u32();
}

export function* guidOf(): Loading<Guid> {
  return (yield* reader(16)).guid();
}

export function* foreign(clsid: Guid, marshaled = false): Loading<IMoniker> {
  return (yield { clsid, marshaled }) as IMoniker;
}

/** Throws what a persisted moniker that cannot be right is refused with. */
export function bad(message: string): ComError {
  return new ComError(HResult.E_INVALIDARG, `a persisted moniker: ${message}`);
}

/** Runs a loader over bytes in memory, at once. Throws E_NOTIMPL when another's class has to be loaded. */
export function loadFromBytes<T>(source: Uint8Array, loading: Loading<T>): T {
  let at = 0;
  let step = loading.next();
  while (step.done !== true) {
    const wanted = step.value;
    // A failure goes through the loader, which gives back what it has loaded by then.
    if (typeof wanted !== "number") step = loading.throw(takesTime(wanted));
    else if (wanted > source.length - at) step = loading.throw(bad("it is cut off"));
    else step = loading.next(source.slice(at, (at += wanted)));
  }
  return step.value;
}

/** Runs a loader over a stream; `load` makes monikers of other classes from it. */
export async function loadFromStream<T>(
  stream: IStream,
  loading: Loading<T>,
  load: (wanted: ForeignMoniker) => Promise<IMoniker>,
): Promise<T> {
  let step = loading.next();
  while (step.done !== true) {
    const wanted = step.value;
    let got: Uint8Array | IMoniker | undefined;
    let failure: unknown;
    try {
      got = typeof wanted === "number" ? await readAll(stream, wanted) : await load(wanted);
    } catch (error) {
      failure = error;
    }
    step = got === undefined ? loading.throw(failure) : loading.next(got);
  }
  return step.value;
}

function takesTime({ clsid }: ForeignMoniker): ComError {
  return new ComError(HResult.E_NOTIMPL, `a moniker of the class {${clsid}} takes time to be loaded`);
}

async function readAll(stream: IStream, count: number): Promise<Uint8Array> {
  const first = await stream.Read(count);
  if (first.pcbRead === count) return first.pv;
  const all = new Uint8Array(count);
  let at = 0;
  for (let part = first; ; part = await stream.Read(count - at)) {
    if (part.pcbRead === 0) throw bad("it is cut off");
    all.set(part.pv.subarray(0, part.pcbRead), at);
    at += part.pcbRead;
    if (at === count) return all;
  }
}
