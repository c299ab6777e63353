import { ComError, type Guid, HResult } from "../base/index.ts";
import type { InterfaceDescriptor } from "../ndr/index.ts";
import { thread } from "./apartment.ts";
import { adoptInterface, contractOf, interfacesOf } from "./interfaces.ts";
import type { LeakDetector } from "./leaks.ts";
import type { Apartment, InterfaceStub, ObjectIdentity } from "./remoting.ts";
import { makeStub } from "./stub.ts";
import { IID_IUnknown, IUnknown } from "./unknown.ts";

/** One interface of an object and who answers its methods: the object itself, an inner object, or one the runtime provides. */
export interface Facet {
  readonly descriptor: InterfaceDescriptor;
  readonly target: object;
}

/** What an object's home (its Runtime) adds to it. */
export interface IdentityHost {
  /** An interface the runtime provides for objects that do not write it themselves (IDispatch, IProvideClassInfo, ISupportErrorInfo, ...). */
  provide(identity: Identity, iid: Guid): Facet | undefined;
  /** The contract of an interface that the program has no generated code for. */
  contractOf(iid: Guid): InterfaceDescriptor | undefined;
  /** Told when an object's own `finalRelease` throws. */
  finalReleaseFailed(identity: Identity, error: unknown): void;
  readonly leaks: LeakDetector | undefined;
}

/** One implementation object as others see it: its interfaces, its count of references, its apartment. */
export class Identity implements ObjectIdentity {
  readonly object: object;
  readonly apartment: Apartment;
  /** The runtime the object belongs to, once it is known. */
  host: IdentityHost | undefined;
  /** The class definition that made the object, when one did. */
  definition: object | undefined;
  #references = 0;
  #gone = false;
  readonly #facets = new Map<Guid, Facet>();
  #stubs: Map<Guid, InterfaceStub> | undefined;
  #inner: object[] | undefined;
  #atEnd: (() => void)[] | undefined;

  constructor(object: object, host: IdentityHost | undefined) {
    this.object = object;
    this.apartment = thread.current;
    this.host = host;
  }

  /** References outstanding (for diagnosis). */
  get references(): number {
    return this.#references;
  }

  /** The stub of an interface for calls from outside, or undefined when the object does not have it. */
  queryInterface(iid: Guid): InterfaceStub | undefined {
    const before = this.#stubs?.get(iid);
    if (before !== undefined) return before;
    const facet = this.facet(iid);
    if (facet === undefined) return undefined;
    const stub = makeStub(this, facet);
    (this.#stubs ??= new Map()).set(iid, stub);
    return stub;
  }

  /** An interface of the object and who answers it; undefined means E_NOINTERFACE. */
  facet(iid: Guid): Facet | undefined {
    const before = this.#facets.get(iid);
    if (before !== undefined) return before;
    const found = this.#find(iid);
    if (found !== undefined) this.#facets.set(iid, found);
    return found;
  }

  #find(iid: Guid): Facet | undefined {
    if (iid === IID_IUnknown) return { descriptor: IUnknown, target: this.object };
    const table = interfacesOf(this.object);
    const own = table.get(iid);
    if (own !== undefined && hasOwnMethods(this.object, own)) return { descriptor: own, target: this.object };
    const provided = this.host?.provide(this, iid);
    if (provided !== undefined) return provided;
    if (own !== undefined) return { descriptor: own, target: this.object };
    const contract = contractOf(iid, this.host);
    return table.size === 0 && adoptInterface(this.object, contract)
      ? { descriptor: contract, target: this.object }
      : undefined;
  }

  addRef(): number {
    if (this.#gone) {
      throw new ComError(HResult.CO_E_OBJNOTCONNECTED, `${nameOf(this.object)} was released for good`);
    }
    return ++this.#references;
  }

  release(): number {
    if (this.#references <= 0) {
      throw new ComError(
        HResult.E_UNEXPECTED,
        `${nameOf(this.object)} is released more often than referenced`,
      );
    }
    if (--this.#references === 0) this.#end();
    return this.#references;
  }

  /** Runs `action` once, at the object's last release. */
  atEnd(action: () => void): void {
    (this.#atEnd ??= []).push(action);
  }

  /**
   * Shows interfaces of an inner object as the outer's own (aggregation). The inner object has no identity of its own from here on:
   * whoever asks it, asks the outer. Interfaces are listed one by one; there is no "all of them" (blind aggregation breaks the rules).
   * Throws CLASS_E_NOAGGREGATION when the inner object was handed out before.
   */
  aggregate(inner: object, interfaces: readonly InterfaceDescriptor[]): void {
    if (identities.has(inner)) {
      throw new ComError(
        HResult.CLASS_E_NOAGGREGATION,
        `${nameOf(inner)} already has an identity of its own`,
      );
    }
    identities.set(inner, this);
    (this.#inner ??= []).push(inner);
    for (const descriptor of interfaces) {
      for (let at: InterfaceDescriptor | undefined = descriptor; at; at = at.base) {
        if (at.iid !== IID_IUnknown) this.#facets.set(at.iid, { descriptor: at, target: inner });
      }
    }
  }

  #end(): void {
    const actions = this.#atEnd;
    this.#atEnd = undefined;
    const objects = [this.object, ...(this.#inner ?? [])];
    // An object without a last rite may be used again: nothing was told that it is over.
    this.#gone = objects.some((object) => lastRite(object) !== undefined);
    for (const object of objects) this.#finish(object);
    for (const action of actions ?? []) action();
  }

  #finish(object: object): void {
    const rite = lastRite(object);
    if (rite === undefined) return;
    try {
      const done: unknown = rite.call(object);
      if (done instanceof Promise) done.catch((error: unknown) => this.host?.finalReleaseFailed(this, error));
    } catch (error) {
      this.host?.finalReleaseFailed(this, error);
    }
  }
}

const identities = new WeakMap<object, Identity>();

/**
 * The identity of an implementation object, made at the first question: as long as the object lives there is one, and only one.
 * `host` is the runtime the object belongs to; the first one named stays.
 */
export function identityOfObject(object: object, host?: IdentityHost): Identity {
  let identity = identities.get(object);
  if (identity === undefined) {
    identity = new Identity(object, host);
    identities.set(object, identity);
  } else if (identity.host === undefined && host !== undefined) {
    identity.host = host;
  }
  return identity;
}

function lastRite(object: object): (() => unknown) | undefined {
  const it = object as {
    finalRelease?: unknown;
    [Symbol.dispose]?: unknown;
    [Symbol.asyncDispose]?: unknown;
  };
  for (const rite of [it.finalRelease, it[Symbol.dispose], it[Symbol.asyncDispose]]) {
    if (typeof rite === "function") return rite as () => unknown;
  }
  return undefined;
}

/** True unless the object leaves all of the interface's own methods to the runtime (as dual interfaces leave IDispatch's). */
function hasOwnMethods(object: object, descriptor: InterfaceDescriptor): boolean {
  const { methods } = descriptor;
  return (
    methods.length === 0 ||
    methods.some((method) => typeof (object as Record<string, unknown>)[method.name] === "function")
  );
}

/** What to call an object in messages. */
export function nameOf(object: object): string {
  const constructor: unknown = object.constructor;
  return typeof constructor === "function" && constructor !== Object ? constructor.name : "an object";
}
