import { ComError, type Guid, HResult } from "../base/index.ts";
import type { Awaitable, InterfaceDescriptor } from "../ndr/index.ts";
import { ControllingUnknown, controllingIdentity, notAggregatable } from "./aggregation.ts";
import { neutralApartment } from "./apartment.ts";
import { type ClassDefinition, type CreationContext } from "./class.ts";
import { IClassFactory2, type LICINFO } from "./gen/license.ts";
import { IClassFactory } from "./gen/unknwnbase.ts";
import { type Identity, construct, identityOfObject } from "./identity.ts";
import { contractOf, declaresInterfaces, implement } from "./interfaces.ts";
import type { ServerLocks } from "./locks.ts";
import { directPointer } from "./pointer/direct.ts";
import { isThenable } from "./pointer/call.ts";
import type { Runtime } from "./runtime.ts";
import type { IUnknown } from "./unknown.ts";

/** The class object of a definition: its IClassFactory, and IClassFactory2 when the class wants a licence. */
export class ClassObject {
  readonly definition: ClassDefinition;
  readonly #runtime: Runtime;
  readonly #locks: ServerLocks;
  #single: WeakRef<object> | undefined;
  #keepSingle: object | undefined;
  #described = false;

  constructor(definition: ClassDefinition, runtime: Runtime, locks: ServerLocks) {
    this.definition = definition;
    this.#runtime = runtime;
    this.#locks = locks;
  }

  CreateInstance(riid: Guid): Awaitable<IUnknown> {
    const { license } = this.definition.options;
    if (license !== undefined && !license.verified()) throw notLicensed(this.definition);
    return this.#create(riid);
  }

  LockServer(lock: number): void {
    if (lock !== 0) this.#locks.add();
    else this.#locks.release();
  }

  GetLicInfo(): LICINFO {
    const { license } = this.definition.options;
    return {
      cbLicInfo: 12,
      fRuntimeKeyAvail: license?.requestKey === undefined ? 0 : 1,
      fLicVerified: license === undefined || license.verified() ? 1 : 0,
    };
  }

  RequestLicKey(): string {
    const { license } = this.definition.options;
    if (license?.requestKey === undefined || !license.verified()) throw notLicensed(this.definition);
    return license.requestKey();
  }

  CreateInstanceLic(riid: Guid, key: string | null): Awaitable<IUnknown> {
    if (key === null || this.definition.options.license?.accepts(key) !== true)
      throw notLicensed(this.definition);
    return this.#create(riid);
  }

  /**
   * Makes the object as the inner one of `outer`, whose interfaces it adds to (CreateInstance with pUnkOuter). Throws CLASS_E_NOAGGREGATION when
   * the class does not allow it.
   */
  createAggregated(outer: Identity, interfaces: readonly InterfaceDescriptor[]): Awaitable<object> {
    return after(this.createInner(new ControllingUnknown(outer)), (inner) => {
      outer.aggregate(inner, interfaces);
      return inner;
    });
  }

  /** Makes an inner object for {@link AggregatingFactory}; whoever asks puts it under the outer one. */
  createInner(outer: IUnknown): Awaitable<object> {
    const { name, options } = this.definition;
    if (options.aggregatable !== true || options.singleton === true) throw notAggregatable(name);
    if (options.license !== undefined && !options.license.verified()) throw notLicensed(this.definition);
    const identity = controllingIdentity(outer);
    return identity.protect(() =>
      this.#locked(() =>
        after(this.#construct(outer), (inner) => {
          this.#adopt(identity.embrace(inner));
          return inner;
        }),
      ),
    );
  }

  #create(riid: Guid): Awaitable<IUnknown> {
    if (this.#locks.stopping) {
      throw new ComError(HResult.CO_E_SERVER_STOPPING, `the server of ${this.definition.name} is ending`);
    }
    return this.#locked(() => after(this.#object(), (object) => this.#hand(object, riid)));
  }

  /** The lock holds the server while a slow constructor runs. */
  #locked<T>(make: () => Awaitable<T>): Awaitable<T> {
    this.#locks.add();
    try {
      const made = make();
      if (!isThenable(made)) {
        this.#locks.release();
        return made;
      }
      return made.finally(() => this.#locks.release());
    } catch (error) {
      this.#locks.release();
      throw error;
    }
  }

  #object(): Awaitable<object> {
    if (this.definition.options.singleton !== true) return this.#construct();
    const living = this.#keepSingle ?? this.#single?.deref();
    if (living !== undefined) return living;
    return after(this.#construct(), (object) => {
      this.#single = new WeakRef(object);
      return (this.#keepSingle ??= object);
    });
  }

  #construct(outer?: IUnknown): Awaitable<object> {
    const { definition } = this;
    const context: CreationContext = { runtime: this.#runtime, definition, ...(outer && { outer }) };
    this.#describe();
    const { create } = definition.options;
    return construct(() => (create === undefined ? new definition.implementation(context) : create(context)));
  }

  /** A class that names no interfaces has those its registered type library names. */
  #describe(): void {
    if (this.#described) return;
    this.#described = true;
    const { clsid, interfaces, implementation, options } = this.definition;
    if (interfaces.length > 0 || declaresInterfaces(implementation)) return;
    implement(
      implementation,
      ...this.#runtime.interfacesOfClass(clsid, options.typeLibrary, options.version),
    );
  }

  #hand(object: object, riid: Guid): IUnknown {
    const identity = identityOfObject(object, this.#runtime);
    if (identity.definition === undefined) this.#adopt(identity);
    // An interface the object does not have must not leave a half-born object behind.
    identity.addRef();
    try {
      return directPointer(identity, contractOf(riid, this.#runtime));
    } finally {
      identity.release();
    }
  }

  #adopt(identity: Identity): void {
    identity.definition = this.definition;
    if (this.definition.options.threading === "Neutral") identity.apartment = neutralApartment;
    this.#locks.add();
    identity.atEnd(() => {
      if (this.#keepSingle === identity.object) this.#keepSingle = undefined;
      this.#single = undefined;
      identity.definition = undefined;
      this.#locks.release();
    });
  }
}

implement(ClassObject, IClassFactory);

/** The class object as its own class, so that IClassFactory2 is there only for licensed classes. */
class LicensedClassObject extends ClassObject {}
implement(LicensedClassObject, IClassFactory2);

/** The class object of a definition (what DllGetClassObject hands out). */
export function makeClassObject(
  definition: ClassDefinition,
  runtime: Runtime,
  locks: ServerLocks,
): ClassObject {
  const made =
    definition.options.license === undefined
      ? new ClassObject(definition, runtime, locks)
      : new LicensedClassObject(definition, runtime, locks);
  identityOfObject(made, runtime).keepsServer = false;
  return made;
}

function notLicensed(definition: ClassDefinition): ComError {
  return new ComError(HResult.CLASS_E_NOTLICENSED, `${definition.name} wants a licence`);
}

function after<T, U>(value: Awaitable<T>, then: (value: T) => U): Awaitable<U> {
  return isThenable(value) ? value.then(then) : then(value);
}
