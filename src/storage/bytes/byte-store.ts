import type { ComError } from "../../base/index.ts";

/**
 * The bytes under a compound file: what ILockBytes is, without promises. Offsets are whole numbers below 2^53. Failures are ComErrors (STG_E_*).
 */
export interface ByteStore {
  readonly size: number;
  /** Fills `into` from `at`; answers the number of bytes there were, fewer at the end. */
  read(at: number, into: Uint8Array): number;
  /** Writes all of `bytes`; the store grows as needed, what lies between is zero. */
  write(at: number, bytes: Uint8Array): void;
  setSize(size: number): void;
  /** When it returns, all written before is durable, and nothing written later will be durable before it. */
  flush(): void;
  /** When it returns, all written before has left this process. */
  push?(): void;
  close(): void;
  /** Forgets what was cached: others may have written. */
  refresh?(): void;
  /** Why bytes are not there that should be, when they are still arriving or were; undefined when all are there that will ever be. */
  missing?(): ComError | undefined;
  /** For stores whose medium answers later: resolves when everything done so far has arrived. */
  drain?(): Promise<void> | undefined;
}
