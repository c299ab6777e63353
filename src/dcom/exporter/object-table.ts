import type { Clock, Guid } from "../../base/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import {
  Identity,
  type MarshalOptions,
  type ObjectIdentity,
  type ProxyStubs,
  nameOf,
} from "../../com/index.ts";
import { NetChanges } from "../ping/net-changes.ts";
import { missedPeriods } from "../ping/status.ts";
import type { ExportedObject, Oid } from "../resolver-contract.ts";
import type { InterfaceEntry } from "./interface-entry.ts";
import { IpidTable } from "./ipid-table.ts";
import { StubManager, tellConnection } from "./stub-manager.ts";

/** References given with each marshaled pointer: as many as Windows gives, so that the receiver can pass some on without asking. */
const grantedReferences = 5;

/** Ticks of the table's clock in one ping period. */
const ticksPerPeriod = 8;

/** What the table tells the resolver of the machine. */
export interface ObjectReports {
  exported(oids: readonly Oid[], within?: number): void;
  withdrawn(oids: readonly Oid[]): void;
}

/** All exported objects of a process, by object, OID and IPID ([MS-DCOM] 3.1.1.1). */
export class ObjectTable implements Disposable {
  readonly ipids: IpidTable = new IpidTable();
  /** Goes up eight times in a period: a stamp of use costs a field, not a look at the clock. */
  tick = 0;
  readonly #managers = new Map<ObjectIdentity, StubManager>();
  readonly #locks = new Map<ObjectIdentity, number>();
  /** Objects that weak references were made to. */
  readonly #weakly = new WeakSet<ObjectIdentity>();
  readonly #byOid = new Map<Oid, StubManager>();
  readonly #changes = new NetChanges<Oid>();
  readonly #reports: ObjectReports;
  readonly #clock: Clock;
  readonly #stubs: ProxyStubs | undefined;
  #period = 0;
  #timer: Disposable | undefined;
  #oidBase = 0n;
  #oidCount = 0;

  /** `stubs`: what stands in the place of standard stubs. */
  constructor(clock: Clock, reports: ObjectReports, stubs?: ProxyStubs) {
    this.#stubs = stubs;
    this.#clock = clock;
    this.#reports = reports;
  }

  /** The machine's resolver has told how OIDs begin and how often clients ping. */
  joined(oidPrefix: number, period: number): void {
    this.#oidBase = BigInt(oidPrefix) << 32n;
    this.#period = period;
    this.#timer?.[Symbol.dispose]();
    this.#timer = this.#clock.every(period / ticksPerPeriod, () => this.#onTick());
  }

  get size(): number {
    return this.#byOid.size;
  }

  /** The entry of an interface of an object, exported when it was not yet. Throws E_NOINTERFACE. */
  export(identity: ObjectIdentity, iid: Guid): InterfaceEntry {
    let manager = this.#managers.get(identity);
    const fresh = manager === undefined;
    manager ??= new StubManager(this.#oidBase | BigInt(++this.#oidCount), identity, this.ipids, this.#stubs);
    const entry = manager.entry(iid);
    if (entry === undefined) {
      throw new ComError(HResult.E_NOINTERFACE, `${nameOf(identity.object)} has no interface {${iid}}`);
    }
    if (fresh) {
      this.#managers.set(identity, manager);
      this.#byOid.set(manager.oid, manager);
      this.#changes.add(manager.oid);
    }
    return entry;
  }

  /** Takes references for one receiver; answers how many the OBJREF carries. */
  grant(entry: InterfaceEntry, options: MarshalOptions | undefined): number {
    const { manager } = entry;
    manager.lastUse = this.tick;
    if (options?.noPing === true && !manager.noPing) {
      manager.noPing = true;
      this.#changes.drop(manager.oid);
    }
    const kind = options?.kind ?? "normal";
    if (kind === "tableWeak") {
      entry.weakTables++;
      this.#endWith(manager.identity);
      return 0;
    }
    manager.hold();
    if (kind === "tableStrong") {
      entry.strongTables++;
      return 0;
    }
    entry.addPublic(grantedReferences);
    if (options?.destination !== "inproc") manager.leftProcess = true;
    return grantedReferences;
  }

  /** Objects that threads of this process alone hold references to. */
  heldByThreads(): Oid[] {
    const held: Oid[] = [];
    for (const manager of this.#byOid.values()) {
      if (!manager.leftProcess && manager.oid !== 0n && manager.references > 0) held.push(manager.oid);
    }
    return held;
  }

  /** A reference to an object was given to another process. */
  leftProcess(oid: Oid): void {
    const manager = this.#byOid.get(oid);
    if (manager !== undefined) manager.leftProcess = true;
  }

  /** References to an object were given back, and those that are left may be nobody's. */
  whenUncertain: (() => void) | undefined;

  /** Nobody has the references to these any more, those of tables excepted; what else threads hold may be held by one that has ended, too. */
  abandon(oids: Iterable<Oid>): void {
    for (const manager of this.#byOid.values()) manager.uncertain ||= !manager.leftProcess;
    for (const oid of oids) {
      const manager = this.#byOid.get(oid);
      if (manager?.releaseAll(false) === true) this.#drop(manager);
    }
  }

  /** Adds public references (RemAddRef, RemQueryInterface). */
  addPublic(entry: InterfaceEntry, count: number, byThread: boolean = false): void {
    entry.addPublic(count);
    if (!byThread) entry.manager.leftProcess = true;
    entry.manager.lastUse = this.tick;
    if (count > 0) entry.manager.hold();
  }

  addPrivate(entry: InterfaceEntry, client: string, count: number): void {
    if (count === 0) return;
    entry.addPrivate(client, count);
    entry.manager.hold();
  }

  release(entry: InterfaceEntry, publicRefs: number, privateRefs: number, client: string): void {
    entry.releasePublic(publicRefs);
    if (privateRefs > 0) entry.releasePrivate(client, privateRefs);
    this.#settle(entry);
    if (entry.manager.uncertain && entry.manager.references > 0) this.whenUncertain?.();
  }

  /** Gives a table-marshaled reference back (CoReleaseMarshalData). */
  releaseTable(entry: InterfaceEntry): void {
    if (entry.strongTables > 0) entry.strongTables--;
    else if (entry.weakTables > 0) entry.weakTables--;
    this.#settle(entry);
  }

  findOid(oid: Oid): StubManager | undefined {
    return this.#byOid.get(oid);
  }

  /** Cuts all references to the objects that are meant (CoDisconnectContext). */
  disconnectAll(meant: (manager: StubManager) => boolean): void {
    for (const manager of this.#managers.values()) if (meant(manager)) this.disconnect(manager.identity);
  }

  find(identity: ObjectIdentity): StubManager | undefined {
    return this.#managers.get(identity);
  }

  /**
   * Holds an object as a reference from outside would, or lets it go again (CoLockObjectExternal). `lastUnlockReleases`: with the last lock and no strong
   * reference left outside, weak ones are cut, too. Throws E_UNEXPECTED for an unlock too many.
   */
  lockExternal(identity: ObjectIdentity, lock: boolean, lastUnlockReleases: boolean): void {
    const before = this.#locks.get(identity) ?? 0;
    if (lock) {
      this.#locks.set(identity, before + 1);
      if (before > 0) return;
      identity.addRef();
      tellConnection(identity, true);
      return;
    }
    if (before === 0) throw new ComError(HResult.E_UNEXPECTED, `${nameOf(identity.object)} is not locked`);
    if (before > 1) {
      this.#locks.set(identity, before - 1);
      return;
    }
    this.#locks.delete(identity);
    const manager = this.#managers.get(identity);
    if (lastUnlockReleases && (manager === undefined || manager.references === 0)) this.disconnect(identity);
    tellConnection(identity, false, lastUnlockReleases);
    identity.release();
  }

  /** Cuts all references to an object, and its locks (CoDisconnectObject): calls on them answer RPC_E_DISCONNECTED. */
  disconnect(identity: ObjectIdentity): void {
    const manager = this.#managers.get(identity);
    if (manager !== undefined) {
      manager.releaseAll(true);
      this.#drop(manager);
    }
    if (!this.#locks.delete(identity)) return;
    tellConnection(identity, false);
    identity.release();
  }

  /**
   * Nobody pinged for three periods. An object that was called or given out since then has clients that do not ping (yet): it gets what is left of its own
   * three periods ([MS-DCOM] 3.1.1.6.1).
   */
  rundown(oids: readonly Oid[]): void {
    for (const oid of oids) {
      const manager = this.#byOid.get(oid);
      if (manager === undefined || manager.noPing) continue;
      const left = missedPeriods * ticksPerPeriod - (this.tick - manager.lastUse);
      if (left > 0) {
        this.#reports.exported([oid], Math.ceil((left * this.#period) / ticksPerPeriod));
      } else if (manager.releaseAll(false)) {
        this.#drop(manager);
      }
    }
  }

  /** Everything exported now, for a resolver that has to learn it anew. */
  reportAll(): void {
    this.#changes.take();
    const oids: Oid[] = [];
    for (const manager of this.#byOid.values()) if (!manager.noPing) oids.push(manager.oid);
    if (oids.length > 0) this.#reports.exported(oids);
  }

  describe(): ExportedObject[] {
    return Array.from(this.#byOid.values(), (manager) => ({
      oid: manager.oid,
      interfaces: Array.from(manager.entries, (entry) => ({
        name: entry.stub.descriptor.name,
        references: entry.strong - entry.strongTables,
        tables: entry.strongTables + entry.weakTables,
      })),
      references: manager.references,
      neutral: manager.identity.apartment.kind === "neutral",
      name: nameOf(manager.identity.object),
    }));
  }

  /** Releases everything: the process leaves. */
  [Symbol.dispose](): void {
    this.#timer?.[Symbol.dispose]();
    for (const manager of this.#byOid.values()) manager.releaseAll(true);
    this.#byOid.clear();
    this.#managers.clear();
  }

  /** Weak references do not keep an object: they are cut at its end. */
  #endWith(identity: ObjectIdentity): void {
    if (this.#weakly.has(identity) || !(identity instanceof Identity)) return;
    this.#weakly.add(identity);
    identity.atEnd(() => this.disconnect(identity));
  }

  #settle(entry: InterfaceEntry): void {
    const { manager } = entry;
    if (manager.settle(entry)) this.#drop(manager);
  }

  #drop(manager: StubManager): void {
    this.#managers.delete(manager.identity);
    if (this.#byOid.delete(manager.oid) && !manager.noPing) this.#changes.drop(manager.oid);
  }

  #onTick(): void {
    this.tick++;
    if (this.#changes.empty) return;
    const { added, dropped } = this.#changes.take();
    if (added.length > 0) this.#reports.exported(added);
    if (dropped.length > 0) this.#reports.withdrawn(dropped);
  }
}
