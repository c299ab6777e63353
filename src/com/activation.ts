import { ComError, type Guid, HResult, formatGuid } from "../base/index.ts";
import type { ActivationContext, ManifestClass } from "./activation-context.ts";
import { type AggregatingFactory, ControllingUnknown, innerUnknown, notAggregatable } from "./aggregation.ts";
import { type ClassTable } from "./class-table.ts";
import { IClassFactory } from "./gen/unknwnbase.ts";
import { BEYOND_PROCESS, ClassContext, WITHIN_PROCESS } from "./context.ts";
import { type InstanceSource, loadInstance } from "./instance-source.ts";
import { makeClassObject } from "./class-object.ts";
import { systemClass } from "./system-classes.ts";
import { contractOf } from "./interfaces.ts";
import type { Identity } from "./identity.ts";
import type { ModuleLoader } from "./module-loader.ts";
import { identityOf, pointerTo, remoteObjectOf } from "./pointers.ts";
import type { ActivationRequest, ActivationResult, ActivationTarget, Activator } from "./remoting.ts";
import type { Runtime } from "./runtime.ts";
import { IUnknown } from "./unknown.ts";

/** What activation reads of the registry. */
export interface ClassCatalog {
  /** The CLSID behind a ProgID. */
  clsidFromProgId(progId: string): Guid | undefined;
  /** Where TreatAs leads; the class itself when nowhere. */
  treatAs(clsid: Guid): Guid;
  /** The module of InprocServer32. */
  inprocServer(clsid: Guid): string | undefined;
  /** The module of InprocHandler32. */
  inprocHandler(clsid: Guid): string | undefined;
  /** ThreadingModel of InprocServer32; undefined when the class names none. */
  threadingModel(clsid: Guid): string | undefined;
}

/** What a class is looked for by. */
type WantedClass = Pick<ActivationRequest, "clsid" | "context" | "manifests" | "module"> &
  Partial<Pick<ActivationRequest, "classObject">>;

/** A class of a module. */
interface FoundClass {
  readonly clsid: Guid;
  /** Absent: the one the registry names. */
  readonly module?: string;
  readonly threadingModel: string | undefined;
}

/** Finds the server of a class, in the order of the documentation: class objects of this process, its module, the machine's SCM, another machine. */
export class ActivationPath {
  readonly #runtime: Runtime;
  readonly #table: ClassTable;
  readonly #modules: ModuleLoader;
  readonly #catalog: ClassCatalog;

  constructor(runtime: Runtime, table: ClassTable, modules: ModuleLoader, catalog: ClassCatalog) {
    this.#runtime = runtime;
    this.#table = table;
    this.#modules = modules;
    this.#catalog = catalog;
  }

  /** Results in the order of `request.iids`; throws when there is no class, or no object. */
  async activate(request: ActivationRequest): Promise<readonly ActivationResult[]> {
    const { context, server } = request;
    const here = server.machine === undefined && (context & WITHIN_PROCESS) !== 0;
    const placed = here ? this.#place(request) : undefined;
    if (placed !== undefined) return placed;
    const factory = here ? await this.#find(request) : undefined;
    if (factory !== undefined) return this.#useFactory(factory, request);
    // Further out, TreatAs and the rest are read where the class is registered.
    return this.#activator(request).activate(request);
  }

  /**
   * Makes an object as the inner one of an aggregate and answers its non-delegating IUnknown. Throws CLASS_E_NOAGGREGATION where the class does not
   * allow it, or lives beyond the apartment: an aggregate never spans two.
   */
  async createInner(request: WantedClass, outer: Identity): Promise<IUnknown> {
    const { clsid } = request;
    const factory = await this.#find({ ...request, classObject: false });
    if (factory === undefined) {
      throw new ComError(
        HResult.CLASS_E_NOAGGREGATION,
        `class ${formatGuid(clsid)} is not served within this process: an inner object lives where its outer one does`,
      );
    }
    using held = factory;
    if (remoteObjectOf(held) !== undefined) throw notAggregatable(formatGuid(clsid));
    const maker = identityOf(held).object as Partial<AggregatingFactory>;
    if (maker.createInner === undefined) throw notAggregatable(formatGuid(clsid));
    const inner = await outer.protect(() => maker.createInner?.(new ControllingUnknown(outer)));
    if (inner === undefined) throw notAggregatable(formatGuid(clsid));
    return innerUnknown(outer, inner);
  }

  /** A module's class whose ThreadingModel asks for another apartment than the caller's is served there. */
  #place(request: ActivationRequest): Promise<readonly ActivationResult[]> | undefined {
    const { placer } = this.#runtime;
    if (placer === undefined || request.placed === true) return undefined;
    const found = this.#moduleClass(request);
    if (found === undefined) return undefined;
    const { threadingModel, ...where } = found;
    const placed = { ...request, ...where, placed: true };
    return this.#elsewhere(placed, (there) => placer.place(there, threadingModel));
  }

  /** As `activate`, in an apartment that the caller chose: manifests are read here, where they were given. */
  async activateIn(
    apartment: ActivationTarget,
    request: ActivationRequest,
  ): Promise<readonly ActivationResult[]> {
    const found = this.#manifestClass(request);
    return this.#elsewhere({ ...request, ...found }, (there) => apartment.activate(there));
  }

  #elsewhere<R extends Promise<readonly ActivationResult[]> | undefined>(
    request: ActivationRequest,
    make: (there: ActivationRequest) => R,
  ): R | Promise<readonly ActivationResult[]> {
    const { source, manifests: _, ...asked } = request;
    if (source === undefined) return make(asked);
    const made = make({ ...asked, iids: [IUnknown.iid] });
    return made?.then((results) => this.#load(results, request.iids, source)) ?? made;
  }

  #manifestClass({ clsid, context, manifests = [] }: WantedClass): FoundClass | undefined {
    const found = (context & ClassContext.INPROC_SERVER) === 0 ? undefined : classOf(manifests, clsid);
    return found && { clsid, module: found.module, threadingModel: found.threadingModel };
  }

  /** The class as it stands in a manifest, else in the registry; undefined when no module serves it, or a class object of this process does. */
  #moduleClass(request: ActivationRequest): FoundClass | undefined {
    const { clsid, context, module, threadingModel } = request;
    const described = module === undefined ? this.#manifestClass(request) : { clsid, module, threadingModel };
    if (described !== undefined) return described;
    if (this.#table.find(clsid, context) !== undefined) return undefined;
    const real = this.#catalog.treatAs(clsid);
    if (real !== clsid && this.#table.find(real, context) !== undefined) return undefined;
    if (this.#modulePath(real, context) === undefined) return undefined;
    return { clsid: real, threadingModel: this.#catalog.threadingModel(real) };
  }

  /** Has an object of another apartment load itself from there. */
  async #load(
    results: readonly ActivationResult[],
    iids: readonly Guid[],
    source: InstanceSource,
  ): Promise<readonly ActivationResult[]> {
    const [only] = results;
    if (only?.pointer === undefined) throw new ComError(only?.hresult ?? HResult.E_UNEXPECTED);
    using object = only.pointer;
    await loadInstance(object, source);
    return await askFor(object, iids, this.#runtime);
  }

  /** The manifests in force, then the class objects registered in this process, then the registry. */
  async #find(request: WantedClass): Promise<IUnknown | undefined> {
    const { clsid, context } = request;
    const inproc = (context & ClassContext.INPROC_SERVER) !== 0;
    const module = inproc ? (request.module ?? this.#manifestClass(request)?.module) : undefined;
    // A class object need not be a factory: what it is wanted for is asked of it afterwards.
    const iid = request.classObject === true ? IUnknown.iid : IClassFactory.iid;
    if (module === undefined) return this.#classObject(clsid, context, iid);
    const loaded = await this.#modules.load(module);
    return loaded.DllGetClassObject(clsid, iid, this.#runtime);
  }

  /** A class object of this process as an interface of it, undefined when the class is not served here. The caller owns the pointer. */
  async #classObject(clsid: Guid, context: number, iid: Guid): Promise<IUnknown | undefined> {
    const registered = this.#table.find(clsid, context);
    if (registered !== undefined) return pointerTo(registered, contractOf(iid, this.#runtime), this.#runtime);
    const real = this.#catalog.treatAs(clsid);
    const emulated = real === clsid ? undefined : this.#table.find(real, context);
    if (emulated !== undefined) return pointerTo(emulated, contractOf(iid, this.#runtime), this.#runtime);
    const path = this.#modulePath(real, context);
    if (path === undefined) return this.#systemClassObject(real, context, iid);
    const module = await this.#modules.load(path);
    return module.DllGetClassObject(real, iid, this.#runtime);
  }

  #systemClassObject(clsid: Guid, context: number, iid: Guid): IUnknown | undefined {
    const definition = (context & ClassContext.INPROC_SERVER) === 0 ? undefined : systemClass(clsid);
    if (definition === undefined) return undefined;
    const factory = makeClassObject(definition, this.#runtime, this.#runtime.locks);
    return pointerTo(factory, contractOf(iid, this.#runtime), this.#runtime);
  }

  #modulePath(clsid: Guid, context: number): string | undefined {
    const server =
      (context & ClassContext.INPROC_SERVER) === 0 ? undefined : this.#catalog.inprocServer(clsid);
    if (server !== undefined || (context & ClassContext.INPROC_HANDLER) === 0) return server;
    return this.#catalog.inprocHandler(clsid);
  }

  async #useFactory(factory: IUnknown, request: ActivationRequest): Promise<readonly ActivationResult[]> {
    using held = factory;
    if (request.classObject) return askFor(held, request.iids, this.#runtime);
    using maker = await held.QueryInterface(IClassFactory);
    const [only] = request.iids;
    if (request.source === undefined && request.iids.length === 1 && only !== undefined) {
      return [{ iid: only, hresult: HResult.S_OK, pointer: made(await maker.CreateInstance(only)) }];
    }
    using object = made(await maker.CreateInstance(IUnknown.iid));
    if (request.source !== undefined) await loadInstance(object, request.source);
    return await askFor(object, request.iids, this.#runtime);
  }

  #activator(request: ActivationRequest): Activator {
    const { activator } = this.#runtime;
    if ((request.context & BEYOND_PROCESS) !== 0 && activator !== undefined) return activator;
    const wanted = request.server.machine === undefined ? "" : ` for machine ${request.server.machine}`;
    throw new ComError(
      HResult.REGDB_E_CLASSNOTREG,
      `class ${formatGuid(request.clsid)} is not registered${wanted}${
        activator === undefined ? "; this runtime has no way out of the process" : ""
      }`,
    );
  }
}

function made(object: IUnknown | null): IUnknown {
  if (object !== null) return object;
  throw new ComError(HResult.E_POINTER, "the class factory answered no object");
}

/** Asks one object for several interfaces (IMultiQI). */
async function askFor(
  object: IUnknown,
  iids: readonly Guid[],
  runtime: Runtime,
): Promise<ActivationResult[]> {
  const results: ActivationResult[] = [];
  for (const iid of iids) {
    try {
      const pointer = await object.QueryInterface(contractOf(iid, runtime));
      results.push({ iid, hresult: HResult.S_OK, pointer });
    } catch (error) {
      results.push({ iid, hresult: ComError.from(error).code });
    }
  }
  return results;
}

function classOf(manifests: readonly ActivationContext[], clsid: Guid): ManifestClass | undefined {
  for (const manifest of manifests) {
    const found = manifest.classes.get(clsid);
    if (found !== undefined) return found;
  }
  return undefined;
}
