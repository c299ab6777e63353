import { ComError } from "../../base/index.ts";
import { StgStatus } from "../status.ts";

/** Kinds of locks (LOCKTYPE). */
export const LockType = { WRITE: 1, EXCLUSIVE: 2, ONLYONCE: 4 } as const;

/** Most locks held at one time. Stops a caller elsewhere from filling memory. */
const maxLocks = 4096;

interface Lock {
  readonly owner: object;
  readonly from: bigint;
  readonly to: bigint;
  readonly type: number;
}

/** Which ranges of bytes are locked, and by whom. */
export class RegionLocks {
  readonly #locks: Lock[] = [];

  /** Throws STG_E_LOCKVIOLATION when another has a lock there. */
  lock(owner: object, from: bigint, size: bigint, type: number): void {
    if (type !== LockType.WRITE && type !== LockType.EXCLUSIVE && type !== LockType.ONLYONCE) {
      throw new ComError(StgStatus.INVALIDFUNCTION, `${type} is not a kind of lock`);
    }
    const to = from + size;
    if (this.#locks.some((lock) => from < lock.to && lock.from < to) || this.#locks.length >= maxLocks)
      throw violation();
    this.#locks.push({ owner, from, to, type });
  }

  unlock(owner: object, from: bigint, size: bigint, type: number): void {
    const at = this.#locks.findIndex(
      (lock) => lock.owner === owner && lock.from === from && lock.to === from + size && lock.type === type,
    );
    if (at < 0) throw violation();
    this.#locks.splice(at, 1);
  }

  /** Throws STG_E_ACCESSDENIED when another's lock forbids reading or writing there. */
  check(owner: object, from: bigint, size: number, writes: boolean): void {
    if (this.#locks.length === 0) return;
    const to = from + BigInt(size);
    const barred = this.#locks.some(
      (lock) =>
        lock.owner !== owner &&
        from < lock.to &&
        lock.from < to &&
        (lock.type === LockType.EXCLUSIVE || (writes && lock.type === LockType.WRITE)),
    );
    if (barred)
      throw new ComError(StgStatus.ACCESSDENIED, "somebody locked these bytes", { gate: "storage sharing" });
  }

  /** Everything an owner locked is free again. */
  release(owner: object): void {
    for (let i = this.#locks.length - 1; i >= 0; i--)
      if (this.#locks[i]?.owner === owner) this.#locks.splice(i, 1);
  }
}

function violation(): ComError {
  return new ComError(StgStatus.LOCKVIOLATION, "somebody has a lock there, or there is none to take away", {
    gate: "storage sharing",
  });
}
