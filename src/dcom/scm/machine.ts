import { type Clock, ComError, type Guid, HResult, type Logger } from "../../base/index.ts";
import { type DualStringArray, bindingsKey } from "../dual-string-array.ts";
import type { TraceEvent, TraceRequest } from "../observe/event-trace.ts";
import type { PingTransport } from "../ping/ping-client.ts";
import type {
  ClassRegistration,
  ExporterCalls,
  ExporterRegistration,
  ExporterSession,
  MachineResolver,
  Oid,
  Oxid,
  ResolvedOxid,
  RunningLines,
} from "../resolver-contract.ts";
import {
  ActivationService,
  type ScmActivated,
  type ScmActivation,
  surrogateKey,
} from "./activation-service.ts";
import type { ClassCatalog } from "./catalog.ts";
import { ClassTable, type RegisteredClass } from "./class-table.ts";
import { ActivationGates } from "./gates.ts";
import type { Launch } from "./launcher.ts";
import { Launches } from "./launches.ts";
import { clearLeftovers } from "./leftovers.ts";
import { ObjectLife } from "./object-life.ts";
import { type MachineProcess, ProcessTable } from "./processes.ts";
import { RunningService, rotAllowAnyClient } from "./running-service.ts";
import type { ScmSettings } from "./settings.ts";
import {
  type ClassSnapshot,
  type MachineSnapshot,
  type ObjectHolders,
  type ProcessSnapshot,
  statusWithin,
} from "./snapshot.ts";

export interface MachineOptions {
  readonly home: string;
  readonly catalog: ClassCatalog;
  readonly settings: () => ScmSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly launch: Launch;
  readonly surrogateCommand: readonly string[];
  /** Where the resolver answers; known once the listeners are open. */
  readonly resolverBindings: () => DualStringArray;
  /** Addresses listened on for other machines. */
  readonly listening?: () => readonly string[];
  /** Carries our pings to other machines. */
  readonly pings: PingTransport;
  /** Closes this SCM in favour of another; absent for one that stays. */
  readonly giveWay?: (() => Promise<void>) | undefined;
}

/** Milliseconds after which a process whose link broke has ended, if it was killed. */
const untilDead = 1000;

/**
 * The service control manager without its wires: the processes of one machine, their OXIDs, classes and objects, and activation.
 * Local processes reach it through the link in the home, other machines through the RPC interfaces.
 */
export class Machine implements MachineResolver {
  readonly processes: ProcessTable;
  readonly classes: ClassTable<MachineProcess> = new ClassTable<MachineProcess>();
  readonly life: ObjectLife;
  readonly activation: ActivationService;
  readonly running: RunningService;
  readonly options: MachineOptions;
  readonly #launches: Launches;
  readonly #sessions = new Map<MachineProcess, MachineSession>();

  constructor(options: MachineOptions) {
    this.options = options;
    const { settings, catalog, logger, clock, launch, surrogateCommand } = options;
    const { launchTimeout, crashLimit, crashWindow, maxLaunches, maxProcesses, pingPeriod } = settings();
    this.processes = new ProcessTable(maxProcesses);
    const { pings } = options;
    this.life = new ObjectLife({
      clock,
      logger,
      pingPeriod,
      pings,
      ownerOf: (oid) => this.processes.ownerOf(oid),
    });
    this.#launches = new Launches({
      launch,
      clock,
      logger,
      launchTimeout,
      crashLimit,
      crashWindow,
      maxLaunches,
    });
    this.running = new RunningService({
      most: () => settings().maxRunningPerProcess,
      logger,
      mayServeAnybody: (process) => this.#mayServeAnybody(process),
      timeout: () => settings().activationTimeout,
    });
    this.activation = new ActivationService({
      catalog,
      classes: this.classes,
      processes: () => this.processes.all(),
      launches: this.#launches,
      gates: new ActivationGates(settings, catalog, logger),
      settings,
      clock,
      logger,
      surrogateCommand,
    });
  }

  async join(registration: ExporterRegistration, exporter: ExporterCalls): Promise<MachineSession> {
    const process = this.processes.add(registration, exporter);
    const session = new MachineSession(this, process);
    this.#sessions.set(process, session);
    this.options.logger.info(
      { pid: registration.pid, oxid: process.oxid.toString(16) },
      `${registration.name} joined`,
    );
    return session;
  }

  activate(request: ScmActivation): Promise<ScmActivated> {
    return this.activation.activate(request);
  }

  resolve(oxid: Oxid): ResolvedOxid | undefined {
    const process = this.processes.find(oxid);
    return process === undefined ? undefined : resolved(process);
  }

  /** A process is gone: its OXID, classes, objects and references go with it. */
  leave(process: MachineProcess): void {
    if (!process.alive) return;
    this.processes.remove(process);
    this.classes.removeOwner(process);
    this.running.table.removeOwner(process);
    this.life.leave(process);
    const { pid, name } = process.registration;
    this.options.logger.info({ pid, oxid: process.oxid.toString(16) }, `${name} left`);
    this.#sessions.get(process)?.ended();
    this.#sessions.delete(process);
    this.options.clock.after(untilDead, () => clearLeftovers(process.registration));
  }

  register(process: MachineProcess, registration: ClassRegistration): number {
    const { clsid, uses, suspended } = registration;
    const { maxClassesPerProcess } = this.options.settings();
    if (this.classes.of(process).length >= maxClassesPerProcess) {
      const message = `one process may register ${maxClassesPerProcess} classes`;
      throw new ComError(HResult.E_OUTOFMEMORY, message);
    }
    const entry = this.classes.add(process, clsid, uses, suspended);
    if (!suspended) this.#visible(entry);
    return entry.cookie;
  }

  resume(process: MachineProcess): void {
    for (const entry of this.classes.resume(process)) this.#visible(entry);
  }

  /** What `comity ps` shows. Processes that do not answer in time are shown without their objects. */
  async snapshot(): Promise<MachineSnapshot> {
    const processes = await Promise.all(this.processes.all().map((process) => this.#snapshotOf(process)));
    return {
      home: this.options.home,
      pid: process.pid,
      resolver: this.options.resolverBindings(),
      pingPeriod: this.options.settings().pingPeriod,
      launching: this.#launches.size,
      // Each has said what it holds before it described itself.
      processes: processes.map((process) => ({ ...process, holders: this.#holdersOf(process) })),
      pings: this.life.snapshot(),
    };
  }

  /** The last events of a process, turned on or off on the way. Throws E_INVALIDARG for a process that is not there. */
  trace(oxid: Oxid, request: TraceRequest): Promise<readonly TraceEvent[]> {
    const process = this.processes.find(oxid);
    if (process === undefined)
      throw new ComError(
        HResult.E_INVALIDARG,
        `no process of this machine has the OXID ${oxid.toString(16)}`,
      );
    return process.exporter.trace(request);
  }

  close(): void {
    this.#launches.close();
    for (const process of this.processes.all()) this.leave(process);
    this.life.close();
  }

  #visible(entry: RegisteredClass<MachineProcess>): void {
    const { clsid, uses, owner } = entry;
    if (uses === "surrogate") owner.surrogateFor = this.#surrogateKeyOf(clsid);
    this.activation.registered(clsid, uses);
    const token = owner.registration.launchToken;
    if (token !== undefined) this.#launches.registered(token, clsid, uses === "surrogate");
  }

  /** Launched by this SCM for an AppID with RunAs or ROTFlags. */
  #mayServeAnybody(process: MachineProcess): boolean {
    if (process.registration.launchToken === undefined) return false;
    return this.classes.of(process).some(({ clsid }) => {
      const server = this.options.catalog.find(clsid);
      return server?.runAs !== undefined || ((server?.rotFlags ?? 0) & rotAllowAnyClient) !== 0;
    });
  }

  #surrogateKeyOf(clsid: Guid): string | undefined {
    const server = this.options.catalog.find(clsid);
    return server === undefined ? undefined : surrogateKey(server);
  }

  async #snapshotOf(process: MachineProcess): Promise<ProcessSnapshot> {
    const { pid, name, bindings } = process.registration;
    const status = await statusWithin(process.exporter.describe(), 2000, this.options.clock);
    return {
      pid,
      name,
      oxid: process.oxid,
      endpoints: bindings.strings.map(({ address }) => address),
      launched: process.registration.launchToken !== undefined,
      surrogateFor: process.surrogateFor,
      classes: this.classes.of(process).map(({ clsid, uses, suspended }): ClassSnapshot => {
        return { clsid, name: this.options.catalog.find(clsid)?.name ?? clsid, uses, suspended };
      }),
      status,
      holders: [],
    };
  }

  #holdersOf({ status }: ProcessSnapshot): ObjectHolders[] {
    const all = (status?.objects ?? []).map(({ oid }) => this.life.holders(oid));
    return all.filter(({ oxids, sets }) => oxids.length + sets > 0);
  }
}

/** One process's standing with the machine it joined; see {@link ExporterSession}. */
export class MachineSession implements ExporterSession {
  readonly process: MachineProcess;
  readonly closed: Promise<void>;
  readonly #machine: Machine;
  #end: () => void = () => undefined;

  constructor(machine: Machine, process: MachineProcess) {
    this.#machine = machine;
    this.process = process;
    this.closed = new Promise((resolve) => (this.#end = resolve));
  }

  get oxid(): Oxid {
    return this.process.oxid;
  }

  get oidPrefix(): number {
    return this.process.oidPrefix;
  }

  get resolverBindings(): DualStringArray {
    return this.#machine.options.resolverBindings();
  }

  get pingPeriod(): number {
    return this.#machine.options.settings().pingPeriod;
  }

  exported(oids: readonly Oid[], within?: number): void {
    if (this.process.alive) this.#machine.life.exported(oids, within);
  }

  withdrawn(oids: readonly Oid[]): void {
    if (this.process.alive) this.#machine.life.withdrawn(oids);
  }

  references(resolver: DualStringArray, added: readonly Oid[], dropped: readonly Oid[]): void {
    if (!this.process.alive) return;
    const own = bindingsKey(resolver) === bindingsKey(this.resolverBindings);
    if (own) this.#machine.life.heldHere(this.process, added, dropped);
    else this.#machine.life.heldElsewhere(this.process, resolver, added, dropped);
  }

  async resolve(oxid: Oxid): Promise<ResolvedOxid | undefined> {
    return this.#machine.resolve(oxid);
  }

  async registerClass(registration: ClassRegistration): Promise<number> {
    if (!this.process.alive) {
      throw new ComError(HResult.CO_E_SERVER_STOPPING, "the process has left its machine");
    }
    return this.#machine.register(this.process, registration);
  }

  async revokeClass(cookie: number): Promise<void> {
    if (!this.#machine.classes.remove(this.process, cookie)) {
      throw new ComError(HResult.CO_E_OBJNOTREG, `no class is registered with the cookie ${cookie}`);
    }
  }

  async resumeClasses(): Promise<void> {
    this.#machine.resume(this.process);
  }

  readonly running: RunningLines = {
    register: async (line) => {
      if (this.process.alive) return this.#machine.running.register(this.process, line);
      throw new ComError(HResult.CO_E_SERVER_STOPPING, "the process has left its machine");
    },
    note: async (line, changed) => this.#machine.running.table.note(this.process, line, changed),
    revoke: async (line) => void this.#machine.running.table.remove(this.process, line),
  };

  /** The machine has let the process go. */
  ended(): void {
    this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#machine.leave(this.process);
  }
}

/** What ResolveOxid answers for a process. */
export function resolved(process: MachineProcess): ResolvedOxid {
  const { bindings, ipidRemUnknown, authenticationHint, version } = process.registration;
  return { bindings, ipidRemUnknown, authenticationHint, version };
}
