import { ComError, type Guid, HResult, guid } from "../base/index.ts";
import type { Interface, InterfaceDescriptor } from "../ndr/index.ts";
import { neutralApartment, thread } from "./apartment.ts";
import { adoptInterface, contractOf, interfacesOf } from "./interfaces.ts";
import type { ServerLocks } from "./locks.ts";
import type { LeakDetector } from "./leaks.ts";
import type { Apartment, InterfaceStub, ObjectIdentity } from "./remoting.ts";
import { makeStub } from "./stub.ts";
import { IID_IUnknown, IUnknown } from "./unknown.ts";

/** Of the generated interface, which needs this module to be there first. */
const IID_IAgileObject: Guid = guid("94ea2b94-e9cc-49e0-c0ff-ee64ca8f5b90");

/** One interface of an object and who answers its methods: the object itself, an inner object, or one the runtime provides. */
export interface Facet {
  readonly descriptor: InterfaceDescriptor;
  readonly target: object;
  /** Who counts the references to the interface when it is not the object itself: a tear-off. */
  readonly holder?: Identity;
}

/** What is shown of an object elsewhere under this one's identity, by interface. */
export type Beyond = <T extends IUnknown>(iface: Interface<T>) => Promise<T>;

/** What an object's home (its Runtime) adds to it. */
export interface IdentityHost {
  /** An interface the runtime provides for objects that do not write it themselves (IDispatch, IProvideClassInfo, ISupportErrorInfo, ...). */
  provide(identity: Identity, iid: Guid): Facet | undefined;
  /** The contract of an interface that the program has no generated code for. */
  contractOf(iid: Guid): InterfaceDescriptor | undefined;
  /** Told when an object's own `finalRelease` throws. */
  finalReleaseFailed(identity: Identity, error: unknown): void;
  readonly leaks: LeakDetector | undefined;
  /** What keeps the object's server needed. */
  readonly locks?: ServerLocks;
}

/** One implementation object as others see it: its interfaces, its count of references, its apartment. */
export class Identity implements ObjectIdentity {
  readonly object: object;
  /** Where calls from outside enter; the neutral apartment for an agile object. */
  apartment: Apartment;
  /** The runtime the object belongs to, once it is known. */
  host: IdentityHost | undefined;
  /** The class definition that made the object, when one did. */
  definition: object | undefined;
  /** Asks elsewhere for interfaces the object does not write itself: a handler's proxies. */
  beyond: Beyond | undefined;
  /** False for class objects: a reference to one keeps no server, a lock does (IClassFactory::LockServer). */
  keepsServer = true;
  /** What the marshaler found that the object asks for. A field, not a table by object: there may be a hundred thousand. */
  wishes: object | undefined;
  #lockedOutside: ServerLocks | undefined;
  #references = 0;
  #gone = false;
  /** Above zero while the object is protected from its own end: an aggregate under construction, the last rites. */
  #protected = 0;
  #controller: Identity | undefined;
  readonly #facets = new Map<Guid, Facet>();
  #late: Map<Guid, () => Facet> | undefined;
  #refused: Set<Guid> | undefined;
  #stubs: Map<Guid, InterfaceStub> | undefined;
  #parts: Identity[] | undefined;
  #atEnd: Set<() => void> | undefined;

  constructor(object: object, host: IdentityHost | undefined) {
    this.object = object;
    this.apartment = thread.current;
    this.host = host;
  }

  /** Whose IUnknown the object's interfaces show: its own, or that of the outermost object of the aggregate it is part of. */
  get root(): Identity {
    return this.#controller?.root ?? this;
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
    if (facet.holder !== undefined) this.#pin(facet.holder);
    if (this.#stubs === undefined && interfacesOf(this.object).has(IID_IAgileObject))
      this.apartment = neutralApartment;
    const stub = makeStub(this, facet);
    (this.#stubs ??= new Map()).set(iid, stub);
    return stub;
  }

  /** A tear-off that is called from outside stays as long as the object. */
  #pin(holder: Identity): void {
    holder.hold();
    this.atEnd(() => holder.letGo());
  }

  /** An interface of the object and who answers it; undefined means E_NOINTERFACE. */
  facet(iid: Guid): Facet | undefined {
    const before = this.#facets.get(iid);
    if (before !== undefined) return before;
    const late = this.#late?.get(iid);
    if (late !== undefined) return late();
    const found = this.#find(iid);
    if (found !== undefined) this.#facets.set(iid, found);
    else if ((this.#refused ??= new Set()).size < mostRefused) this.#refused.add(iid);
    return found;
  }

  /** As {@link facet}, for questions of the runtime's own: nothing is adopted, provided or remembered. */
  peek(iid: Guid): Facet | undefined {
    const known = this.#facets.get(iid) ?? this.#late?.get(iid)?.();
    if (known !== undefined) return known;
    const descriptor = interfacesOf(this.object).get(iid);
    return descriptor === undefined ? undefined : { descriptor, target: this.object };
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

  /** Somebody outside the apartment holds the object, or nobody any more: its server is needed meanwhile. */
  heldOutside(held: boolean): void {
    this.#lockedOutside?.release();
    this.#lockedOutside = held && this.keepsServer ? this.host?.locks : undefined;
    this.#lockedOutside?.add();
  }

  /** Runs `action` once, at the object's last release; answers how to take that back. */
  atEnd(action: () => void): () => void {
    const actions = (this.#atEnd ??= new Set());
    const run = (): void => action();
    actions.add(run);
    return () => void actions.delete(run);
  }

  /**
   * Shows interfaces of an inner object as the outer's own (aggregation), and takes one reference on the inner object until the outer's end. The inner
   * object has no identity of its own from here on: whoever asks it, asks the outer. Interfaces are listed one by one; an empty list, or IUnknown in
   * it, would be blind aggregation and is refused with E_INVALIDARG. Throws CLASS_E_NOAGGREGATION when others hold the inner object under an
   * identity of its own, E_NOINTERFACE for an interface it does not have, E_UNEXPECTED for one that this object refused to somebody before.
   */
  aggregate(inner: object, interfaces: readonly InterfaceDescriptor[]): void {
    if (interfaces.length === 0) throw blind();
    for (const { iid } of interfaces) if (iid === IID_IUnknown) throw blind();
    const part = this.embrace(inner);
    const shown = interfaces.flatMap((descriptor) => part.#chain(descriptor));
    for (const { descriptor } of shown) this.#assertFree(descriptor);
    for (const facet of shown) this.#facets.set(facet.descriptor.iid, facet);
    part.hold();
    (this.#parts ??= []).push(part);
  }

  /** Makes an object part of this one's aggregate; answers its own, non-delegating side. */
  embrace(inner: object): Identity {
    const known = parts.get(inner);
    if (known !== undefined && this.#becomesPartOf(known.root)) known.root.embrace(this.object);
    const { root } = this;
    if (known !== undefined && known.root === root) return known;
    const before = identities.get(inner);
    if (known !== undefined || (before !== undefined && (before.#references > 0 || before.#gone))) {
      throw new ComError(
        HResult.CLASS_E_NOAGGREGATION,
        `${nameOf(inner)} already has an identity of its own`,
      );
    }
    const part = before ?? new Identity(inner, this.host);
    part.#controller = root;
    parts.set(inner, part);
    part.#passOn(root);
    return part;
  }

  /** True for a new object whose own outer one is just being waited on: it gave its part the controlling unknown it was given itself. */
  #becomesPartOf(root: Identity): boolean {
    return this.#controller === undefined && this.#references === 0 && root !== this && root.#protected > 0;
  }

  /** The parts of a part belong to the outermost object too (nested aggregation). */
  #passOn(root: Identity): void {
    identities.set(this.object, root);
    for (const part of this.#parts ?? []) part.#passOn(root);
  }

  /**
   * Adds interfaces whose facets are made when they are asked for (tear-offs, proxies). Throws E_UNEXPECTED as {@link aggregate} does.
   */
  addLate(
    interfaces: readonly InterfaceDescriptor[],
    make: (descriptor: InterfaceDescriptor) => Facet,
  ): void {
    const all = interfaces.flatMap(withBases);
    for (const descriptor of all) this.#assertFree(descriptor);
    for (const descriptor of all) (this.#late ??= new Map()).set(descriptor.iid, () => make(descriptor));
  }

  /** Adds an interface that another object answers: what {@link beyond} found. It is given back at the end of this one. */
  show(descriptor: InterfaceDescriptor, target: IUnknown): void {
    let taken = false;
    for (const one of withBases(descriptor)) {
      if (this.#facets.has(one.iid)) continue;
      this.#facets.set(one.iid, { descriptor: one, target });
      taken = true;
    }
    if (taken) this.atEnd(() => target[Symbol.dispose]());
    else target[Symbol.dispose]();
  }

  /** An interface and its bases as this object answers them. */
  #chain(descriptor: InterfaceDescriptor): Facet[] {
    return withBases(descriptor).map((one) => {
      const facet = this.facet(one.iid);
      if (facet !== undefined) return facet;
      throw new ComError(
        HResult.E_NOINTERFACE,
        `${nameOf(this.object)} has no interface ${one.name} to be shown by an outer object`,
      );
    });
  }

  #assertFree({ iid, name }: InterfaceDescriptor): void {
    if (this.#refused?.has(iid) !== true) return;
    throw new ComError(
      HResult.E_UNEXPECTED,
      `${nameOf(this.object)} was asked for ${name} before and refused: the set of interfaces of an object never changes`,
    );
  }

  /** Holds the object without looking at who is its outer (the non-delegating AddRef). */
  hold(): number {
    return Identity.prototype.addRef.call(this);
  }

  /** Gives back what {@link hold} took. */
  letGo(): number {
    return Identity.prototype.release.call(this);
  }

  /** While `action` runs, references may go to zero without ending the object: an outer object creates its inner ones this way. */
  protect<T>(action: () => T): T {
    const held = this.#references > 0;
    const over = (): void => {
      this.#protected--;
      if (held) this.settle();
    };
    this.#protected++;
    let result: T | undefined;
    try {
      result = action();
      if (result instanceof Promise) void result.then(over, over);
      return result;
    } finally {
      if (!(result instanceof Promise)) over();
    }
  }

  #end(): void {
    if (this.#protected > 0) return;
    if (unborn !== undefined) {
      unborn.add(this);
      return;
    }
    // What the last rites do with references to the object must not end it again.
    this.#protected++;
    const actions = this.#atEnd;
    this.#atEnd = undefined;
    // An object without a last rite may be used again: nothing was told that it is over.
    const final = this.#mortal;
    if (final) this.#finish();
    if (final) for (const part of this.#parts ?? []) part.letGo();
    this.#gone = final;
    this.#protected--;
    for (const action of actions ?? []) action();
  }

  /** Ends an object whose references went and came to nothing while something was under construction. */
  settle(): void {
    if (this.#references === 0 && !this.#gone) this.#end();
  }

  get #mortal(): boolean {
    return (
      lastRite(this.object) !== undefined ||
      this.#late !== undefined ||
      this.beyond !== undefined ||
      (this.#controller !== undefined && this.#atEnd !== undefined) ||
      (this.#parts ?? []).some((part) => part.#mortal)
    );
  }

  #finish(): void {
    const rite = lastRite(this.object);
    if (rite === undefined) return;
    try {
      const done: unknown = rite.call(this.object);
      if (done instanceof Promise) done.catch((error: unknown) => this.host?.finalReleaseFailed(this, error));
    } catch (error) {
      this.host?.finalReleaseFailed(this, error);
    }
  }
}

/** Refusals that are remembered of one object. */
const mostRefused = 64;

/** Objects whose references went to zero during a construction; undefined outside of one. */
let unborn: Set<Identity> | undefined;

/**
 * Runs a constructor. What it does with references to its own object (asks itself for an interface, hands itself to a part) cannot end the object
 * before it is born.
 */
export function construct<T>(make: () => T): T {
  const before = unborn;
  const mine = (unborn = new Set());
  let made: T | undefined;
  try {
    return (made = make());
  } finally {
    unborn = before;
    for (const identity of mine) {
      if (identity.object !== made) identity.settle();
    }
  }
}

/** The own sides of inner objects; their entry in `identities` is the outermost object's. */
const parts = new WeakMap<object, Identity>();

/** The non-delegating side of an inner object of an aggregate; undefined for an object that stands alone. */
export function partOf(object: object): Identity | undefined {
  return parts.get(object);
}

/** Lets `object` answer with another identity from now on (tear-offs). */
export function lendIdentity(object: object, identity: Identity): void {
  identities.set(object, identity);
}

function blind(): ComError {
  return new ComError(
    HResult.E_INVALIDARG,
    "an outer object lists the interfaces of the inner one that it shows, each by name: blind aggregation breaks the rules of identity",
  );
}

function withBases(descriptor: InterfaceDescriptor): InterfaceDescriptor[] {
  const list: InterfaceDescriptor[] = [];
  for (let at: InterfaceDescriptor | undefined = descriptor; at; at = at.base)
    if (at.iid !== IID_IUnknown) list.push(at);
  return list;
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
