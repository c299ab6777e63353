import { ComError } from "../../base/index.ts";
import type { Claim, Claims } from "../share/claims.ts";
import { StgStatus } from "../status.ts";

/** Kinds of locks (LOCKTYPE). */
export const LockType = { WRITE: 1, EXCLUSIVE: 2, ONLYONCE: 4 } as const;

/** Most locks held at one time. Stops a caller elsewhere from filling memory. */
const maxLocks = 4096;

interface Region {
  readonly from: bigint;
  readonly to: bigint;
  readonly type: number;
}

interface Lock extends Region {
  readonly owner: object;
  /** What tells other processes. */
  readonly claim: Disposable | undefined;
}

/** What a claim on a range begins with; type, first byte and the one behind the last follow. */
const claimed = "lock-";

function regionOf({ text }: Claim): Region | undefined {
  const [, type, from, to] = /^lock-(\d)-([\da-f]+)-([\da-f]+)$/.exec(text) ?? [];
  if (type === undefined || from === undefined || to === undefined) return undefined;
  return { type: Number(type), from: BigInt(`0x${from}`), to: BigInt(`0x${to}`) };
}

const overlap = (a: Region, b: Region): boolean => a.from < b.to && b.from < a.to;

/** Whether a lock forbids others what they want to do there. */
function bars(lock: Region | undefined, wanted: Region, writes: boolean): boolean {
  if (lock === undefined || !overlap(lock, wanted)) return false;
  return lock.type === LockType.EXCLUSIVE || (writes && lock.type === LockType.WRITE);
}

/**
 * Which ranges of a file's bytes are locked, and by whom. Locks of other processes of the machine hold too, for whoever asks here: a program that
 * opens the file on its own is not stopped, as Node.js cannot lock files.
 */
export class RegionLocks {
  readonly #locks: Lock[] = [];
  readonly #claims: Claims | undefined;

  constructor(claims: Claims | undefined) {
    this.#claims = claims;
  }

  /** Throws STG_E_LOCKVIOLATION when another has a lock there. */
  lock(owner: object, from: bigint, size: bigint, type: number): void {
    if (type !== LockType.WRITE && type !== LockType.EXCLUSIVE && type !== LockType.ONLYONCE) {
      throw new ComError(StgStatus.INVALIDFUNCTION, `${type} is not a kind of lock`);
    }
    const region = { from, to: from + size, type };
    if (this.#locks.some((lock) => overlap(lock, region)) || this.#locks.length >= maxLocks)
      throw violation();
    const name = `${claimed}${type}-${region.from.toString(16)}-${region.to.toString(16)}`;
    const claim = this.#claims?.claim(name, (other) => {
      const there = regionOf(other);
      return there !== undefined && overlap(there, region);
    });
    if (claim !== undefined && "pid" in claim) throw violation(claim.pid);
    this.#locks.push({ ...region, owner, claim });
  }

  unlock(owner: object, from: bigint, size: bigint, type: number): void {
    const at = this.#locks.findIndex(
      (lock) => lock.owner === owner && lock.from === from && lock.to === from + size && lock.type === type,
    );
    if (at < 0) throw violation();
    this.#drop(at);
  }

  /** Throws STG_E_ACCESSDENIED when another's lock forbids reading or writing there. */
  check(owner: object, from: bigint, size: number, writes: boolean): void {
    const wanted = { from, to: from + BigInt(size), type: 0 };
    if (this.#locks.some((lock) => lock.owner !== owner && bars(lock, wanted, writes)))
      throw barred("somebody");
    const other = this.#claims?.find((claim) => bars(regionOf(claim), wanted, writes));
    if (other !== undefined) throw barred(`process ${other.pid}`);
  }

  /** Everything an owner locked is free again. */
  release(owner: object): void {
    for (let i = this.#locks.length - 1; i >= 0; i--) if (this.#locks[i]?.owner === owner) this.#drop(i);
  }

  #drop(at: number): void {
    for (const { claim } of this.#locks.splice(at, 1)) claim?.[Symbol.dispose]();
  }
}

function barred(who: string): ComError {
  return new ComError(StgStatus.ACCESSDENIED, `${who} locked these bytes`, { gate: "storage sharing" });
}

function violation(pid?: number): ComError {
  const who = pid === undefined ? "somebody" : `process ${pid}`;
  return new ComError(StgStatus.LOCKVIOLATION, `${who} has a lock there, or there is none to take away`, {
    gate: "storage sharing",
  });
}
