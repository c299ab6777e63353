import { type ClientMechanism, ntlmClient } from "../auth/index.ts";
import { ComError, type Guid, HResult, failed, guid } from "../base/index.ts";
import {
  type ActivationRequest,
  type ActivationResult,
  type Activator,
  type ApartmentPlacer,
  ClassContext,
  type ClassObjectUse,
  type Credentials,
  type IUnknown,
  type Remoting,
  type RunningObjects,
  type Runtime,
  type ServerInfo,
  type SharedReferences,
  actingCaller,
} from "../com/index.ts";
import type { AuthenticationLevel, ImpersonationLevelValue } from "../auth/index.ts";
import { RemoteActivationClient } from "./activation/client.ts";
import { splitAddress } from "./client/endpoints.ts";
import type { CallSecurity } from "./client/security.ts";
import type { ObjectMarshaler } from "./marshaler.ts";
import type { ChannelHook } from "./orpc/hooks.ts";
import type { Origin } from "./marshaling.ts";
import { ObjectSide, type ObjectSideOptions } from "./object-side.ts";
import { decodeObjref } from "./objref.ts";
import { MachineRunningObjects } from "./running-objects.ts";
import type { ActivatedInterface, ActivationSource, Oxid, ResolvedOxid } from "./resolver-contract.ts";
import { ClassServer, type LoadClass } from "./scm/class-server.ts";
import { DirectActivators } from "./scm/direct-activation.ts";
import type { LocalMachine } from "./scm/local-machine.ts";

export interface RemotingOptions extends Omit<ObjectSideOptions, "resolver" | "activate" | "launchToken"> {
  readonly runtime: Runtime;
  /** The way to this machine's SCM; closed with the remoting. */
  readonly machine: LocalMachine;
  /** COMITY_LAUNCH: given by the SCM to programs it started. Default: from the environment. */
  readonly launchToken?: string;
  /** Who this process is when calling other machines, unless an activation says otherwise. */
  readonly credentials?: Credentials;
  /** Level of calls to other machines, unless an activation says otherwise. Default: privacy. */
  readonly authenticationLevel?: AuthenticationLevel;
  /** How credentials are proven. Default: NTLM. */
  readonly mechanismFor?: (credentials: Credentials) => ClientMechanism;
  /** Loads classes nobody registered here: what makes a process a surrogate. */
  readonly loadClass?: LoadClass;
  /** Puts in-process classes into other apartments of this process. */
  readonly placer?: ApartmentPlacer;
  /** What the threads of this process share. */
  readonly sharedReferences?: SharedReferences;
}

/** Everything that leads out of one process: marshaling, activation here and elsewhere. Open it with the runtime: `Runtime.open({ remoting })`. */
export class DcomRemoting implements Remoting, Activator {
  /** Objects out and in. */
  readonly side: ObjectSide;
  readonly machine: LocalMachine;
  /** The machine's Running Object Table. */
  readonly running: RunningObjects;
  readonly #options: RemotingOptions;
  readonly #classes: ClassServer;
  readonly #remote: RemoteActivationClient;
  readonly #direct: DirectActivators;
  readonly #securities: { readonly asked: ServerInfo; readonly security: CallSecurity }[] = [];

  private constructor(
    options: RemotingOptions,
    side: ObjectSide,
    classes: ClassServer,
    running: RunningObjects,
  ) {
    this.running = running;
    this.#options = options;
    this.side = side;
    this.machine = options.machine;
    this.#classes = classes;
    this.#remote = new RemoteActivationClient(side.connections, side.resolverClient);
    this.#direct = new DirectActivators(options.runtime, side.marshaler);
  }

  static async open(options: RemotingOptions): Promise<DcomRemoting> {
    const { runtime, machine, loadClass, launchToken = process.env["COMITY_LAUNCH"], ...rest } = options;
    const classes = new ClassServer(runtime, loadClass);
    const security = rest.security ?? ownSecurity(options);
    const appLevel = levelOfApplication();
    const running = new MachineRunningObjects(machine);
    const side: ObjectSide = await ObjectSide.open({
      ...(appLevel === undefined ? {} : { minimumLevel: appLevel, authenticationHint: appLevel }),
      contracts: runtime,
      ...rest,
      resolver: machine,
      classes: runtime.referenceClasses,
      ...(security === undefined ? {} : { security }),
      ...(launchToken === undefined ? {} : { launchToken }),
      activate: (request) => classes.activate(request, side.marshaler),
      running: (line, what) => running.give(line, what),
      processOf: async (oxid) =>
        (await machine.snapshot()).processes.find((process) => process.oxid === oxid)?.pid,
    });
    running.connect(side);
    return new DcomRemoting(options, side, classes, running);
  }

  get marshaler(): ObjectMarshaler {
    return this.side.marshaler;
  }

  get placer(): ApartmentPlacer | undefined {
    return this.#options.placer;
  }

  get sharedReferences(): SharedReferences | undefined {
    return this.#options.sharedReferences;
  }

  /**
   * Lets an interceptor see every call of the process from now on, on both sides, and send data along (CoRegisterChannelHook). Disposing takes it out
   * again. Throws E_INVALIDARG when there is one for its extension already.
   */
  registerChannelHook(hook: ChannelHook): Disposable {
    return this.side.marshaler.registerChannelHook(hook);
  }

  get activator(): Activator {
    return this;
  }

  /** On this machine through its SCM, on another through that one's (CoCreateInstanceEx, CoGetClassObject beyond the process). */
  async activate(request: ActivationRequest): Promise<readonly ActivationResult[]> {
    const { machine } = request.server;
    if (machine !== undefined) return this.#activateOn(machine, request);
    const { clsid, iids, classObject, context, options } = request;
    const client = actingClient();
    // The short way asks nobody's permission.
    const direct = client === undefined ? await this.#createDirectly(request) : undefined;
    if (direct !== undefined) return [direct];
    const source = await this.#sourceOf(request);
    const remoteOnly =
      (context & (ClassContext.LOCAL_SERVER | ClassContext.REMOTE_SERVER)) === ClassContext.REMOTE_SERVER;
    const activated = await this.machine.activate(
      { clsid, iids, classObject, remoteOnly, ...(source && { source }), ...(client && { client }) },
      options,
    );
    if ("machine" in activated) return this.#activateOn(activated.machine, request);
    this.#learn(activated.oxid, activated.exporter, activated.interfaces);
    const results = await this.#results(activated.interfaces, undefined);
    const { activator } = activated;
    if (activator !== undefined && client === undefined && activated.oxid !== this.side.exporter.oxid)
      this.#direct.learn(clsid, activator);
    return results;
  }

  /** One object with one interface, from a server that was met before. */
  async #createDirectly(request: ActivationRequest): Promise<ActivationResult | undefined> {
    const { clsid, iids, classObject, context, source, options } = request;
    const [iid] = iids;
    if (classObject || source !== undefined || iid === undefined || iids.length > 1) return undefined;
    if ((context & ClassContext.LOCAL_SERVER) === 0) return undefined;
    try {
      const pointer = await this.#direct.create(clsid, iid, options);
      return pointer && { iid, hresult: HResult.S_OK, pointer };
    } catch (error) {
      return { iid, hresult: ComError.from(error).code };
    }
  }

  /** Tells the SCM that this process serves a class. Dispose to revoke it. */
  async registerClassObject(clsid: Guid, factory: object, use: ClassObjectUse): Promise<AsyncDisposable> {
    const { link } = this.side.exporter;
    const served = this.#classes.add(clsid, factory);
    try {
      const id = await link.registerClass({ clsid, uses: use.uses, suspended: use.suspended });
      return {
        [Symbol.asyncDispose]: async () => {
          served[Symbol.dispose]();
          await link.revokeClass(id).catch(() => undefined); // a class of single use is gone once it was used
        },
      };
    } catch (error) {
      served[Symbol.dispose]();
      throw error;
    }
  }

  resumeClassObjects(): Promise<void> {
    return this.side.exporter.link.resumeClasses();
  }

  forgetMachine(machine: string): void {
    const { host } = splitAddress(machine);
    this.side.importer.forgetMachine(host);
    this.#remote.forgetMachine(host);
  }

  /** Tells the SCM that this process can load any class that belongs to the AppID of `clsid` (a surrogate). */
  async serveAsSurrogate(clsid: Guid): Promise<void> {
    await this.side.exporter.link.registerClass({ clsid, uses: "surrogate", suspended: false });
  }

  /** True while nobody outside holds a reference to an object of this process and no activation is under way. */
  get idle(): boolean {
    const { table } = this.side.exporter;
    const own = ownObjects + (this.#classes.activatorGiven ? 1 : 0);
    const inThreads = this.#options.neighbours?.objects ?? 0;
    return table.size <= own && inThreads <= 0 && this.#classes.underWay === 0;
  }

  /** True once the SCM has passed an activation on to this process. */
  get used(): boolean {
    return this.#classes.served > 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.neighbours?.close?.();
    this.#direct.clear();
    await this.side[Symbol.asyncDispose]();
    await this.machine[Symbol.asyncDispose]();
    this.#options.neighbours?.closed?.();
  }

  async #activateOn(machine: string, request: ActivationRequest): Promise<ActivationResult[]> {
    const { clsid, iids, classObject, context, server, options } = request;
    const security = this.#securityFor(machine, server);
    const source = await this.#sourceOf(request);
    const asked = { clsid, iids, classObject, context, ...(source && { source }) };
    const activated = await this.#remote.activate(machine, asked, security, options);
    this.#learn(activated.oxid, activated.exporter, activated.interfaces);
    const choice = { ...this.#options.choice, host: splitAddress(machine).host };
    return this.#results(activated.interfaces, { security, choice });
  }

  /** What the instance is loaded from as it travels: the storage as a reference to it. */
  async #sourceOf({ source }: ActivationRequest): Promise<ActivationSource | undefined> {
    if (source === undefined || "file" in source) return source;
    return { storage: await this.side.marshaler.marshalWhenReady(IID_IStorage, source.storage) };
  }

  /** The references of one activation come from the exporter it named: its address need not be asked for. */
  #learn(oxid: Oxid, exporter: ResolvedOxid, interfaces: readonly ActivatedInterface[]): void {
    for (const { objref } of interfaces) {
      const decoded = objref === undefined ? undefined : decodeObjref(objref);
      if (decoded === undefined || decoded.form === "custom" || decoded.std.oxid !== oxid) continue;
      this.side.importer.learn(oxid, decoded.resolver, exporter);
      return;
    }
  }

  async #results(
    interfaces: readonly ActivatedInterface[],
    origin: Origin | undefined,
  ): Promise<ActivationResult[]> {
    const results: ActivationResult[] = [];
    for (const { iid, hresult, objref } of interfaces) {
      if (failed(hresult) || objref === undefined) results.push({ iid, hresult });
      else results.push(await this.#result(iid, hresult, objref, origin));
    }
    return results;
  }

  async #result(
    iid: Guid,
    hresult: number,
    objref: Uint8Array,
    origin: Origin | undefined,
  ): Promise<ActivationResult> {
    try {
      const pointer: IUnknown = await this.side.marshaler.unmarshalWhenReady(iid, objref, origin);
      return { iid, hresult, pointer };
    } catch (error) {
      return { iid, hresult: ComError.from(error).code };
    }
  }

  /** One security for equal wishes, so that their references share connections and logons. */
  #securityFor(machine: string, server: ServerInfo): CallSecurity {
    const credentials = server.credentials ?? this.#options.credentials;
    const level = levelOf(server.authenticationLevel ?? this.#options.authenticationLevel ?? 6);
    if (credentials === undefined && level > 1) {
      const message = `${machine} wants to know who calls: credentials are needed`;
      throw new ComError(HResult.E_ACCESSDENIED, message, { gate: "logon" });
    }
    const impersonationLevel = server.impersonationLevel ?? 2;
    const asked: ServerInfo = {
      ...(credentials && { credentials }),
      authenticationLevel: level,
      impersonationLevel,
    };
    const known = this.#securities.find((entry) => sameWish(entry.asked, asked));
    if (known !== undefined) return known.security;
    if (level < leastSafeLevel) {
      const message = `calls to ${machine} go out at level ${level}: what is sent can be read and changed on the way`;
      this.#options.logger?.warn({ machine, level }, message);
    }
    const makeMechanism = this.#options.mechanismFor ?? ntlmClient;
    const security: CallSecurity = {
      ...(credentials && { mechanism: makeMechanism(credentials) }),
      level,
      impersonation: impersonationOf(impersonationLevel),
    };
    this.#securities.push({ asked, security });
    if (this.#securities.length > mostSecurities) this.#securities.shift();
    return security;
  }
}

/** How references that come from elsewhere are called (callbacks, references passed on): as this process, when it has an identity. */
function ownSecurity(options: RemotingOptions): CallSecurity | undefined {
  const { credentials, authenticationLevel = 6, mechanismFor = ntlmClient } = options;
  if (credentials === undefined) return undefined;
  return { mechanism: mechanismFor(credentials), level: levelOf(authenticationLevel), impersonation: 2 };
}

const IID_IStorage: Guid = guid("0000000b-0000-0000-c000-000000000046");

/** Objects that an exporter exports for itself: its IRemUnknown. */
const ownObjects = 1;

/** Packet integrity: what patched Windows wants at least. */
const leastSafeLevel = 5;

/** Most different identities remembered. */
const mostSecurities = 256;

function sameWish(a: ServerInfo, b: ServerInfo): boolean {
  return (
    a.authenticationLevel === b.authenticationLevel &&
    a.impersonationLevel === b.impersonationLevel &&
    sameFields(a.credentials, b.credentials)
  );
}

/** Every field counts, also those (a hash instead of the password) that only the mechanism knows. */
function sameFields(a: Credentials | undefined, b: Credentials | undefined): boolean {
  const fields = new Map(Object.entries(a ?? {}));
  const others = Object.entries(b ?? {});
  return fields.size === others.length && others.every(([name, value]) => fields.get(name) === value);
}

/** AuthenticationLevel of the AppID this process was launched for: what its callers must use at least. */
function levelOfApplication(): AuthenticationLevel | undefined {
  const text = process.env["COMITY_AUTHENTICATION_LEVEL"];
  return text === undefined || text === "" ? undefined : levelOf(Number(text));
}

function levelOf(value: number): AuthenticationLevel {
  if (value >= 1 && value <= 6 && Number.isInteger(value)) return value as AuthenticationLevel;
  throw new ComError(HResult.E_INVALIDARG, `${value} is no authentication level (1 to 6)`);
}

function impersonationOf(value: number): ImpersonationLevelValue {
  if (value >= 1 && value <= 4 && Number.isInteger(value)) return value as ImpersonationLevelValue;
  throw new ComError(HResult.E_INVALIDARG, `${value} is no impersonation level (1 to 4)`);
}

/** For `Runtime.open({ remoting: (runtime) => createRemoting({ runtime, ... }) })`. */
export function createRemoting(options: RemotingOptions): Promise<DcomRemoting> {
  return DcomRemoting.open(options);
}

/** The client in whose name this chain acts; undefined when it acts as its process. */
function actingClient(): { readonly account?: string; readonly sid?: string } | undefined {
  const { local, account, sid } = actingCaller();
  if (local) return undefined;
  return { ...(account !== undefined && { account }), ...(sid !== undefined && { sid }) };
}
