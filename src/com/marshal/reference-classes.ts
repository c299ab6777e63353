import { ComError, type Guid, HResult, formatGuid } from "../../base/index.ts";
import type { Awaitable } from "../../ndr/index.ts";
import type { ClassTable } from "../class-table.ts";
import { ClassObject } from "../class-object.ts";
import { ClassContext } from "../context.ts";
import { IMarshal, IPSFactoryBuffer } from "../gen/objidl.ts";
import { IClassFactory } from "../gen/unknwnbase.ts";
import { contractOf, interfacesOf } from "../interfaces.ts";
import type { ModuleLoader } from "../module-loader.ts";
import { isThenable } from "../pointer/call.ts";
import { identityOf, pointerTo } from "../pointers.ts";
import { classKey } from "../registry/class-keys.ts";
import { RegisteredClasses } from "../registry/classes.ts";
import type { Registry } from "../registry/registry.ts";
import { machineOwner } from "../security/access-check.ts";
import type { Runtime } from "../runtime.ts";
import { IUnknown } from "../unknown.ts";
import { CATID_Marshaler } from "./flags.ts";

/** The classes that references need: to understand custom ones, to stand in front of objects elsewhere, to be the proxies and stubs of an interface. */
export interface ReferenceClasses {
  /**
   * A new object of the class that a custom reference names, as IMarshal. At once when the class is registered in this process, else when its module
   * is loaded. Throws (or rejects with) REGDB_E_CLASSNOTREG or E_ACCESSDENIED, gate "unmarshal class", for a class that references must not name.
   */
  unmarshaler(clsid: Guid): Awaitable<IMarshal>;
  /** A new handler of the class that a reference names; undefined when there is none here: the standard proxies serve alone then. */
  handler(clsid: Guid): Awaitable<IUnknown> | undefined;
  /** Who makes the proxies and stubs of an interface; undefined for the standard ones. */
  proxyStubFactory(iid: Guid): Awaitable<object> | undefined;
}

/** The marshalers that come with COM: what a ProxyStubClsid32 names when nothing special is meant. */
const standardMarshalers: ReadonlySet<string> = new Set([
  "00020420-0000-0000-c000-000000000046", // PSDispatch
  "00020421-0000-0000-c000-000000000046", // PSEnumVARIANT
  "00020422-0000-0000-c000-000000000046", // PSTypeInfo
  "00020423-0000-0000-c000-000000000046", // PSTypeLib
  "00020424-0000-0000-c000-000000000046", // PSOAInterface
  "00020425-0000-0000-c000-000000000046", // PSTypeComp
  "00000320-0000-0000-c000-000000000046", // PSFactoryBuffer of ole32
]);

/** The reference classes of a runtime: those registered in the process first, then what the registry names. */
export class RuntimeReferenceClasses implements ReferenceClasses {
  readonly #runtime: Runtime;
  readonly #table: ClassTable;
  readonly #modules: ModuleLoader;
  /** Read as the machine, whoever is impersonated meanwhile: marshaling is not the client's doing. */
  readonly #registry: Registry;
  readonly #classes: RegisteredClasses;
  readonly #proxyStubs = new Map<Guid, Guid>();
  /** Class objects of modules that were loaded for references. */
  readonly #loaded = new Map<string, object>();

  constructor(runtime: Runtime, table: ClassTable, modules: ModuleLoader) {
    this.#runtime = runtime;
    this.#registry = runtime.registry.as(machineOwner);
    this.#classes = new RegisteredClasses(this.#registry);
    this.#table = table;
    this.#modules = modules;
  }

  /** Names the class of an interface's proxies and stubs for this process, before the registry's (CoRegisterPSClsid). */
  registerPSClsid(iid: Guid, clsid: Guid): void {
    this.#proxyStubs.set(iid, clsid);
  }

  /** The class of an interface's proxies and stubs (CoGetPSClsid); undefined when nobody names one. */
  psClsid(iid: Guid): Guid | undefined {
    return this.#proxyStubs.get(iid) ?? this.#classes.proxyStubClsid(iid);
  }

  unmarshaler(clsid: Guid): Awaitable<IMarshal> {
    const here = this.#table.find(clsid, ClassContext.INPROC_SERVER);
    if (here !== undefined && mayUnmarshal(here))
      return this.#create(here, IMarshal.iid) as Awaitable<IMarshal>;
    const path = this.#classes.inprocServer(clsid);
    if (path === undefined) {
      throw new ComError(
        here === undefined ? HResult.REGDB_E_CLASSNOTREG : HResult.E_ACCESSDENIED,
        here === undefined
          ? `a reference needs the class ${formatGuid(clsid)} to be understood, which is not registered here`
          : `class ${formatGuid(clsid)} does not say that it understands references (IMarshal among its interfaces)`,
        { gate: "unmarshal class" },
      );
    }
    if (!this.#isMarshaler(clsid)) {
      throw new ComError(
        HResult.E_ACCESSDENIED,
        `class ${formatGuid(clsid)} is registered, but not to be made by references: it lacks the category ${formatGuid(CATID_Marshaler)}`,
        { gate: "unmarshal class" },
      );
    }
    return then(this.#load(path, clsid), (factory) =>
      this.#create(factory, IMarshal.iid),
    ) as Awaitable<IMarshal>;
  }

  handler(clsid: Guid): Awaitable<IUnknown> | undefined {
    const here = this.#table.find(clsid, ClassContext.INPROC_HANDLER);
    if (here !== undefined) return this.#create(here, IUnknown.iid);
    const path = this.#classes.inprocHandler(clsid);
    if (path === undefined) return undefined;
    return then(this.#load(path, clsid), (factory) => this.#create(factory, IUnknown.iid));
  }

  proxyStubFactory(iid: Guid): Awaitable<object> | undefined {
    const clsid = this.psClsid(iid);
    if (clsid === undefined || standardMarshalers.has(clsid)) return undefined;
    const here = this.#table.find(clsid, ClassContext.INPROC_SERVER);
    if (here !== undefined) return here;
    const path = this.#classes.inprocServer(clsid);
    // What keys imported from Windows name are DLLs: the standard proxies and stubs do their work.
    if (path !== undefined && /\.[cm]?js$/i.test(path)) return this.#load(path, clsid, IPSFactoryBuffer.iid);
    return undefined;
  }

  /** Modules that were let go: their next use loads them anew. */
  forget(paths: readonly string[]): void {
    for (const key of this.#loaded.keys()) {
      if (paths.includes(key.slice(0, key.indexOf("\0")))) this.#loaded.delete(key);
    }
  }

  #isMarshaler(clsid: Guid): boolean {
    const key = `${classKey(clsid)}\\Implemented Categories\\${formatGuid(CATID_Marshaler)}`;
    return this.#registry.exists(key);
  }

  /** The class object in a module: at once when it was loaded before. */
  #load(path: string, clsid: Guid, iid: Guid = IClassFactory.iid): Awaitable<object> {
    const key = `${path}\0${clsid}`;
    const before = this.#loaded.get(key);
    if (before !== undefined) return before;
    return this.#modules.load(path).then((module) => {
      using pointer = module.DllGetClassObject(clsid, iid, this.#runtime);
      const { object } = identityOf(pointer);
      this.#loaded.set(key, object);
      return object;
    });
  }

  #create(factory: object, iid: Guid): Awaitable<IUnknown> {
    using pointer = pointerTo(factory, IClassFactory, this.#runtime);
    return then(pointer.CreateInstance(iid), (made) => {
      if (made === null) throw new ComError(HResult.E_POINTER, "the class object made nothing");
      const wanted = contractOf(iid);
      if ((made as { $descriptor?: unknown }).$descriptor === wanted) return made;
      using other = made;
      return other.QueryInterface(wanted);
    });
  }
}

/** A class that lists IMarshal among its interfaces is meant for references; one that does not is not even constructed. */
function mayUnmarshal(factory: object): boolean {
  if (!(factory instanceof ClassObject)) return false;
  const { interfaces, implementation } = factory.definition;
  if (interfaces.some(({ iid }) => iid === IMarshal.iid)) return true;
  return interfacesOf(implementation.prototype as object).has(IMarshal.iid);
}

function then<T, U>(value: Awaitable<T>, use: (value: T) => Awaitable<U>): Awaitable<U> {
  return isThenable(value) ? value.then(use) : use(value);
}
