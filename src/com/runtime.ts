import {
  type Clock,
  ComError,
  type Guid,
  HResult,
  type Logger,
  failed,
  formatGuid,
  silentLogger,
  systemClock,
  tryParseGuid,
} from "../base/index.ts";
import type { Interface, InterfaceDescriptor } from "../ndr/index.ts";
import { join, resolve } from "node:path";
import { type Store, openStore } from "../store/index.ts";
import { ActivationContext } from "./activation-context.ts";
import { ActivationPath } from "./activation.ts";
import { assertUnknownForOuter, controllingIdentity, notAggregatable } from "./aggregation.ts";
import type { ClassDefinition } from "./class.ts";
import { makeClassObject } from "./class-object.ts";
import { IClassFactory } from "./gen/unknwnbase.ts";
import { type ClassEntry, ClassTable, contextOfUse } from "./class-table.ts";
import { ClassContext } from "./context.ts";
import { homeFolder } from "./home.ts";
import { type InstanceSource, defaultFileMode, machineOfPath } from "./instance-source.ts";
import { type Facet, type Identity, type IdentityHost, nameOf } from "./identity.ts";
import type { ContractSource } from "./interfaces.ts";
import { type Leak, LeakDetector } from "./leaks.ts";
import type { SharedReferences } from "./between-threads/shared-references.ts";
import { ServerLocks } from "./locks.ts";
import type { DefinedModule } from "./module.ts";
import { RuntimeReferenceClasses } from "./marshal/reference-classes.ts";
import { ModuleLoader } from "./module-loader.ts";
import { identityOf, pointerTo } from "./pointers.ts";
import { type InterfaceProvider, ProviderTable, errorInfoProvider } from "./provider.ts";
import { agileObjectProvider } from "./apartment/agile.ts";
import type {
  ActivationRequest,
  ActivationResult,
  Activator,
  ApartmentPlacer,
  Marshaler,
  Remoting,
  RunningObjects,
  ServerInfo,
} from "./remoting.ts";
import { RegisteredClasses } from "./registry/classes.ts";
import type { RegistrationOptions } from "./registry/register.ts";
import { Registry } from "./registry/registry.ts";
import type {
  ClassName,
  ClassRegistration,
  CreateOptions,
  InterfaceResults,
  RegisterOptions,
  RuntimeOptions,
} from "./runtime-options.ts";
import type { IUnknown } from "./unknown.ts";

/**
 * The component library, started (CoInitializeEx) and to be closed (CoUninitialize): creates objects, offers classes, and holds everything that
 * would otherwise be global. Several may live in one process.
 */
export class Runtime implements IdentityHost, AsyncDisposable {
  readonly home: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly leaks: LeakDetector | undefined;
  readonly registry: Registry;
  /** The classes the registry knows. */
  readonly classes: RegisteredClasses;
  /** Objects and locks that keep this process needed (CoAddRefServerProcess). */
  readonly locks: ServerLocks = new ServerLocks();
  readonly #leakPolicy: RuntimeOptions["leaks"];
  readonly #providers = new ProviderTable();
  readonly #table = new ClassTable((entry) => this.#used(entry));
  readonly #modules = new ModuleLoader();
  readonly #manifests: readonly ActivationContext[];
  readonly #store: Store | undefined;
  readonly #contracts: ContractSource | undefined;
  readonly #activation: ActivationPath;
  /** The classes that references name: unmarshalers, handlers, proxies and stubs. */
  readonly referenceClasses: RuntimeReferenceClasses;
  #remoting: Remoting | undefined;
  #closed = false;

  private constructor(options: RuntimeOptions, home: string, registry: Registry, store: Store | undefined) {
    this.home = home;
    this.registry = registry;
    this.classes = new RegisteredClasses(registry);
    this.#store = store;
    this.#manifests = (options.manifests ?? []).map((path) => new ActivationContext(path));
    this.logger = options.logger ?? silentLogger;
    this.clock = options.clock ?? systemClock;
    this.#leakPolicy = options.leaks;
    this.#contracts = options.contracts;
    this.leaks = options.leaks === undefined ? undefined : new LeakDetector((leak) => this.#leaked(leak));
    for (const provider of [errorInfoProvider, agileObjectProvider, ...(options.providers ?? [])])
      this.#providers.add(provider);
    this.#activation = new ActivationPath(this, this.#table, this.#modules, this.classes);
    this.referenceClasses = new RuntimeReferenceClasses(this, this.#table, this.#modules);
  }

  /** Starts the library. The caller closes it, best with `await using`. */
  static async open(options: RuntimeOptions = {}): Promise<Runtime> {
    const home = homeFolder(options.home);
    const clock = options.clock ?? systemClock;
    const store =
      options.registry === undefined ? await openStore({ path: join(home, "store"), clock }) : undefined;
    const registry = options.registry ?? new Registry(store as Store, { clock });
    const runtime = new Runtime(options, home, registry, store);
    try {
      runtime.#remoting = await options.remoting?.(runtime);
    } catch (error) {
      await store?.close();
      throw error;
    }
    return runtime;
  }

  /** Activation beyond the process; undefined when the runtime has no way out. */
  get activator(): Activator | undefined {
    return this.#remoting?.activator;
  }

  /** The running objects of the machine; undefined when the runtime has no way out. */
  get running(): RunningObjects | undefined {
    return this.#remoting?.running;
  }

  /** Where in-process classes live, when the runtime has more than one apartment. */
  get placer(): ApartmentPlacer | undefined {
    return this.#remoting?.placer;
  }

  /** What the threads of this process share; undefined when the runtime has no way out. */
  get sharedReferences(): SharedReferences | undefined {
    return this.#remoting?.sharedReferences;
  }

  /** As `createInstanceEx`, in the terms of the layers below: for those who pass activations on. */
  activateFor(request: ActivationRequest): Promise<readonly ActivationResult[]> {
    this.#assertOpen();
    return this.#activation.activate(request);
  }

  /** Marshals interface pointers. Throws CO_E_NOTINITIALIZED when the runtime has no way out of the process. */
  get marshaler(): Marshaler {
    if (this.#remoting === undefined) {
      throw new ComError(HResult.CO_E_NOTINITIALIZED, "this runtime was opened without remoting");
    }
    return this.#remoting.marshaler;
  }

  /**
   * Creates an object and answers a pointer to it (CoCreateInstance). The caller owns the pointer. Without `iface`, the coclass's default interface.
   * Throws REGDB_E_CLASSNOTREG, E_NOINTERFACE, CLASS_E_NOTLICENSED, and whatever the way there brings.
   */
  createInstance<T extends IUnknown>(
    name: ClassName<T>,
    iface?: undefined,
    options?: CreateOptions,
  ): Promise<T>;
  createInstance<T extends IUnknown>(
    name: ClassName,
    iface: Interface<T>,
    options?: CreateOptions,
  ): Promise<T>;
  async createInstance<T extends IUnknown>(
    name: ClassName<T>,
    iface?: Interface<T>,
    options: CreateOptions = {},
  ): Promise<T> {
    const wanted = iface ?? defaultInterface(name);
    if (options.outer !== undefined)
      return (await this.#createInner(name, wanted, options.outer, options)) as T;
    const [result] = await this.#activate(name, [wanted.iid], options, false);
    return pointerOf(result, wanted);
  }

  /** Creates one object and asks it for several interfaces in one round trip (CoCreateInstanceEx). Throws E_NOINTERFACE when it has none of them. */
  async createInstanceEx<const L extends readonly Interface<IUnknown>[]>(
    name: ClassName,
    interfaces: L,
    options: CreateOptions = {},
  ): Promise<InterfaceResults<L>> {
    const iids = interfaces.map((one) => one.iid);
    const results = await this.#activate(name, iids, options, false);
    if (results.every((one) => failed(one.hresult))) throw refusal(results[0], interfaces[0]);
    const pointers = results.map(({ iid, hresult, pointer }) => ({ iid, hresult, pointer }));
    return pointers as unknown as InterfaceResults<L>;
  }

  /**
   * Creates an object and has it load a file, where the object lives, before it is handed out (CoGetInstanceFromFile). A path of another machine
   * (`\\\\machine\\share\\file`) of a class whose AppID says ActivateAtStorage creates it there. The caller owns the pointer. Throws E_NOINTERFACE
   * when the object has no IPersistFile, and what its Load throws.
   */
  async createInstanceFromFile<T extends IUnknown>(
    name: ClassName,
    path: string,
    iface: Interface<T>,
    options: CreateOptions & {
      /** STGM bits for IPersistFile::Load. Default: STGM_READWRITE. */
      readonly mode?: number;
    } = {},
  ): Promise<T> {
    const { mode = defaultFileMode, ...create } = options;
    const atStorage = create.machine === undefined && this.classes.activatesAtStorage(this.clsidOf(name));
    const machine = atStorage ? machineOfPath(path) : create.machine;
    const where = { ...create, ...(machine === undefined ? {} : { machine }) };
    const [result] = await this.#activate(name, [iface.iid], where, false, { file: { name: path, mode } });
    return pointerOf(result, iface);
  }

  /**
   * Creates an object and has it load an open storage before it is handed out (CoGetInstanceFromIStorage). The storage stays the caller's, the pointer
   * is the caller's. Throws E_NOINTERFACE when the object has no IPersistStorage.
   */
  async createInstanceFromStorage<T extends IUnknown>(
    name: ClassName,
    storage: IUnknown,
    iface: Interface<T>,
    options: CreateOptions = {},
  ): Promise<T> {
    const [result] = await this.#activate(name, [iface.iid], options, false, { storage });
    return pointerOf(result, iface);
  }

  /** The class object of a class (CoGetClassObject), as IClassFactory unless told otherwise. The caller owns the pointer. */
  getClassObject(name: ClassName, iface?: undefined, options?: CreateOptions): Promise<IClassFactory>;
  getClassObject<T extends IUnknown>(
    name: ClassName,
    iface: Interface<T>,
    options?: CreateOptions,
  ): Promise<T>;
  async getClassObject<T extends IUnknown>(
    name: ClassName,
    iface?: Interface<T>,
    options: CreateOptions = {},
  ): Promise<T | IClassFactory> {
    const wanted: Interface<IUnknown> = iface ?? IClassFactory;
    const [result] = await this.#activate(name, [wanted.iid], options, true);
    return pointerOf(result, wanted) as T;
  }

  /**
   * Opens a class to activations (CoRegisterClassObject): of this process, and of others when the runtime has a way out. `what` is a class definition,
   * or a CLSID with a class object of one's own.
   */
  async registerClassObject(
    what: ClassDefinition | { readonly clsid: Guid; readonly factory: object },
    options: RegisterOptions = {},
  ): Promise<ClassRegistration> {
    this.#assertOpen();
    const { uses = "multiple" } = options;
    const context = contextOfUse(options.context, uses);
    const factory = "factory" in what ? what.factory : makeClassObject(what, this, this.locks);
    identityOf(factory, this).keepsServer = false;
    const entry: ClassEntry = {
      clsid: what.clsid,
      factory,
      context,
      uses,
      suspended: options.suspended ?? false,
      announcement: undefined,
    };
    const cookie = this.#table.add(entry);
    await this.#announce(entry);
    const revoke = (): Promise<void> => this.revokeClassObject(cookie);
    return { cookie, revoke, [Symbol.asyncDispose]: revoke };
  }

  /** Opens every class of a module to activations. */
  async registerClassObjects(
    module: DefinedModule,
    options: RegisterOptions = {},
  ): Promise<readonly ClassRegistration[]> {
    const registrations: ClassRegistration[] = [];
    for (const definition of module.classes) {
      const factory = module.classObject(definition, this);
      registrations.push(await this.registerClassObject({ clsid: definition.clsid, factory }, options));
    }
    return registrations;
  }

  /** Closes a class again (CoRevokeClassObject). Throws CO_E_OBJNOTREG. */
  async revokeClassObject(cookie: number): Promise<void> {
    const entry = this.#table.remove(cookie);
    await this.#withdraw(entry);
  }

  /** Opens the classes that were registered suspended, all at once (CoResumeClassObjects). */
  async resumeClassObjects(): Promise<void> {
    const resumed = [...this.#table.entries];
    for (const entry of resumed) await this.#announce(entry);
    // In one go: whoever finds one of a server's classes finds all of them, and starts no second server for the rest.
    for (const entry of resumed) entry.suspended = false;
    await this.activator?.resumeClassObjects();
  }

  /** Closes all classes for the time being (CoSuspendClassObjects). */
  async suspendClassObjects(): Promise<void> {
    for (const entry of this.#table.entries) {
      entry.suspended = true;
      await this.#withdraw(entry);
    }
  }

  /** One reason more for this process to stay (CoAddRefServerProcess). Answers the count. */
  addRefServerProcess(): number {
    return this.locks.add();
  }

  /** One reason less; at zero the class objects are suspended (CoReleaseServerProcess). Answers the count. */
  releaseServerProcess(): number {
    const count = this.locks.release();
    if (count === 0) {
      this.suspendClassObjects().catch((error: unknown) => {
        this.logger.warn({ error }, "class objects could not be suspended");
      });
    }
    return count;
  }

  /** Drops the in-process modules that nothing needs (CoFreeUnusedLibraries); answers their paths. What "freed" means: {@link ModuleLoader}. */
  async freeUnusedLibraries(): Promise<readonly string[]> {
    const freed = await this.#modules.freeUnused();
    this.referenceClasses.forget(freed);
    return freed;
  }

  /** Loads the module at a path and has it write the keys of its classes (regsvr32). Throws CO_E_DLLNOTFOUND, CO_E_ERRORINDLL. */
  async registerModule(path: string, options?: RegistrationOptions): Promise<void> {
    const absolute = resolve(path);
    const module = await this.#modules.load(absolute);
    const register = registrarOf(module.DllRegisterServer?.bind(module), absolute);
    await this.registry.edit((editor) => register(editor, { kind: "inproc", path: absolute }, options));
  }

  /** Has the module at a path remove its keys (regsvr32 /u). */
  async unregisterModule(path: string, options?: RegistrationOptions): Promise<void> {
    const absolute = resolve(path);
    const module = await this.#modules.load(absolute);
    const unregister = registrarOf(module.DllUnregisterServer?.bind(module), absolute);
    await this.registry.edit((editor) => unregister(editor, options));
  }

  /**
   * Names the class whose objects are the proxies and stubs of an interface in this process (CoRegisterPSClsid). Its class object has IPSFactoryBuffer
   * and is registered in the process, or its module in the registry. Interfaces without one have the standard proxies and stubs.
   */
  registerPSClsid(iid: Guid, clsid: Guid): void {
    this.referenceClasses.registerPSClsid(iid, clsid);
  }

  /** The class of an interface's proxies and stubs, of this process or else of the registry (CoGetPSClsid). Throws REGDB_E_IIDNOTREG. */
  getPSClsid(iid: Guid): Guid {
    const clsid = this.referenceClasses.psClsid(iid);
    if (clsid !== undefined) return clsid;
    throw new ComError(HResult.REGDB_E_IIDNOTREG, `interface ${formatGuid(iid)} names no proxies and stubs`);
  }

  /** Forgets what is known of another machine (CoInvalidateRemoteMachineBindings), when it has moved or was set up anew. `machine` as in CreateOptions. */
  invalidateRemoteMachineBindings(machine: string): void {
    this.activator?.forgetMachine?.(machine);
  }

  /** A pointer to an object of this runtime; the caller owns it. */
  pointerTo<T>(object: object, iface: Interface<T>): T {
    return pointerTo(object, iface, this);
  }

  /** The CLSID a class is named by (CLSIDFromProgID for a ProgID). Throws CO_E_CLASSSTRING. */
  clsidOf(name: ClassName): Guid {
    if (typeof name !== "string") return name.clsid;
    const clsid = tryParseGuid(name) ?? this.classes.clsidFromProgId(name);
    if (clsid !== undefined) return clsid;
    throw new ComError(
      HResult.CO_E_CLASSSTRING,
      `"${name.slice(0, 80)}" is neither a CLSID nor a ProgID in this machine's registry (for a class of another machine give the CLSID, or import its keys)`,
    );
  }

  /** Adds an interface the runtime provides for objects. */
  addInterfaceProvider(provider: InterfaceProvider): void {
    this.#providers.add(provider);
  }

  /** The contract of an interface as a registered type library has it; undefined when none describes it. */
  contractOf(iid: Guid): InterfaceDescriptor | undefined {
    return this.#contracts?.contractOf(iid);
  }

  /** The interfaces of a class as a registered type library has them. */
  interfacesOfClass(clsid: Guid, library?: string, version?: string): readonly InterfaceDescriptor[] {
    return this.#contracts?.interfacesOfClass(clsid, library, version) ?? [];
  }

  provide(identity: Identity, iid: Guid): Facet | undefined {
    return this.#providers.provide(identity, iid);
  }

  finalReleaseFailed(identity: Identity, error: unknown): void {
    this.logger.error({ error }, `${nameOf(identity.object)} failed in its final release`);
  }

  /** Ends the library (CoUninitialize): revokes class objects, closes the way out, reports leaks. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    for (const entry of this.#table.clear()) await this.#withdraw(entry);
    await this.#remoting?.[Symbol.asyncDispose]();
    await this.#store?.close();
    this.#reportLeaks();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #activate(
    name: ClassName,
    iids: readonly Guid[],
    options: CreateOptions,
    classObject: boolean,
    source?: InstanceSource,
  ): Promise<readonly ActivationResult[]> {
    this.#assertOpen();
    const {
      context,
      machine,
      credentials,
      authenticationLevel,
      impersonationLevel,
      activationContext,
      outer: _,
      apartment,
      ...call
    } = options;
    const manifests = this.#manifestsWith(activationContext);
    const server: ServerInfo = {
      ...(machine === undefined ? {} : { machine }),
      ...(credentials === undefined ? {} : { credentials }),
      ...(authenticationLevel === undefined ? {} : { authenticationLevel }),
      ...(impersonationLevel === undefined ? {} : { impersonationLevel }),
    };
    const request: ActivationRequest = {
      clsid: this.#clsidIn(name, manifests),
      iids,
      context: context ?? (machine === undefined ? ClassContext.ALL : ClassContext.REMOTE_SERVER),
      server,
      classObject,
      options: call,
      ...(source && { source }),
      ...(manifests.length > 0 && { manifests }),
    };
    if (apartment === undefined || machine !== undefined) return this.#activation.activate(request);
    return this.#activation.activateIn(apartment, request);
  }

  async #createInner(
    name: ClassName,
    wanted: Interface<unknown>,
    outer: object,
    { context = ClassContext.ALL, machine, apartment, activationContext }: CreateOptions,
  ): Promise<IUnknown> {
    this.#assertOpen();
    const manifests = this.#manifestsWith(activationContext);
    const clsid = this.#clsidIn(name, manifests);
    assertUnknownForOuter(wanted, formatGuid(clsid));
    if (machine !== undefined) throw notAggregatable(`an object on ${machine}`);
    if (apartment !== undefined) throw notAggregatable("an object of another apartment");
    return this.#activation.createInner({ clsid, context, manifests }, controllingIdentity(outer));
  }

  #manifestsWith(activationContext: ActivationContext | undefined): readonly ActivationContext[] {
    return activationContext === undefined ? this.#manifests : [activationContext, ...this.#manifests];
  }

  #clsidIn(name: ClassName, manifests: readonly ActivationContext[]): Guid {
    if (typeof name === "string")
      for (const manifest of manifests) {
        const clsid = manifest.clsidFromProgId(name);
        if (clsid !== undefined) return clsid;
      }
    return this.clsidOf(name);
  }

  async #announce(entry: ClassEntry): Promise<void> {
    if (entry.announcement !== undefined || (entry.context & ClassContext.LOCAL_SERVER) === 0) return;
    const { uses, suspended } = entry;
    const use = { uses, suspended };
    entry.announcement = await this.activator?.registerClassObject(entry.clsid, entry.factory, use);
  }

  async #withdraw(entry: ClassEntry): Promise<void> {
    const { announcement } = entry;
    entry.announcement = undefined;
    await announcement?.[Symbol.asyncDispose]();
  }

  /** A class object of single use has its client: nobody else gets it. */
  #used(entry: ClassEntry): void {
    this.#withdraw(entry).catch((error: unknown) => {
      this.logger.warn({ error, clsid: entry.clsid }, "a class object of single use could not be withdrawn");
    });
  }

  #assertOpen(): void {
    if (this.#closed) throw new ComError(HResult.CO_E_NOTINITIALIZED, "the runtime is closed");
  }

  #leaked(leak: Leak): void {
    if (typeof this.#leakPolicy === "function") this.#leakPolicy(leak);
    else this.logger.warn(leak, `an ${leak.interface} pointer was never released`);
  }

  #reportLeaks(): void {
    const leaks = this.leaks?.outstanding ?? [];
    for (const leak of leaks) this.#leaked(leak);
    const [first] = leaks;
    if (first === undefined || this.#leakPolicy !== "throw") return;
    throw new ComError(
      HResult.E_UNEXPECTED,
      `${leaks.length} interface pointers were never released; the first, ${first.interface}, was made at\n${first.site}`,
    );
  }
}

function registrarOf<F>(register: F | undefined, path: string): F {
  if (register !== undefined) return register;
  throw new ComError(HResult.E_NOTIMPL, `${path} does not register itself`);
}

function defaultInterface<T extends IUnknown>(name: ClassName<T>): Interface<T> {
  const first = typeof name === "string" ? undefined : name.interfaces[0];
  if (first !== undefined) return first;
  throw new ComError(HResult.E_INVALIDARG, "say which interface is wanted: the class has no default one");
}

function pointerOf<T extends IUnknown>(result: ActivationResult | undefined, wanted: Interface<T>): T {
  if (result?.pointer === undefined) throw refusal(result, wanted);
  return result.pointer as T;
}

function refusal(result: ActivationResult | undefined, wanted: Interface<IUnknown> | undefined): ComError {
  const code = result?.hresult ?? HResult.E_UNEXPECTED;
  const name = wanted === undefined ? "any interface" : `${wanted.name} ${formatGuid(wanted.iid)}`;
  if (code === HResult.E_NOINTERFACE) return new ComError(code, `the class does not have ${name}`);
  return new ComError(failed(code) ? code : HResult.E_UNEXPECTED);
}
