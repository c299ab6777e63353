import { randomFillSync } from "node:crypto";
import { AsyncLocalStorage } from "node:async_hooks";
import { ByteReader, ByteWriter, type Guid, guidFromBytes, guidToBytes } from "../../base/index.ts";

/**
 * A causality identifier ([MS-DCOM] 1.3.5): the same for a call and for all calls made while serving it, on whatever machine. As four words,
 * because every call carries one and a text would cost more than the call's own bytes.
 */
export interface Causality {
  readonly cid0: number;
  readonly cid1: number;
  readonly cid2: number;
  readonly cid3: number;
}

/*
 * A new identifier is 12 random bytes of this process and a count: unique, and without a call into the operating system each time.
 * Words are signed 32-bit numbers, which V8 keeps without a heap object.
 */
const seed = new Int32Array(4);
randomFillSync(seed);
let count = seed[0] as number;
const seed1 = seed[1] as number;
const seed2 = seed[2] as number;
const seed3 = seed[3] as number;

/** What is being served at this moment; calls made meanwhile carry its identifier. */
let current: Causality | undefined;
/** Only made when a causality has to survive an `await`: before Node 24 a live store doubles the price of every await. */
let storage: AsyncLocalStorage<Causality> | undefined;

/** The causality calls made now belong to; undefined outside of any served call. */
export function currentCausality(): Causality | undefined {
  return current ?? storage?.getStore();
}

/** A new one, for a root call whose identifier must be known before it is written. */
export function newCausality(): Causality {
  count = (count + 1) | 0;
  return { cid0: count, cid1: seed1, cid2: seed2, cid3: seed3 };
}

/** Writes the identifier of an outgoing call: the current one, or a new one for a root call. 16 bytes; room must be reserved. */
export function writeCausality(writer: ByteWriter): void {
  const cause = current ?? storage?.getStore();
  const { view, pos } = writer;
  if (cause === undefined) {
    count = (count + 1) | 0;
    view.setInt32(pos, count, true);
    view.setInt32(pos + 4, seed1, true);
    view.setInt32(pos + 8, seed2, true);
    view.setInt32(pos + 12, seed3, true);
  } else {
    view.setInt32(pos, cause.cid0, true);
    view.setInt32(pos + 4, cause.cid1, true);
    view.setInt32(pos + 8, cause.cid2, true);
    view.setInt32(pos + 12, cause.cid3, true);
  }
  writer.pos = pos + 16;
}

/** Makes `cause` current and answers the one before, for {@link leaveCausality}. Only for synchronous stretches. */
export function enterCausality(cause: Causality): Causality | undefined {
  const before = current;
  current = cause;
  return before;
}

export function leaveCausality(before: Causality | undefined): void {
  current = before;
}

/**
 * Whose causality survives `await`. `wanted` is set where single-threaded apartments may be among those who wait: then that of every call served in this thread
 * does, or a call-back made after one would be a stranger to the apartment that waits for it. `whereAsync`: that of methods known to answer promises, where all
 * others pay nothing for it.
 */
export const lasting: { wanted: boolean; whereAsync: boolean } = {
  wanted: false,
  whereAsync: storesAreCheap(process.versions.node, process.execArgv),
};

/** Whether an AsyncLocalStorage costs nothing where it is not used (AsyncContextFrame): from Node 24 on. */
export function storesAreCheap(version: string, flags: readonly string[]): boolean {
  const major = Number.parseInt(version, 10);
  return major >= 24
    ? !flags.includes("--no-async-context-frame")
    : flags.includes("--experimental-async-context-frame");
}

/** Runs a call so that its causality survives `await` (single-threaded apartments let related calls in while they wait). */
export function withLastingCausality<T>({ cid0, cid1, cid2, cid3 }: Causality, run: () => T): T {
  storage ??= new AsyncLocalStorage();
  // A copy: what a store holds lives as long as any timer or socket that was made meanwhile.
  return storage.run({ cid0, cid1, cid2, cid3 }, run);
}

/** The logical thread of the running code (CoGetCurrentLogicalThreadId): the causality of its calls, which from now on stays over `await`. */
export function logicalThreadId(): Guid {
  const cause = currentCausality() ?? newCausality();
  keep(cause);
  return causalityGuid(cause);
}

/** From now on the calls of the running chain belong to this logical thread (IComThreadingInfo::SetCurrentLogicalThreadId). */
export function setLogicalThreadId(id: Guid): void {
  const reader = new ByteReader(guidToBytes(id));
  const [cid0, cid1, cid2, cid3] = [reader.u32() | 0, reader.u32() | 0, reader.u32() | 0, reader.u32() | 0];
  keep({ cid0, cid1, cid2, cid3 });
}

function keep(cause: Causality): void {
  lasting.wanted = true; // what is served next must not inherit it
  storage ??= new AsyncLocalStorage();
  storage.enterWith(cause);
  if (current !== undefined) current = cause;
}

/** Whether a chain of calls began in this thread. */
export function beganHere(causality: Guid): boolean {
  const writer = new ByteWriter(16);
  for (const word of [0, seed1, seed2, seed3]) writer.u32(word >>> 0);
  // The first word is the count; in the text it is the first eight digits.
  return causality.slice(8) === guidFromBytes(writer.bytes).slice(8);
}

/** The text form. */
export function causalityGuid(cause: Causality): Guid {
  const writer = new ByteWriter(16);
  const words = [cause.cid0, cause.cid1, cause.cid2, cause.cid3];
  for (const word of words) writer.u32(word >>> 0);
  return guidFromBytes(writer.bytes);
}
