import { randomBytes } from "node:crypto";
import { type Guid, guidFromBytes } from "../../base/index.ts";
import type { InterfaceEntry } from "./interface-entry.ts";

/**
 * The interfaces of this process that may be called from outside, by IPID. An IPID is the place in this table (4 bytes), a number of the process
 * (4 bytes) and 8 random bytes: looking one up is an array access and a comparison, and nobody can guess one.
 */
export class IpidTable {
  readonly #entries: (InterfaceEntry | undefined)[] = [];
  readonly #free: number[] = [];
  readonly #process: number = randomBytes(4).readInt32LE();
  #random = new Int32Array(0);
  #used = 0;

  get size(): number {
    return this.#entries.length - this.#free.length;
  }

  /** Gives an entry its IPID. */
  add(entry: InterfaceEntry): void {
    const index = this.#free.pop() ?? this.#entries.length;
    if (this.#used === this.#random.length) this.#refill();
    entry.ipid0 = index;
    entry.ipid1 = this.#process;
    entry.ipid2 = this.#random[this.#used++] as number;
    entry.ipid3 = this.#random[this.#used++] as number;
    this.#entries[index] = entry;
  }

  remove(entry: InterfaceEntry): void {
    if (this.#entries[entry.ipid0] !== entry) return;
    this.#entries[entry.ipid0] = undefined;
    this.#free.push(entry.ipid0);
  }

  /** The entry of the IPID that stands at `at`. */
  find(ipid: Uint8Array, at = 0): InterfaceEntry | undefined {
    const entry = this.#entries[word(ipid, at)];
    return entry !== undefined &&
      entry.ipid3 === word(ipid, at + 12) &&
      entry.ipid2 === word(ipid, at + 8) &&
      entry.ipid1 === word(ipid, at + 4)
      ? entry
      : undefined;
  }

  /** True for an IPID this process may have given out: not found then means disconnected. */
  isOurs(ipid: Uint8Array, at = 0): boolean {
    return word(ipid, at + 4) === this.#process;
  }

  *entries(): IterableIterator<InterfaceEntry> {
    for (const entry of this.#entries) if (entry !== undefined) yield entry;
  }

  #refill(): void {
    const bytes = randomBytes(4096);
    this.#random = new Int32Array(bytes.buffer, bytes.byteOffset, 1024);
    this.#used = 0;
  }
}

/** Four bytes as a signed number; a place is never negative, so a forged one finds nothing. */
function word(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  );
}

/** The text form of an entry's IPID. */
export function ipidOf(entry: InterfaceEntry): Guid {
  const bytes = new Uint8Array(16);
  writeIpid(entry, new DataView(bytes.buffer), 0);
  return guidFromBytes(bytes);
}

function writeIpid(entry: InterfaceEntry, view: DataView, offset: number): void {
  view.setInt32(offset, entry.ipid0, true);
  view.setInt32(offset + 4, entry.ipid1, true);
  view.setInt32(offset + 8, entry.ipid2, true);
  view.setInt32(offset + 12, entry.ipid3, true);
}
