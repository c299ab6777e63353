import type { Clock, Logger } from "../../base/index.ts";
import { type DualStringArray, bindingsKey } from "../dual-string-array.ts";
import { PingClient, type PingTransport } from "../ping/ping-client.ts";
import { type ComplexPingResult, type LocalPingSet, PingTable } from "../ping/ping-table.ts";
import type { Oid } from "../resolver-contract.ts";
import type { MachineProcess } from "./processes.ts";
import type { ObjectHolders, PingSnapshot } from "./snapshot.ts";

export interface ObjectLifeOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly pingPeriod: number;
  /** The living process that gives out an OID. */
  readonly ownerOf: (oid: Oid) => MachineProcess | undefined;
  /** Carries our pings to other machines. */
  readonly pings: PingTransport;
}

/** What one process holds on one other machine. */
interface Held {
  readonly resolver: DualStringArray;
  readonly oids: Set<Oid>;
}

/**
 * Who keeps which object alive ([MS-DCOM] 3.1.1.6 and 3.1.2.1): the ping sets other machines keep here, the references processes of this
 * machine hold to each other, and the pings this machine sends for what its processes hold elsewhere.
 */
export class ObjectLife {
  readonly #options: ObjectLifeOptions;
  readonly #table: PingTable;
  readonly #client: PingClient;
  readonly #here = new Map<MachineProcess, LocalPingSet>();
  readonly #elsewhere = new Map<MachineProcess, Map<string, Held>>();

  constructor(options: ObjectLifeOptions) {
    this.#options = options;
    const { clock, logger, pingPeriod, ownerOf, pings } = options;
    this.#table = new PingTable({
      clock,
      period: pingPeriod,
      known: (oid) => ownerOf(oid) !== undefined,
      rundown: (oids) => this.#rundown(oids),
    });
    this.#client = new PingClient({ clock, logger, period: pingPeriod, transport: pings });
  }

  /** Objects with references outside their process; each must be held by somebody within three periods, or `within` milliseconds. */
  exported(oids: readonly Oid[], within?: number): void {
    this.#table.exported(oids, within);
  }

  withdrawn(oids: readonly Oid[]): void {
    this.#table.withdrawn(oids);
  }

  /** A process of this machine holds references to objects of this machine. */
  heldHere(holder: MachineProcess, added: readonly Oid[], dropped: readonly Oid[]): void {
    let set = this.#here.get(holder);
    if (set === undefined) {
      set = this.#table.localSet();
      this.#here.set(holder, set);
    }
    set.change(added, dropped);
  }

  /** A process of this machine holds references to objects of another machine: they are pinged from here. */
  heldElsewhere(
    holder: MachineProcess,
    resolver: DualStringArray,
    added: readonly Oid[],
    dropped: readonly Oid[],
  ): void {
    const { oids } = this.#heldBy(holder, resolver);
    const fresh = added.filter((oid) => !oids.has(oid));
    const gone = dropped.filter((oid) => oids.has(oid));
    for (const oid of fresh) oids.add(oid);
    for (const oid of gone) oids.delete(oid);
    this.#client.change(resolver, fresh, gone);
  }

  /** A process is gone, as owner of objects and as holder of references. */
  leave(process: MachineProcess): void {
    this.#here.get(process)?.close();
    this.#here.delete(process);
    for (const { resolver, oids } of this.#elsewhere.get(process)?.values() ?? []) {
      this.#client.change(resolver, [], [...oids]);
    }
    this.#elsewhere.delete(process);
    this.#table.exporterGone((oid) => Number(oid >> 32n) === process.oidPrefix);
  }

  /** IObjectExporter::SimplePing; answers a Win32 status. */
  simplePing(setId: bigint): number {
    return this.#table.simplePing(setId);
  }

  /** IObjectExporter::ComplexPing; `client` is the address it comes from. */
  complexPing(
    setId: bigint,
    sequence: number,
    added: readonly Oid[],
    dropped: readonly Oid[],
    client = "",
  ): ComplexPingResult {
    return this.#table.complexPing(setId, sequence, added, dropped, client);
  }

  /** Who holds an object: processes of this machine, and how many ping sets of others. */
  holders(oid: Oid): ObjectHolders {
    const oxids = Array.from(this.#here).flatMap(([{ oxid }, set]) => (set.oids.has(oid) ? [oxid] : []));
    return { oid, oxids, sets: this.#table.setsWith(oid) - oxids.length };
  }

  snapshot(): PingSnapshot {
    const pinging = this.#client.machines.map(({ key, objects }) => ({ machine: key, objects }));
    return { ...this.#table.statistics, pinging };
  }

  close(): void {
    this.#table[Symbol.dispose]();
    this.#client[Symbol.dispose]();
  }

  #heldBy(holder: MachineProcess, resolver: DualStringArray): Held {
    let machines = this.#elsewhere.get(holder);
    if (machines === undefined) {
      machines = new Map();
      this.#elsewhere.set(holder, machines);
    }
    const key = bindingsKey(resolver);
    let held = machines.get(key);
    if (held === undefined) {
      held = { resolver, oids: new Set() };
      machines.set(key, held);
    }
    return held;
  }

  #rundown(oids: readonly Oid[]): void {
    const byOwner = new Map<MachineProcess, Oid[]>();
    for (const oid of oids) {
      const owner = this.#options.ownerOf(oid);
      if (owner === undefined) continue;
      const list = byOwner.get(owner);
      if (list === undefined) byOwner.set(owner, [oid]);
      else list.push(oid);
    }
    for (const [owner, list] of byOwner) {
      this.#options.logger.info(
        { pid: owner.registration.pid, objects: list.length },
        `nobody has pinged ${list.length} objects of ${owner.registration.name}: they are run down`,
      );
      owner.exporter.rundown(list);
    }
  }
}
