import { ComError, HResult } from "../base/index.ts";
import type { Awaitable, CallOptions, Interface, InterfaceDescriptor } from "../ndr/index.ts";
import { type Facet, Identity, identityOfObject, lendIdentity } from "./identity.ts";
import type { LeakDetector } from "./leaks.ts";
import { Pointer } from "./pointer/base.ts";
import { directPointer } from "./pointer/direct.ts";
import { ProxyPointer } from "./pointer/proxy.ts";
import { IID_IUnknown, IUnknown } from "./unknown.ts";

/** A class object whose objects can be inner ones of an aggregate: CreateInstance with pUnkOuter. */
export interface AggregatingFactory {
  /** Makes an inner object. `outer` is the controlling unknown, lent: no reference of it may be kept. */
  createInner(outer: IUnknown): Awaitable<object>;
}

abstract class UnknownPointer extends Pointer {
  declare readonly $descriptor: InterfaceDescriptor;
}
Object.defineProperty(UnknownPointer.prototype, "$descriptor", { value: IUnknown });

/**
 * The controlling unknown as an inner object gets it (pUnkOuter): it counts nothing, because an inner object that held its outer one would keep both
 * alive for good.
 */
export class ControllingUnknown extends UnknownPointer {
  readonly $identity: Identity;

  constructor(outer: Identity) {
    super();
    this.$identity = outer.root;
  }

  override get $leaks(): LeakDetector | undefined {
    return undefined;
  }

  /** An interface of the aggregate. Give it back before long: it counts on the outer object. */
  override QueryInterface<T extends IUnknown>(iface: Interface<T>): T {
    return directPointer(this.$identity, iface);
  }

  override $drop(): void {}

  override $again(): ControllingUnknown {
    return new ControllingUnknown(this.$identity);
  }
}

/**
 * The non-delegating IUnknown of an inner object: the only one of its interfaces that does not show the outer object. Its references keep the inner
 * object; what its QueryInterface answers counts on the outer one.
 */
class InnerUnknown extends UnknownPointer {
  readonly $part: Identity;

  constructor(part: Identity) {
    super();
    this.$part = part;
    part.hold();
  }

  override get $leaks(): LeakDetector | undefined {
    return this.$part.host?.leaks;
  }

  override QueryInterface<T extends IUnknown>(iface: Interface<T>, _options?: CallOptions): Awaitable<T> {
    this.$check("QueryInterface");
    if (iface.iid === IID_IUnknown) return this.$again() as unknown as T;
    return directPointer(this.$part, iface);
  }

  override $drop(): void {
    this.$part.letGo();
  }

  override $again(): InnerUnknown {
    return new InnerUnknown(this.$part);
  }
}

/** The identity that controls an aggregate, of whatever stands for it: the outer object, a pointer to it, or the controlling unknown it was given. */
export function controllingIdentity(outer: object): Identity {
  if (outer instanceof ControllingUnknown) return outer.$identity;
  if (outer instanceof InnerUnknown) return outer.$part.root;
  if (!(outer instanceof Pointer)) return identityOfObject(outer).root;
  outer.$check("aggregation");
  const { $identity } = outer as Pointer & { readonly $identity?: Identity };
  if ($identity !== undefined) return identityOfObject($identity.object).root;
  throw new ComError(
    HResult.CLASS_E_NOAGGREGATION,
    "the outer object of an aggregate lives in the apartment of the inner one, not elsewhere",
  );
}

/** Puts a new object under an outer one; answers its non-delegating IUnknown, owned by the caller. Throws CLASS_E_NOAGGREGATION. */
export function innerUnknown(outer: Identity, inner: object): IUnknown {
  return new InnerUnknown(outer.protect(() => outer.embrace(inner)));
}

/**
 * Shows interfaces of an inner object as those of `outer`: what an outer object's QueryInterface would hand on. `inner` is the non-delegating IUnknown
 * that came from `createInstance` with `outer`, whose reference goes over to the outer object; a proxy, whose interfaces are asked for at the first
 * use; or an implementation object that nobody holds yet. Interfaces are named one by one.
 *
 * Throws E_INVALIDARG for blind aggregation (an empty list, IUnknown), CLASS_E_NOAGGREGATION, E_NOINTERFACE, and E_UNEXPECTED when the outer object
 * refused one of the interfaces before.
 */
export function aggregate(outer: object, inner: object, ...interfaces: readonly Interface<IUnknown>[]): void {
  const identity = partOrRoot(outer);
  if (inner instanceof ProxyPointer) {
    showProxy(identity, inner, interfaces);
  } else if (inner instanceof InnerUnknown) {
    identity.aggregate(inner.$part.object, interfaces);
    inner[Symbol.dispose]();
  } else if (inner instanceof Pointer) {
    throw foreign(inner);
  } else {
    identity.aggregate(inner, interfaces);
  }
}

/** An inner object that is the outer one of a deeper part shows the part's interfaces by its own side. */
function partOrRoot(outer: object): Identity {
  if (outer instanceof ControllingUnknown || outer instanceof Pointer) return controllingIdentity(outer);
  return identityOfObject(outer);
}

function foreign(inner: Pointer): ComError {
  return new ComError(
    HResult.CLASS_E_NOAGGREGATION,
    `this ${inner.$descriptor.name} pointer leads to an object that was not created for this outer one`,
  );
}

/**
 * An object elsewhere as part of a local one (an aggregated proxy, IInternalUnknown): calls of its interfaces go through the proxy, and everything they
 * say about identity is the outer object's. Takes over the reference.
 */
function showProxy(outer: Identity, proxy: ProxyPointer, interfaces: readonly Interface<IUnknown>[]): void {
  if (interfaces.length === 0 || interfaces.some(({ iid }) => iid === IID_IUnknown)) {
    throw new ComError(HResult.E_INVALIDARG, "name the interfaces of the remote object that are to be shown");
  }
  const held = proxy.$again();
  const shown = new Map<string, ProxyPointer>();
  outer.addLate(interfaces, (descriptor): Facet => {
    let target = shown.get(descriptor.iid);
    if (target === undefined) {
      target = held.$as(descriptor);
      shown.set(descriptor.iid, target);
    }
    return { descriptor, target };
  });
  proxy[Symbol.dispose]();
  outer.atEnd(() => {
    for (const one of [held, ...shown.values()]) one[Symbol.dispose]();
  });
}

/**
 * An interface that has an object of its own, made when somebody asks for it and freed when nobody holds that interface any more (a tear-off): for
 * interfaces that are seldom wanted and cost much. It shows the identity of `owner`. `make` is asked again after the last one was freed. What is
 * called from outside the process stays until the owner's end.
 */
export function tearOff(owner: object, iface: InterfaceDescriptor, make: () => object): void {
  const identity = controllingIdentity(owner);
  let living: TearOff | undefined;
  identity.addLate([iface], (descriptor) => {
    living ??= new TearOff(make(), identity, () => (living = undefined));
    return { descriptor, target: living.piece, holder: living };
  });
}

/** Counts the references to a tear-off interface beside those of its owner. */
class TearOff extends Identity {
  readonly piece: object;
  readonly #owner: Identity;
  readonly #piece: Identity;

  constructor(piece: object, owner: Identity, freed: () => void) {
    super(owner.object, owner.host);
    this.piece = piece;
    this.#owner = owner;
    this.#piece = new Identity(piece, owner.host);
    lendIdentity(piece, owner);
    this.#piece.atEnd(freed);
  }

  override get root(): Identity {
    return this.#owner.root;
  }

  override facet(iid: Parameters<Identity["facet"]>[0]): Facet | undefined {
    return this.#owner.facet(iid);
  }

  override hold(): number {
    return this.#piece.addRef();
  }

  override letGo(): number {
    return this.#piece.release();
  }

  override addRef(): number {
    this.#piece.addRef();
    return this.#owner.addRef();
  }

  override release(): number {
    const left = this.#piece.release();
    this.#owner.release();
    return left;
  }
}

/** One breach of the rules of QueryInterface. */
export interface IdentityBreach {
  readonly rule: "identity" | "reflexive" | "symmetric" | "transitive" | "static";
  readonly message: string;
}

/**
 * Asks an object in every way for interfaces and answers which of QueryInterface's rules it breaks; none for a good object. `interfaces` are those to be
 * tried, whether the object has them or not. Works over any distance; all pointers made on the way are released.
 */
export async function verifyIdentity(
  pointer: IUnknown,
  interfaces: readonly Interface<IUnknown>[],
): Promise<readonly IdentityBreach[]> {
  const breaches: IdentityBreach[] = [];
  const found: { readonly iface: Interface<IUnknown>; readonly pointer: IUnknown }[] = [];
  const first = await pointer.QueryInterface(IUnknown);
  try {
    for (const iface of interfaces) {
      const got = await ask(pointer, iface);
      if (got !== undefined) found.push({ iface, pointer: got });
    }
    for (const from of found) await verifyFrom(from, interfaces, found, first, breaches);
    for (const iface of interfaces) {
      using again = (await ask(pointer, iface)) ?? nobody;
      if ((again !== nobody) !== found.some((one) => one.iface === iface)) {
        breaches.push({ rule: "static", message: `${iface.name} came and went` });
      }
    }
  } finally {
    for (const one of found) one.pointer[Symbol.dispose]();
    first[Symbol.dispose]();
  }
  return breaches;
}

const nobody: Disposable = { [Symbol.dispose]() {} };

async function verifyFrom(
  from: { readonly iface: Interface<IUnknown>; readonly pointer: IUnknown },
  interfaces: readonly Interface<IUnknown>[],
  found: readonly { readonly iface: Interface<IUnknown> }[],
  first: IUnknown,
  breaches: IdentityBreach[],
): Promise<void> {
  using root = await from.pointer.QueryInterface(IUnknown);
  if (!same(root, first)) {
    breaches.push({ rule: "identity", message: `${from.iface.name} leads to another IUnknown` });
  }
  for (const iface of interfaces) {
    using got = (await ask(from.pointer, iface)) ?? nobody;
    const expected = found.some((one) => one.iface === iface);
    if ((got !== nobody) === expected) continue;
    const rule = iface === from.iface ? "reflexive" : expected ? "symmetric" : "transitive";
    const has = expected ? "lacks" : "has";
    breaches.push({ rule, message: `asked through ${from.iface.name}, the object ${has} ${iface.name}` });
  }
}

function same(a: IUnknown, b: IUnknown): boolean {
  const [left, right] = [identityKey(a), identityKey(b)];
  return left === right;
}

function identityKey(pointer: IUnknown): unknown {
  if (pointer instanceof ProxyPointer) return pointer.$remote.identity;
  return controllingIdentity(pointer);
}

async function ask(pointer: IUnknown, iface: Interface<IUnknown>): Promise<IUnknown | undefined> {
  try {
    return await pointer.QueryInterface(iface);
  } catch (error) {
    if (ComError.from(error).code === HResult.E_NOINTERFACE) return undefined;
    throw error;
  }
}

/** Why an object cannot be an inner one. */
export function notAggregatable(name: string): ComError {
  return new ComError(HResult.CLASS_E_NOAGGREGATION, `${name} does not let itself be aggregated`);
}

/** Only the non-delegating IUnknown may leave the creation of an inner object. Throws CLASS_E_NOAGGREGATION for another interface. */
export function assertUnknownForOuter(iface: InterfaceDescriptor, name: string): void {
  if (iface.iid === IID_IUnknown) return;
  throw new ComError(
    HResult.CLASS_E_NOAGGREGATION,
    `an inner ${name} is created as IUnknown, then asked for ${iface.name}`,
  );
}
