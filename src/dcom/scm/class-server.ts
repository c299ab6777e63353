import { ComError, type Guid, HResult, formatGuid } from "../../base/index.ts";
import {
  IClassFactory,
  IID_IUnknown,
  type IUnknown,
  IUnknown as Unknown,
  type Runtime,
  contractOf,
  loadInstance,
} from "../../com/index.ts";
import type { Awaitable } from "../../ndr/index.ts";
import type { ObjectMarshaler } from "../marshaler.ts";
import { activatorReference } from "./direct-activation.ts";
import type {
  ActivatedInterface,
  ActivationSource,
  ExporterActivated,
  ExporterActivation,
} from "../resolver-contract.ts";

/**
 * Finds the class object of a class that nobody registered here (a surrogate loads its module). The caller owns the pointer. Without an answer the
 * class was registered meanwhile, as a custom surrogate does.
 */
export type LoadClass = (clsid: Guid) => Promise<IUnknown | undefined>;

/** The class objects this process serves, and how an activation that the SCM passes on becomes OBJREFs. */
export class ClassServer {
  readonly #runtime: Runtime;
  readonly #load: LoadClass | undefined;
  readonly #factories = new Map<Guid, object[]>();
  #activator: Uint8Array | undefined;
  #underWay = 0;
  #served = 0;

  constructor(runtime: Runtime, load?: LoadClass) {
    this.#runtime = runtime;
    this.#load = load;
  }

  /** Serves a class from now on; dispose to stop. */
  add(clsid: Guid, factory: object): Disposable {
    const list = this.#factories.get(clsid) ?? [];
    list.push(factory);
    this.#factories.set(clsid, list);
    return {
      [Symbol.dispose]: () => {
        const at = list.indexOf(factory);
        if (at >= 0) list.splice(at, 1);
        if (list.length === 0 && this.#factories.get(clsid) === list) this.#factories.delete(clsid);
      },
    };
  }

  /** Activations being served at this moment. */
  get underWay(): number {
    return this.#underWay;
  }

  /** Activations served since the start. */
  get served(): number {
    return this.#served;
  }

  /** Makes what is asked for and marshals it. Throws CO_E_SERVER_STOPPING when the class is not served (any more): the SCM finds another server. */
  async activate(request: ExporterActivation, marshaler: ObjectMarshaler): Promise<ExporterActivated> {
    if (this.#runtime.locks.stopping) throw ending(request.clsid);
    this.#underWay++;
    try {
      using source = await this.#source(request, marshaler);
      const interfaces: ActivatedInterface[] = [];
      for (const iid of request.iids)
        interfaces.push(await marshalOne(source, iid, request, marshaler, this.#runtime));
      if (request.destination !== "local") return { interfaces };
      return { interfaces, activator: (this.#activator ??= activatorReference(this, marshaler)) };
    } finally {
      this.#underWay--;
      this.#served++;
    }
  }

  /** Whether the reference to this process's activator was given out: an object of ours that keeps nobody. */
  get activatorGiven(): boolean {
    return this.#activator !== undefined;
  }

  /** A new instance for a process of this machine that asks directly. The caller owns the pointer. Throws CO_E_SERVER_STOPPING as `activate` does. */
  createInstance(clsid: Guid, iid: Guid): Awaitable<IUnknown> {
    if (this.#runtime.locks.stopping) throw ending(clsid);
    const made = this.#instance(clsid, iid);
    if (!(made instanceof Promise)) {
      this.#served++;
      return made;
    }
    this.#underWay++;
    return made.finally(() => {
      this.#underWay--;
      this.#served++;
    });
  }

  /** The class object, or a new instance, to be asked for the interfaces wanted. */
  async #source(request: ExporterActivation, marshaler: ObjectMarshaler): Promise<IUnknown> {
    const { clsid, iids, classObject, source } = request;
    if (classObject) return this.#classObject(clsid);
    const [only] = iids;
    const asked = source === undefined && iids.length === 1 && only !== undefined ? only : IID_IUnknown;
    const made = await this.#instance(clsid, asked);
    if (source !== undefined) await load(made, source, marshaler);
    return made;
  }

  /** At once where the class is registered and makes its objects at once. */
  #instance(clsid: Guid, iid: Guid): Awaitable<IUnknown> {
    const factory = this.#factories.get(clsid)?.[0];
    if (factory === undefined) return this.#loadedInstance(clsid, iid);
    using maker = this.#runtime.pointerTo(factory, IClassFactory);
    const made = maker.CreateInstance(iid);
    return made instanceof Promise
      ? made.then((object) => theInstance(clsid, object))
      : theInstance(clsid, made);
  }

  async #loadedInstance(clsid: Guid, iid: Guid): Promise<IUnknown> {
    using maker = await this.#classObject(clsid);
    using classFactory = await maker.QueryInterface(IClassFactory);
    return theInstance(clsid, await classFactory.CreateInstance(iid));
  }

  async #classObject(clsid: Guid): Promise<IUnknown> {
    const found = this.#registered(clsid) ?? (await this.#load?.(clsid)) ?? this.#registered(clsid);
    if (found === undefined) throw ending(clsid);
    return found;
  }

  #registered(clsid: Guid): IUnknown | undefined {
    const factory = this.#factories.get(clsid)?.[0];
    return factory && this.#runtime.pointerTo(factory, Unknown);
  }
}

function theInstance(clsid: Guid, made: IUnknown | null): IUnknown {
  if (made !== null) return made;
  throw new ComError(HResult.E_POINTER, `the class object of ${formatGuid(clsid)} made nothing`);
}

/** Loads a new object before anybody gets it; one that cannot be loaded is let go. */
async function load(object: IUnknown, source: ActivationSource, marshaler: ObjectMarshaler): Promise<void> {
  try {
    if ("file" in source) return await loadInstance(object, source);
    using storage = marshaler.unmarshal(IID_IUnknown, source.storage, undefined);
    await loadInstance(object, { storage });
  } catch (error) {
    object[Symbol.dispose]();
    throw error;
  }
}

async function marshalOne(
  source: IUnknown,
  iid: Guid,
  { destination }: ExporterActivation,
  marshaler: ObjectMarshaler,
  runtime: Runtime,
): Promise<ActivatedInterface> {
  try {
    using pointer = await source.QueryInterface(contractOf(iid, runtime));
    return {
      iid,
      hresult: HResult.S_OK,
      objref: await marshaler.marshalWhenReady(iid, pointer, { destination }),
    };
  } catch (error) {
    return { iid, hresult: ComError.from(error).code };
  }
}

function ending(clsid: Guid): ComError {
  return new ComError(
    HResult.CO_E_SERVER_STOPPING,
    `this process does not serve class ${formatGuid(clsid)} any more`,
  );
}
