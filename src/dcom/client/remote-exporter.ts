import {
  type Clock,
  ComError,
  type Guid,
  HResult,
  type Limits,
  failed,
  guidToBytes,
} from "../../base/index.ts";
import type { Binding } from "../../rpc/index.ts";
import { type ComVersion, comVersion, lowestMinor, negotiate } from "../com-version.ts";
import { type DualStringArray, TowerId } from "../dual-string-array.ts";
import { IRemUnknown, IRemUnknown2, type REMINTERFACEREF, type REMQIRESULT } from "../gen/dcom.ts";
import type { MarshalOptions } from "../../com/index.ts";
import { type Marshaling, type Origin, optionsFor, toThread } from "../marshaling.ts";
import type { Oid, Oxid, ResolvedOxid } from "../resolver-contract.ts";
import type { StdObjref } from "../std-objref.ts";
import { type CallHome, ClientCall } from "./client-call.ts";
import type { Line } from "./connections.ts";
import { methodByName } from "./known-method.ts";
import { limited } from "./limited.ts";
import { ReleaseQueue } from "./release-queue.ts";
import type { CallSecurity } from "./security.ts";
import { RemoteReference, wantedReferences } from "./remote-object.ts";

/** What a remote exporter needs of this process's importer. */
export interface ImportHome {
  readonly limits: Limits;
  readonly clock: Clock;
  readonly marshaling: Marshaling;
  /** The exporter of an OXID, as called with this origin's security. */
  exporter(oxid: Oxid, resolver: DualStringArray, origin: Origin): RemoteExporter;
  /** True for an exporter of this machine. */
  isNear(exporter: RemoteExporter): boolean;
  /** Where the exporter is: from the cache, or from its machine's resolver. `again`: what the cache says is no good. */
  locate(exporter: RemoteExporter, again: boolean): Promise<ResolvedOxid>;
  connect(exporter: RemoteExporter, at: ResolvedOxid): Promise<Line>;
  bind(exporter: RemoteExporter, line: Line, iid: Guid): Promise<Binding>;
  disconnect(line: Line): void;
  /** The first and the last reference to an object of the exporter. */
  held(exporter: RemoteExporter, oid: Oid): void;
  letGo(exporter: RemoteExporter, oid: Oid): void;
  /** No object of the exporter is in use any more. */
  unused(exporter: RemoteExporter): void;
}

/** A connection and one interface on it. */
export interface BoundLine {
  readonly line: Line;
  readonly binding: Binding;
}

const remQueryInterface = methodByName(IRemUnknown, "RemQueryInterface");
const remAddRef = methodByName(IRemUnknown, "RemAddRef");
const remRelease = methodByName(IRemUnknown, "RemRelease");

/** Milliseconds a server has to answer that it took references back. */
const releasePatience = 5000;

/** One process elsewhere whose objects are used here, seen with one security: its place, its connection, its IRemUnknown. */
export class RemoteExporter implements CallHome {
  readonly oxid: Oxid;
  readonly resolver: DualStringArray;
  readonly origin: Origin;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly marshaling: Marshaling;
  readonly releases: ReleaseQueue;
  version: ComVersion = comVersion;
  /** True once a call was answered: the version is one the peer takes. */
  versionProven = false;
  readonly #home: ImportHome;
  readonly #objects = new Map<Oid, RemoteReference>();
  #at: ResolvedOxid | undefined;
  #line: Line | undefined;
  #connecting: Promise<Line> | undefined;
  /** Set when the resolver said that the process is gone. */
  #dead: ComError | undefined;

  constructor(home: ImportHome, oxid: Oxid, resolver: DualStringArray, origin: Origin) {
    this.#home = home;
    this.oxid = oxid;
    this.resolver = resolver;
    this.origin = origin;
    this.limits = home.limits;
    this.clock = home.clock;
    this.marshaling = home.marshaling;
    this.releases = new ReleaseQueue(
      (refs) => this.#release(refs),
      () => this.#maybeUnused(),
    );
  }

  get marshalOptions(): MarshalOptions | undefined {
    if (this.#at?.bindings.strings[0]?.tower === TowerId.thread) return toThread;
    return optionsFor(this.nearby, this.version.minor);
  }

  /** True for an exporter of this machine. */
  get nearby(): boolean {
    return this.#home.isNear(this);
  }

  /** The same process, called with another security. */
  seenWith(security: CallSecurity): RemoteExporter {
    return this.#home.exporter(this.oxid, this.resolver, { ...this.origin, security });
  }

  /** The objects held here. */
  get oids(): Iterable<Oid> {
    return this.#objects.keys();
  }

  get objects(): number {
    return this.#objects.size;
  }

  /** The reference to an object, with what an OBJREF brought. */
  receive(iid: Guid, std: StdObjref, counted = true): RemoteReference {
    let object = this.#objects.get(std.oid);
    if (object === undefined) {
      object = new RemoteReference(this, std);
      this.#objects.set(std.oid, object);
      if (!object.noPing) this.#home.held(this, std.oid);
    }
    object.receive(iid, std, counted);
    return object;
  }

  /** The reference to an object that is held here. */
  find(oid: Oid): RemoteReference | undefined {
    return this.#objects.get(oid);
  }

  /** The last handle to an object went. */
  forget(object: RemoteReference): void {
    if (this.#objects.get(object.oid) !== object) return;
    this.#objects.delete(object.oid);
    if (!object.noPing) this.#home.letGo(this, object.oid);
    if (this.#objects.size === 0) setImmediate(() => this.#maybeUnused());
  }

  /** Gives an interface on the exporter's connection, connecting anew when it was lost. */
  async bind(iid: Guid): Promise<BoundLine> {
    const line = await this.#connected();
    return { line, binding: await this.#home.bind(this, line, iid) };
  }

  /** Runs `work` once more when it found its connection gone before anything was sent: another connection may serve. */
  async anew<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const unsent =
        error instanceof ComError && error.code === HResult.RPC_S_CALL_FAILED_DNE && !error.remote;
      if (!unsent) throw error;
      return work();
    }
  }

  /** Makes a call with the version agreed on, and with another when the peer does not take it (the call was not executed then). */
  async withVersion<T>(call: () => Promise<T>): Promise<T> {
    const tried = new Set<number>();
    for (;;) {
      tried.add(this.version.minor);
      try {
        const result = await call();
        this.versionProven = true;
        return result;
      } catch (error) {
        const next = error instanceof ComError ? this.#otherVersion(error.code, tried) : undefined;
        if (next === undefined) {
          if (error instanceof ComError && error.remote) this.versionProven = true;
          throw error;
        }
        this.version = { major: 5, minor: next };
      }
    }
  }

  /** RemQueryInterface: a result for each interface, in order. Rejects with E_NOINTERFACE when the object has none of them. */
  async queryInterfaces(ipid: Guid, iids: readonly Guid[]): Promise<readonly REMQIRESULT[]> {
    const args = [ipid, wantedReferences, iids.length, iids];
    return ((await this.#remUnknown(remQueryInterface, args)) as readonly REMQIRESULT[] | null) ?? [];
  }

  async addReferences(ipid: Guid, count: number): Promise<void> {
    const refs: REMINTERFACEREF[] = [{ ipid, cPublicRefs: count, cPrivateRefs: 0 }];
    const results = (await this.#remUnknown(remAddRef, [1, refs])) as ArrayLike<number>;
    const status = results[0] ?? 0;
    if (failed(status))
      throw new ComError(status, undefined, { remote: true, where: "IRemUnknown.RemAddRef" });
  }

  /** Where it was is asked anew when it is next connected to. */
  forgetPlace(): void {
    this.#at = undefined;
    this.#dead = undefined;
  }

  /** Gives back every object, as their last handles would have. */
  abandon(): void {
    for (const object of this.#objects.values()) object.abandon();
  }

  /** Gives back what waits; resolves when it was answered. */
  async drain(): Promise<void> {
    await this.releases.flush();
  }

  /** Lets go of the connection. */
  close(): void {
    const line = this.#line;
    this.#line = undefined;
    if (line !== undefined) this.#home.disconnect(line);
  }

  async #release(refs: readonly REMINTERFACEREF[]): Promise<void> {
    if (this.#dead !== undefined) return;
    try {
      const given = this.#remUnknown(remRelease, [refs.length, refs]);
      // A server that hangs must not keep its clients from ending.
      await limited(given, { timeout: releasePatience }, this.clock, "IRemUnknown.RemRelease");
    } catch {
      // The server is gone, or will notice by the pings that stop.
    }
  }

  #maybeUnused(): void {
    if (this.#objects.size === 0 && this.releases.idle) this.#home.unused(this);
  }

  async #remUnknown(method: ReturnType<typeof methodByName>, args: readonly unknown[]): Promise<unknown> {
    return this.anew(() => this.#callRemUnknown(method, args));
  }

  #callRemUnknown(method: ReturnType<typeof methodByName>, args: readonly unknown[]): Promise<unknown> {
    return this.withVersion(async () => {
      const binding = await this.#bindRemUnknown();
      const { ipidRemUnknown } = this.#at ?? (await this.#home.locate(this, false));
      const call = new ClientCall(this, IRemUnknown.iid, method.opnum, method.codec, args, undefined);
      return call.send(binding, guidToBytes(ipidRemUnknown));
    });
  }

  /** IRemUnknown2, as Windows binds it; the older one for servers that do not have it. */
  async #bindRemUnknown(): Promise<Binding> {
    const line = await this.#connected();
    try {
      return await this.#home.bind(this, line, IRemUnknown2.iid);
    } catch (error) {
      if (!(error instanceof ComError) || error.code !== HResult.RPC_S_UNKNOWN_IF) throw error;
      return this.#home.bind(this, line, IRemUnknown.iid);
    }
  }

  #connected(): Promise<Line> {
    const line = this.#line;
    if (line?.open === true) return Promise.resolve(line);
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }

  async #connect(): Promise<Line> {
    if (this.#dead !== undefined) throw this.#dead;
    this.close();
    const before = this.#at;
    const at = before ?? (await this.#locate(false));
    try {
      return this.#take(await this.#home.connect(this, at));
    } catch (error) {
      if (before === undefined) throw error;
      // The process may listen elsewhere now, or be gone: its resolver knows.
      const now = await this.#locate(true).catch((unknown: unknown) => {
        throw this.#dead ?? (unknown instanceof ComError && unknown.remote ? unknown : error);
      });
      return this.#take(await this.#home.connect(this, now));
    }
  }

  #take(line: Line): Line {
    this.#line = line;
    return line;
  }

  async #locate(again: boolean): Promise<ResolvedOxid> {
    try {
      const at = await this.#home.locate(this, again);
      if (!this.versionProven) this.version = negotiate(at.version);
      return (this.#at = at);
    } catch (error) {
      if (error instanceof ComError && error.code === OR_INVALID_OXID) {
        this.#dead = new ComError(HResult.RPC_E_DISCONNECTED, "the object's process has ended", {
          cause: error,
        });
        throw this.#dead;
      }
      throw error;
    }
  }

  /** Older peers refuse what is too new (RPC_E_VERSION_MISMATCH), newer ones what is too old (RPC_E_INVALID_HEADER). */
  #otherVersion(code: number, tried: ReadonlySet<number>): number | undefined {
    if (this.versionProven) return undefined;
    if (code !== HResult.RPC_E_VERSION_MISMATCH && code !== HResult.RPC_E_INVALID_HEADER) return undefined;
    for (let minor = comVersion.minor; minor >= lowestMinor; minor--) if (!tried.has(minor)) return minor;
    return undefined;
  }
}

const OR_INVALID_OXID = 0x80070776;
