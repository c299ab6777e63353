import { randomBytes } from "node:crypto";
import type { Clock } from "../../base/index.ts";
import type { Oid } from "../resolver-contract.ts";
import { ResolverStatus, missedPeriods } from "./status.ts";

export interface PingTableOptions {
  readonly clock: Clock;
  /** Milliseconds between the pings of a client. */
  readonly period: number;
  /** True when a living exporter of this machine gives out such OIDs. */
  readonly known: (oid: Oid) => boolean;
  /** These objects have not been in any ping set for three periods: their exporters release what clients held. */
  readonly rundown: (oids: readonly Oid[]) => void;
  /** Most ping sets. Stops a stranger from filling memory with empty sets. */
  readonly maxSets?: number;
  /** Most ping sets of one client address: a machine needs one. Stops the same stranger from using up everybody's. */
  readonly maxSetsPerClient?: number;
  /** Most entries in all sets together. Stops the same with made-up OIDs. */
  readonly maxEntries?: number;
  /** Most entries in the sets of one client address: what is left stays for the others. Default 500,000. */
  readonly maxEntriesPerClient?: number;
}

/** One client machine's set ([MS-DCOM] 3.1.2.1, SETID table). */
interface PingSet {
  readonly id: bigint;
  readonly holder: Holdings;
  sequence: number;
  readonly oids: Set<Oid>;
  pinged: number;
}

/** What one client address has. */
interface Holdings {
  readonly client: string;
  sets: number;
  entries: number;
}

/** What the resolver knows of an object ([MS-DCOM] 3.1.2.1, OID table). */
interface OidEntry {
  /** Sets that hold it. */
  sets: number;
  /** False once its exporter said that nobody outside holds it. */
  exported: boolean;
}

/** The result of ComplexPing. */
export interface ComplexPingResult {
  readonly setId: bigint;
  readonly status: number;
}

/** A set of this machine's own: no pings, it lives as long as the process behind it. */
export interface LocalPingSet {
  readonly oids: ReadonlySet<Oid>;
  change(added: readonly Oid[], dropped: readonly Oid[]): void;
  /** The process is gone. */
  close(): void;
}

/**
 * The server side of distributed garbage collection: ping sets, and which objects are in none ([MS-DCOM] 3.1.2.5.1, 3.1.2.6).
 * A pure state machine: time comes from the clock, and all that goes out is `rundown`.
 *
 * An object that is in no set has three periods until it is rundown: counted from when its exporter reported it, or from when it left the last set.
 * So a reference on its way from one client to another is never lost: the receiver pings within one period.
 */
export class PingTable implements Disposable {
  readonly #options: PingTableOptions;
  readonly #sets = new Map<bigint, PingSet>(); // the one pinged longest ago first
  readonly #oids = new Map<Oid, OidEntry>();
  readonly #orphans = new Map<Oid, number>(); // deadline
  readonly #clients = new Map<string, Holdings>();
  readonly #timer: Disposable;
  readonly #grace: number;
  readonly #maxSets: number;
  readonly #maxSetsPerClient: number;
  readonly #maxEntries: number;
  readonly #maxEntriesPerClient: number;
  readonly #interval: number;
  #swept: number;
  #entries = 0;

  constructor(options: PingTableOptions) {
    this.#options = options;
    this.#grace = options.period * missedPeriods;
    this.#maxSets = options.maxSets ?? 65_536;
    this.#maxSetsPerClient = options.maxSetsPerClient ?? 4096;
    this.#maxEntries = options.maxEntries ?? 4_000_000;
    this.#maxEntriesPerClient = options.maxEntriesPerClient ?? 500_000;
    this.#interval = Math.max(1, options.period / 4);
    this.#swept = options.clock.monotonic();
    this.#timer = options.clock.every(this.#interval, () => this.#onTimer());
  }

  /** Counts for `comity ps` and for tests. */
  get statistics(): { readonly sets: number; readonly objects: number; readonly entries: number } {
    return { sets: this.#sets.size, objects: this.#oids.size, entries: this.#entries };
  }

  /** An exporter's objects that have references outside; each must be in a set within three periods, or `within` milliseconds. */
  exported(oids: readonly Oid[], within: number = this.#grace): void {
    for (const oid of oids) {
      const entry = this.#oids.get(oid);
      if (entry === undefined) {
        this.#oids.set(oid, { sets: 0, exported: true });
        this.#orphan(oid, within);
      } else {
        entry.exported = true;
        if (entry.sets === 0) this.#orphan(oid, within);
      }
    }
  }

  /** An exporter's objects that have none any more. */
  withdrawn(oids: readonly Oid[]): void {
    for (const oid of oids) {
      const entry = this.#oids.get(oid);
      if (entry === undefined) continue;
      entry.exported = false;
      if (entry.sets === 0) this.#forget(oid);
    }
  }

  /** All objects of an exporter that died: dropped from every set without a rundown. */
  exporterGone(mine: (oid: Oid) => boolean): void {
    for (const set of this.#sets.values()) {
      for (const oid of set.oids) {
        if (!mine(oid) || !set.oids.delete(oid)) continue;
        this.#entries--;
        set.holder.entries--;
      }
    }
    for (const oid of this.#oids.keys()) if (mine(oid)) this.#forget(oid);
  }

  /** IObjectExporter::SimplePing ([MS-DCOM] 3.1.2.5.1.2). */
  simplePing(setId: bigint): number {
    const set = this.#sets.get(setId);
    if (set === undefined) return ResolverStatus.invalidSet;
    this.#touch(set);
    return ResolverStatus.ok;
  }

  /** IObjectExporter::ComplexPing ([MS-DCOM] 3.1.2.5.1.3). A set id of 0 makes a set; `client` is the address it comes from. */
  complexPing(
    setId: bigint,
    sequence: number,
    added: readonly Oid[],
    dropped: readonly Oid[],
    client = "",
  ): ComplexPingResult {
    let set = this.#sets.get(setId);
    if (set === undefined) {
      if (setId !== 0n) return { setId, status: ResolverStatus.invalidSet };
      const holder = this.#clients.get(client) ?? { client, sets: 0, entries: 0 };
      if (this.#sets.size >= this.#maxSets || holder.sets >= this.#maxSetsPerClient) {
        return { setId, status: ResolverStatus.tooBusy };
      }
      set = { id: this.#newSetId(), holder, sequence, oids: new Set(), pinged: 0 };
      this.#sets.set(set.id, set);
      holder.sets++;
      this.#clients.set(client, holder);
    } else if (isOlder(sequence, set.sequence)) {
      this.#touch(set);
      return { setId, status: ResolverStatus.ok };
    }
    set.sequence = sequence;
    this.#touch(set);
    const status = this.#add(set.oids, added, set.holder);
    this.#drop(set.oids, dropped, set.holder);
    return { setId: set.id, status };
  }

  /** The references a process of this machine holds to objects of this machine. */
  localSet(): LocalPingSet {
    const oids = new Set<Oid>();
    return {
      oids,
      change: (added, dropped) => {
        this.#add(oids, added, undefined);
        this.#drop(oids, dropped, undefined);
      },
      close: () => this.#drop(oids, [...oids], undefined),
    };
  }

  /** Sets that have the object. */
  setsWith(oid: Oid): number {
    return this.#oids.get(oid)?.sets ?? 0;
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#sets.clear();
    this.#oids.clear();
    this.#orphans.clear();
  }

  /** `holder`: whose limit counts; none for this machine's own sets. */
  #add(set: Set<Oid>, oids: readonly Oid[], holder: Holdings | undefined): number {
    let status: number = ResolverStatus.ok;
    for (const oid of oids) {
      if (set.has(oid)) continue;
      let entry = this.#oids.get(oid);
      if (entry === undefined) {
        if (!this.#options.known(oid)) {
          status = ResolverStatus.invalidOid;
          continue;
        }
        entry = { sets: 0, exported: true };
      }
      if (this.#entries >= this.#maxEntries) return ResolverStatus.tooBusy;
      if (holder !== undefined && ++holder.entries > this.#maxEntriesPerClient) {
        holder.entries--;
        return ResolverStatus.tooBusy;
      }
      this.#oids.set(oid, entry);
      this.#orphans.delete(oid);
      entry.sets++;
      this.#entries++;
      set.add(oid);
    }
    return status;
  }

  #drop(set: Set<Oid>, oids: readonly Oid[], holder: Holdings | undefined, release?: Oid[]): void {
    for (const oid of oids) {
      if (!set.delete(oid)) continue;
      this.#entries--;
      if (holder !== undefined) holder.entries--;
      const entry = this.#oids.get(oid);
      if (entry === undefined || --entry.sets > 0) continue;
      if (!entry.exported) this.#forget(oid);
      else if (release === undefined) this.#orphan(oid);
      else {
        this.#forget(oid);
        release.push(oid);
      }
    }
  }

  #orphan(oid: Oid, within: number = this.#grace): void {
    this.#orphans.set(oid, this.#options.clock.monotonic() + within);
  }

  #forget(oid: Oid): void {
    this.#oids.delete(oid);
    this.#orphans.delete(oid);
  }

  #touch(set: PingSet): void {
    set.pinged = this.#options.clock.monotonic();
    this.#sets.delete(set.id);
    this.#sets.set(set.id, set);
  }

  /**
   * A timer that comes late means that this process did not run for a while: pings wait unread. They get until the next time; a busy machine must not
   * take its clients for dead.
   */
  #onTimer(): void {
    const now = this.#options.clock.monotonic();
    const late = now - this.#swept - this.#interval;
    this.#swept = now;
    if (late <= this.#interval) this.#sweep();
  }

  /** Ends what is overdue. Objects only a dead set held are rundown at once: the set had its three periods. */
  #sweep(): void {
    const now = this.#options.clock.monotonic();
    const release: Oid[] = [];
    for (const set of this.#sets.values()) {
      if (set.pinged + this.#grace >= now) break;
      this.#sets.delete(set.id);
      this.#drop(set.oids, [...set.oids], set.holder, release);
      if (--set.holder.sets === 0) this.#clients.delete(set.holder.client);
    }
    for (const [oid, deadline] of this.#orphans) {
      if (deadline > now) continue;
      this.#forget(oid);
      release.push(oid);
    }
    if (release.length > 0) this.#options.rundown(release);
  }

  #newSetId(): bigint {
    for (;;) {
      const id = randomBytes(8).readBigUInt64LE();
      if (id !== 0n && !this.#sets.has(id)) return id;
    }
  }
}

/**
 * A request that was overtaken by a later one. Sequence numbers wrap, so only the recent past counts as older
 * (a strict comparison, as specified, would ignore a client for ever after its 65,536th change).
 */
function isOlder(sequence: number, last: number): boolean {
  const behind = (last - sequence) & 0xffff;
  return behind > 0 && behind < 256;
}
