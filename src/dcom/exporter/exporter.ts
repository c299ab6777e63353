import {
  type Clock,
  ComError,
  type Guid,
  HResult,
  type Limits,
  type Logger,
  guidToBytes,
} from "../../base/index.ts";
import { threadId } from "node:worker_threads";
import { Identity, type MarshalOptions, currentApartment, identityOf } from "../../com/index.ts";
import type { StubManager } from "./stub-manager.ts";
import { type Dispatcher, ENCODINGS, type RpcServer, type SyntaxId } from "../../rpc/index.ts";
import { comVersion } from "../com-version.ts";
import type { DualStringArray } from "../dual-string-array.ts";
import { IRemUnknown, IRemUnknown2 } from "../gen/dcom.ts";
import type { Marshaling } from "../marshaling.ts";
import { encodeObjref } from "../objref.ts";
import type {
  ExporterActivated,
  ExporterActivation,
  ExporterSession,
  ExporterStatus,
  MachineResolver,
  Oxid,
  RunningWhat,
} from "../resolver-contract.ts";
import type { TraceSwitch } from "../observe/event-trace.ts";
import { SORF_NOPING, type StdObjref } from "../std-objref.ts";
import { type AccessGate, type DispatcherHost, OrpcDispatcher } from "./dispatcher.ts";
import type { InterfaceEntry } from "./interface-entry.ts";
import { ipidOf } from "./ipid-table.ts";
import { MachineLink } from "./machine-link.ts";
import { ObjectTable } from "./object-table.ts";
import { RemUnknown, type RemUnknownHost } from "./rem-unknown.ts";

export interface ExporterOptions {
  /** The machine's resolver: the SCM's socket, or the SCM inside this process. */
  readonly resolver: MachineResolver;
  /** Listens already; the exporter adds its interfaces. */
  readonly server: RpcServer;
  /** Where the server listens, as string bindings, with its security services. */
  readonly bindings: DualStringArray;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly limits: Limits;
  /** What a person calls this process. */
  readonly name: string;
  /** The level clients should call with (authnHint). */
  readonly authenticationHint: number;
  readonly launchToken?: string | undefined;
  /** Access permission; default: whoever passes the server's minimum level. */
  readonly accessGate?: AccessGate | undefined;
  /** Encodings of calls that are taken, the preferred one first; default: NDR 2.0, NDR64. */
  readonly transferSyntaxes?: readonly SyntaxId[] | undefined;
  readonly trace: TraceSwitch;
  /** Serves activations the SCM passes on. Default: CLASS_E_CLASSNOTAVAILABLE. */
  readonly activate?: ((request: ExporterActivation) => Promise<ExporterActivated>) | undefined;
  /** What stands behind a line of the Running Object Table. Default: nothing. */
  readonly running?: ((line: number, what: RunningWhat) => Promise<Uint8Array>) | undefined;
  /** The process has joined another SCM after the first one was gone. */
  readonly rejoined?: (() => void) | undefined;
  /** The machine wants to know how things stand: what was not told yet is told now. */
  readonly describing?: (() => void) | undefined;
  /** The SCM asks the process to end. */
  readonly shutdown?: ((milliseconds: number) => void) | undefined;
}

/** The objects of this process that others may call: an object exporter ([MS-DCOM] 3.1.1). */
export class ObjectExporter implements DispatcherHost, RemUnknownHost, AsyncDisposable {
  readonly table: ObjectTable;
  readonly limits: Limits;
  readonly marshaling: Marshaling;
  readonly accessGate: AccessGate | undefined;
  readonly transferSyntaxes: readonly SyntaxId[];
  calls = 0;
  readonly #options: ExporterOptions;
  readonly #dispatchers = new Map<Guid, Dispatcher>();
  readonly #own: InterfaceEntry;
  #link: MachineLink | undefined;

  private constructor(options: ExporterOptions, marshaling: Marshaling) {
    this.#options = options;
    this.limits = options.limits;
    this.marshaling = marshaling;
    this.accessGate = options.accessGate;
    this.transferSyntaxes = options.transferSyntaxes ?? ENCODINGS;
    this.table = new ObjectTable(
      options.clock,
      {
        exported: (oids, within) => {
          options.trace.add({ kind: "exported", what: `${oids.length} objects` });
          this.#link?.exported(oids, within);
        },
        withdrawn: (oids) => {
          options.trace.add({ kind: "withdrawn", what: `${oids.length} objects` });
          this.#link?.withdrawn(oids);
        },
      },
      marshaling.proxyStubs,
    );
    this.#own = this.table.export(identityOf(new RemUnknown(this)), IRemUnknown2.iid);
    this.table.grant(this.#own, { kind: "tableStrong", noPing: true });
    // NDR 2.0 where the client offers both, whatever objects prefer: as Windows does.
    const own = ENCODINGS.filter(({ uuid }) => this.transferSyntaxes.some((one) => one.uuid === uuid));
    this.#dispatchers.set(IRemUnknown.iid, new OrpcDispatcher(this, IRemUnknown.iid, own));
    this.#dispatchers.set(IRemUnknown2.iid, new OrpcDispatcher(this, IRemUnknown2.iid, own));
    options.server.registerFallback((syntax) => this.#dispatcherFor(syntax));
  }

  /** Joins the machine. */
  static async open(options: ExporterOptions, marshaling: Marshaling): Promise<ObjectExporter> {
    const exporter = new ObjectExporter(options, marshaling);
    try {
      exporter.#link = await exporter.#join();
    } catch (error) {
      exporter.table[Symbol.dispose]();
      throw error;
    }
    exporter.table.joined(exporter.link.oidPrefix, exporter.link.pingPeriod);
    return exporter;
  }

  /** The standing with the machine's SCM. */
  get link(): MachineLink {
    if (this.#link === undefined)
      throw new ComError(HResult.CO_E_NOTINITIALIZED, "the process has not joined its machine");
    return this.#link;
  }

  get oxid(): Oxid {
    return this.link.oxid;
  }

  get ipidRemUnknown(): Guid {
    return ipidOf(this.#own);
  }

  isOwn(entry: InterfaceEntry): boolean {
    return entry === this.#own;
  }

  /** The OBJREF of an object of this process, references taken for one receiver. Throws E_NOINTERFACE. */
  marshal(iid: Guid, object: object, options?: MarshalOptions, handler?: Guid): Uint8Array {
    const entry = this.table.export(identityOf(object), iid);
    this.serve(entry.iid);
    return this.#objref(entry, options, handler);
  }

  objrefOf(entry: InterfaceEntry): Uint8Array {
    this.serve(entry.iid);
    return this.#objref(entry, undefined);
  }

  #objref(entry: InterfaceEntry, options: MarshalOptions | undefined, handler?: Guid): Uint8Array {
    const publicRefs = this.table.grant(entry, options);
    const { manager } = entry;
    const std: StdObjref = {
      flags: manager.noPing ? SORF_NOPING : 0,
      publicRefs,
      oxid: this.oxid,
      oid: manager.oid,
      ipid: ipidOf(entry),
    };
    const { iid } = entry;
    const resolver = this.link.resolverBindings;
    const plain = options?.plain === true;
    if (handler !== undefined && !plain)
      return encodeObjref({ form: "handler", iid, std, clsid: handler, resolver });
    if (options?.envoy === undefined || plain) return encodeObjref({ form: "standard", iid, std, resolver });
    return encodeObjref({ form: "extended", iid, std, resolver, elements: [options.envoy] });
  }

  /** The object behind a reference to this process. Throws RPC_E_DISCONNECTED when it is not exported any more. */
  find(std: StdObjref): InterfaceEntry {
    const entry = this.table.ipids.find(guidToBytes(std.ipid));
    if (entry === undefined) {
      throw new ComError(
        HResult.RPC_E_DISCONNECTED,
        "the reference leads to an object of this process that is gone",
      );
    }
    return entry;
  }

  /** Gives back what a reference to this process carries; a table reference ends. */
  release(std: StdObjref): void {
    const entry = this.table.ipids.find(guidToBytes(std.ipid));
    if (entry === undefined || entry === this.#own) return;
    if (std.publicRefs > 0) this.table.release(entry, std.publicRefs, 0, "");
    else this.table.releaseTable(entry);
  }

  disconnect(object: object): void {
    this.table.disconnect(identityOf(object));
  }

  /** Cuts all that others hold here, but for what the protocol itself needs. */
  disconnectAll(): void {
    this.table.disconnectAll((manager) => manager !== this.#own.manager && !isActivator(manager));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#options.trace[Symbol.dispose]();
    this.table[Symbol.dispose]();
    await this.#link?.[Symbol.asyncDispose]();
  }

  /** Clients may bind to interfaces that were exported at least once. */
  #dispatcherFor(syntax: SyntaxId): Dispatcher | undefined {
    return syntax.version[0] === 0 && syntax.version[1] === 0
      ? this.#dispatchers.get(syntax.uuid)
      : undefined;
  }

  serve(iid: Guid): void {
    if (!this.#dispatchers.has(iid)) this.#dispatchers.set(iid, new OrpcDispatcher(this, iid));
  }

  #join(): Promise<MachineLink> {
    const { resolver, bindings, clock, logger, name, authenticationHint, launchToken } = this.#options;
    return MachineLink.join({
      resolver,
      registration: {
        pid: process.pid,
        name,
        bindings,
        ipidRemUnknown: this.ipidRemUnknown,
        authenticationHint,
        version: comVersion,
        ...(launchToken === undefined ? {} : { launchToken }),
      },
      exporter: {
        rundown: (oids) => this.table.rundown(oids),
        activate: (request) => this.#activate(request),
        describe: () => Promise.resolve(this.#describe()),
        trace: async (request) => this.#options.trace.read(request),
        shutdown: (milliseconds) => this.#options.shutdown?.(milliseconds),
        running: (line, what) => this.#running(line, what),
      },
      clock,
      logger,
      rejoined: (session) => this.#rejoined(session),
    });
  }

  async #running(line: number, what: RunningWhat): Promise<Uint8Array> {
    const found = await this.#options.running?.(line, what);
    if (found !== undefined) return found;
    throw new ComError(HResult.MK_E_UNAVAILABLE, "this process names no running objects");
  }

  #rejoined(session: ExporterSession): void {
    this.table.joined(session.oidPrefix, session.pingPeriod);
    this.table.reportAll();
    this.#options.rejoined?.();
  }

  async #activate(request: ExporterActivation): Promise<ExporterActivated> {
    const { activate } = this.#options;
    if (activate === undefined) {
      throw new ComError(
        HResult.CLASS_E_CLASSNOTAVAILABLE,
        `this process serves no class {${request.clsid}}`,
      );
    }
    const started = this.#options.clock.monotonic();
    const ended = (hresult: number): void =>
      this.#options.trace.add({
        kind: "activation",
        what: request.clsid,
        took: Math.round(this.#options.clock.monotonic() - started),
        hresult,
        ...(request.caller.account && { caller: request.caller.account }),
      });
    try {
      const activated = await activate(request);
      ended(HResult.S_OK);
      return activated;
    } catch (error) {
      ended(ComError.from(error).code);
      throw error;
    }
  }

  #describe(): ExporterStatus {
    this.#options.describing?.();
    return {
      apartment: { kind: currentApartment().kind, thread: threadId },
      objects: this.table.describe(),
      connections: this.#options.server.connections,
      calls: this.calls,
    };
  }
}

/** The process's own activator, which clients were shown: nobody pings for it, and it keeps no server. */
function isActivator({ noPing, identity }: StubManager): boolean {
  return noPing && identity instanceof Identity && !identity.keepsServer;
}
