import { ComError, HResult } from "../../base/index.ts";
import type { Oxid } from "../../dcom/index.ts";

/** The most threads with objects in one process. */
const mostThreads = 256;

/** Numbers kept for each thread. */
const fields = 2;

/**
 * The exporters of this process, in memory that all its threads see: whoever gets a reference knows at once whether it leads to another thread. An exporter
 * stands here before any reference to it can have been written.
 */
export class ExporterTable {
  /** To be handed to other threads. */
  readonly memory: SharedArrayBuffer;
  readonly #cells: BigInt64Array;

  constructor(memory: SharedArrayBuffer = new SharedArrayBuffer(mostThreads * fields * 8)) {
    this.memory = memory;
    this.#cells = new BigInt64Array(memory);
  }

  has(oxid: Oxid): boolean {
    return this.#find(BigInt.asIntN(64, oxid)) >= 0;
  }

  /** Answers the place. Throws RPC_S_SERVER_TOO_BUSY when there are too many threads. */
  add(oxid: Oxid): number {
    const value = BigInt.asIntN(64, oxid);
    for (let at = 0; at < this.#cells.length; at += fields) {
      if (Atomics.compareExchange(this.#cells, at, 0n, value) === 0n) return at;
    }
    throw new ComError(HResult.RPC_S_SERVER_TOO_BUSY, `more than ${mostThreads} threads with objects`, {
      gate: "threads",
    });
  }

  remove(oxid: Oxid): void {
    const at = this.#find(BigInt.asIntN(64, oxid));
    if (at < 0) return;
    Atomics.store(this.#cells, at + 1, 0n);
    Atomics.store(this.#cells, at, 0n);
  }

  /** How many objects a thread has that others hold. */
  setObjects(oxid: Oxid, count: number): void {
    const at = this.#find(BigInt.asIntN(64, oxid));
    if (at >= 0) Atomics.store(this.#cells, at + 1, BigInt(count));
  }

  objects(oxid: Oxid): number {
    const at = this.#find(BigInt.asIntN(64, oxid));
    return at < 0 ? 0 : Number(Atomics.load(this.#cells, at + 1));
  }

  /** Of all threads. */
  get total(): number {
    let sum = 0;
    for (let at = 0; at < this.#cells.length; at += fields) sum += Number(Atomics.load(this.#cells, at + 1));
    return sum;
  }

  #find(value: bigint): number {
    for (let at = 0; at < this.#cells.length; at += fields) {
      if (Atomics.load(this.#cells, at) === value) return at;
    }
    return -1;
  }
}
