import { type Clock, ComError, type Guid, type Limits } from "../../base/index.ts";
import type { Binding } from "../../rpc/index.ts";
import { type DualStringArray, sameBindings } from "../dual-string-array.ts";
import type { Marshaling, Origin } from "../marshaling.ts";
import type { Oid, Oxid, ResolvedOxid } from "../resolver-contract.ts";
import type { StdObjref } from "../std-objref.ts";
import type { Connections, Line } from "./connections.ts";
import { type AddressChoice, endpointsOf, sameHost, splitAddress } from "./endpoints.ts";
import { HeldObjects, type ReferenceReport } from "./held-objects.ts";
import { OxidCache } from "./oxid-cache.ts";
import { type ImportHome, RemoteExporter } from "./remote-exporter.ts";
import type { ResolverClient } from "./resolver-client.ts";
import { bindingSecurity } from "./security.ts";

/** This machine, as far as importing needs it. */
interface LocalMachine {
  readonly resolverBindings: DualStringArray;
  readonly pingPeriod: number;
  resolve(oxid: Oxid): Promise<ResolvedOxid | undefined>;
}

/** The other threads of this process that have objects. */
export interface Neighbours {
  /** Whether an exporter is one of them. */
  has(oxid: Oxid): boolean;
  /** Objects of theirs that somebody holds. */
  readonly objects: number;
  /** An object of one of them was passed on to another process. */
  leftProcess(oxid: Oxid, oid: Oid): void;
  /** Ends what it made; called when the process leaves. */
  close?(): Promise<void>;
  /** Told last, when the process has left. */
  closed?(): void;
  /** Where the exporter of a thread is; undefined for one of another process. */
  resolve(oxid: Oxid): Promise<ResolvedOxid> | undefined;
}

export interface ImporterOptions {
  readonly connections: Connections;
  readonly resolverClient: ResolverClient;
  readonly machine: LocalMachine;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly report: ReferenceReport;
  readonly neighbours?: Neighbours | undefined;
}

const OR_INVALID_OXID = 0x80070776;

/** Milliseconds that closing waits for references to go back. */
const patience = 2000;

/** The references of this process to objects elsewhere ([MS-DCOM] 3.2.1: the OXID, OID and resolver tables). */
export class Importer implements ImportHome, AsyncDisposable {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly marshaling: Marshaling;
  readonly cache: OxidCache = new OxidCache();
  readonly holdings: HeldObjects;
  readonly #options: ImporterOptions;
  /** By OXID: those of one process as called with different securities or at different addresses, and of processes of different machines. */
  readonly #exporters = new Map<Oxid, RemoteExporter[]>();

  constructor(options: ImporterOptions, marshaling: Marshaling) {
    this.#options = options;
    this.limits = options.limits;
    this.clock = options.clock;
    this.marshaling = marshaling;
    this.holdings = new HeldObjects(
      options.clock,
      Math.max(1, options.machine.pingPeriod / 8),
      options.report,
    );
  }

  /** Exporters whose objects are in use, for `comity ps` and tests. */
  get exporters(): readonly RemoteExporter[] {
    return [...this.#exporters.values()].flat();
  }

  /** The objects of an exporter that are held here. */
  heldOf(oxid: Oxid): Oid[] {
    return (this.#exporters.get(oxid) ?? []).flatMap((exporter) => [...exporter.oids]);
  }

  /** Whether an exporter is another thread of this process. */
  isNeighbour(oxid: Oxid): boolean {
    return this.#options.neighbours?.has(oxid) === true;
  }

  /** A reference leaves the process: the thread it leads to can no longer know who holds the object. */
  passedOut({ oxid, oid }: StdObjref): void {
    const { neighbours } = this.#options;
    if (neighbours?.has(oxid) === true) neighbours.leftProcess(oxid, oid);
  }

  /** The exporter of an OXID, as called with this origin's security. */
  exporter(oxid: Oxid, resolver: DualStringArray, origin: Origin): RemoteExporter {
    let ofOxid = this.#exporters.get(oxid);
    if (ofOxid === undefined) this.#exporters.set(oxid, (ofOxid = []));
    let exporter = ofOxid.find(
      (one) => sameBindings(one.resolver, resolver) && sameOrigin(one.origin, origin),
    );
    if (exporter === undefined) {
      exporter = new RemoteExporter(this, oxid, resolver, origin);
      ofOxid.push(exporter);
    }
    return exporter;
  }

  /** Remembers where an exporter is, when an activation told it. */
  learn(oxid: Oxid, resolver: DualStringArray, at: ResolvedOxid): void {
    this.cache.put(oxid, resolver, at);
  }

  /** Forgets where the exporters of a machine are; connections that stand are used on. */
  forgetMachine(host: string): void {
    const names = (resolver: DualStringArray): boolean =>
      resolver.strings.some(({ address }) => sameHost(splitAddress(address).host, host));
    this.cache.forgetMachine(names);
    for (const exporter of this.exporters) {
      if (names(exporter.resolver) || sameHost(exporter.origin.choice.host ?? "", host))
        exporter.forgetPlace();
    }
  }

  async locate(exporter: RemoteExporter, again: boolean): Promise<ResolvedOxid> {
    const { oxid, resolver, origin } = exporter;
    if (this.#isHere(resolver)) {
      const near = this.#options.neighbours?.resolve(oxid);
      if (near !== undefined) return near;
      const at = await this.#options.machine.resolve(oxid);
      if (at === undefined)
        throw new ComError(OR_INVALID_OXID, "this machine's SCM does not know the object's process");
      return at;
    }
    const known = again ? undefined : this.cache.get(oxid, resolver);
    if (known !== undefined) return known;
    this.cache.delete(oxid, resolver);
    const at = await this.#options.resolverClient.resolve(resolver, oxid, origin.choice);
    this.cache.put(oxid, resolver, at);
    return at;
  }

  connect(exporter: RemoteExporter, at: ResolvedOxid): Promise<Line> {
    const local = this.#isHere(exporter.resolver);
    const endpoints = endpointsOf(at.bindings, { ...exporter.origin.choice, local });
    return this.#options.connections.acquire(endpoints, exporter.origin.security);
  }

  bind(exporter: RemoteExporter, line: Line, iid: Guid): Promise<Binding> {
    const { security } = line;
    const { mechanism } = security;
    const at = mechanism && this.cache.get(exporter.oxid, exporter.resolver);
    const service = at?.bindings.security.find((one) => one.service === mechanism?.service);
    const target = service === undefined || service.principal === "" ? undefined : service.principal;
    return line.association.bind({ uuid: iid, version: [0, 0] }, bindingSecurity(security, target));
  }

  disconnect(line: Line): void {
    this.#options.connections.release(line);
  }

  isNear(exporter: RemoteExporter): boolean {
    return this.#isHere(exporter.resolver);
  }

  held(exporter: RemoteExporter, oid: Oid): void {
    this.holdings.add(exporter.resolver, oid);
  }

  letGo(exporter: RemoteExporter, oid: Oid): void {
    this.holdings.drop(exporter.resolver, oid);
  }

  unused(exporter: RemoteExporter): void {
    const ofOxid = this.#exporters.get(exporter.oxid);
    const at = ofOxid?.indexOf(exporter) ?? -1;
    if (at >= 0) ofOxid?.splice(at, 1);
    if (ofOxid?.length === 0) this.#exporters.delete(exporter.oxid);
    exporter.close();
  }

  /** Gives back everything that waits to be given back. */
  async drain(): Promise<void> {
    await Promise.all(this.exporters.map((exporter) => exporter.drain()));
  }

  /** What nobody released goes back now, so that its servers need not wait for pings that do not come; those out of reach are not waited for. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const exporter of this.exporters) exporter.abandon();
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, patience)));
    await Promise.race([this.drain(), enough]);
    clearTimeout(timer);
    this.holdings.flush();
    this.holdings[Symbol.dispose]();
    for (const exporter of this.exporters) exporter.close();
    this.#exporters.clear();
  }

  #isHere(resolver: DualStringArray): boolean {
    return sameBindings(resolver, this.#options.machine.resolverBindings);
  }
}

function sameOrigin(a: Origin, b: Origin): boolean {
  return a.security === b.security && sameChoice(a.choice, b.choice);
}

function sameChoice(a: AddressChoice, b: AddressChoice): boolean {
  const { host = "", pin = false } = a;
  const { host: otherHost = "", pin: otherPin = false } = b;
  return a === b || (pin === otherPin && sameHost(host, otherHost));
}
