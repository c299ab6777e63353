import { ComError, type Guid, HResult } from "../base/index.ts";
import { differenceOf } from "./same-contract.ts";
import type { Expression, NdrType } from "./types.ts";

/** What a call may return at once or later. In the same apartment a method's result comes straight from the object; `await` serves both. */
export type Awaitable<T> = T | Promise<T>;

/** The last argument of every method, all optional. */
export interface CallOptions {
  /** Cancels the call; the server is told (co_cancel). */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call fails with RPC_E_TIMEOUT. Default: the channel's. */
  readonly timeout?: number;
  /** Receives the HRESULT of a successful call (S_FALSE and the like). */
  readonly status?: { code: number };
}

export interface ParamDescriptor {
  readonly name: string;
  readonly type: NdrType;
  readonly in: boolean;
  readonly out: boolean;
  readonly retval?: boolean;
  readonly optional?: boolean;
  readonly lcid?: boolean;
  readonly defaultValue?: number | string | boolean | null;
  readonly switchIs?: Expression;
  readonly range?: readonly [number, number];
}

export interface MethodDescriptor {
  readonly name: string;
  /** Place in the vtable, the operation number on the wire. */
  readonly opnum: number;
  readonly params: readonly ParamDescriptor[];
  /** `hresult` (thrown when failed), `void`, or a value that is part of the result. */
  readonly returns: NdrType;
  readonly dispId?: number;
  readonly invoke?: "method" | "get" | "put" | "putref";
  /** `[local]` without a wire form: only in the same apartment. */
  readonly local?: boolean;
  readonly restricted?: boolean;
  readonly vararg?: boolean;
}

/**
 * An interface: the contract. The constant and the type of its methods share a name and are generated from IDL.
 * `methods` holds the interface's own methods in vtable order; those of `base` come before them.
 */
export interface InterfaceDescriptor {
  readonly name: string;
  readonly iid: Guid;
  /** 0.0 for object interfaces. */
  readonly version: readonly [major: number, minor: number];
  readonly kind: "object" | "rpc" | "dispatch";
  readonly dual: boolean;
  /** `[oleautomation]` or dual: every type fits in a VARIANT. */
  readonly oleautomation: boolean;
  readonly base: InterfaceDescriptor | undefined;
  readonly methods: readonly MethodDescriptor[];
  /** The IID of its asynchronous twin (`[async_uuid]`). */
  readonly asyncIid?: Guid | undefined;
}

declare const contract: unique symbol;

/** The descriptor of an interface whose methods have the TypeScript type `T`. */
export interface Interface<T> extends InterfaceDescriptor {
  readonly [contract]?: T;
}

/** What the runtime itself provides for every object that asks for it; an implementation may write its own. */
type Provided =
  | "QueryInterface"
  | "AddRef"
  | "Release"
  | typeof Symbol.dispose
  | typeof Symbol.asyncDispose
  | "GetTypeInfoCount"
  | "GetTypeInfo"
  | "GetIDsOfNames"
  | "Invoke";

/** What a class writes to implement an interface: its methods without those the runtime provides. */
export type Implements<T> = { [K in keyof T as K extends Provided ? never : K]: T[K] };

/** What an interface parameter takes: a pointer, or an object that implements the interface. */
export type Given<T> = T | (keyof Implements<T> extends never ? object : Implements<T>);

/** The method type of an interface constant. */
export type MethodsOf<I> = I extends Interface<infer T> ? T : never;

export interface InterfaceDefinition {
  readonly name: string;
  readonly iid: string;
  readonly version?: readonly [number, number];
  readonly kind?: "object" | "rpc" | "dispatch";
  readonly dual?: boolean;
  readonly oleautomation?: boolean;
  readonly base?: () => InterfaceDescriptor;
  readonly asyncIid?: string | undefined;
  readonly methods: () => readonly MethodDescriptor[];
}

class DefinedInterface implements InterfaceDescriptor {
  readonly name: string;
  readonly iid: Guid;
  readonly version: readonly [number, number];
  readonly kind: "object" | "rpc" | "dispatch";
  readonly dual: boolean;
  readonly oleautomation: boolean;
  readonly asyncIid: Guid | undefined;
  readonly #definition: InterfaceDefinition;
  #methods: readonly MethodDescriptor[] | undefined;
  /** The definition that came before this one under the same IID. */
  first: InterfaceDescriptor | undefined;

  constructor(definition: InterfaceDefinition) {
    this.#definition = definition;
    this.name = definition.name;
    this.iid = definition.iid.toLowerCase() as Guid;
    this.version = definition.version ?? [0, 0];
    this.kind = definition.kind ?? "object";
    this.dual = definition.dual ?? false;
    this.oleautomation = definition.oleautomation ?? this.dual;
    this.asyncIid = definition.asyncIid?.toLowerCase() as Guid | undefined;
  }

  get base(): InterfaceDescriptor | undefined {
    return this.#definition.base?.();
  }

  get methods(): readonly MethodDescriptor[] {
    return (this.#methods ??= this.#checked());
  }

  /** An interface never changes: a second definition must be the same contract. */
  #checked(): readonly MethodDescriptor[] {
    const { first } = this;
    const methods = this.#definition.methods();
    if (first === undefined) return methods;
    const { name, iid, base } = this;
    const difference = differenceOf(
      { ...first, base: first.base, methods: first.methods },
      { ...first, base, methods },
    );
    if (difference === undefined) return methods;
    throw new ComError(
      HResult.E_UNEXPECTED,
      `${name} {${iid}} is defined twice, with two contracts: they differ in ${difference}. A changed interface needs an IID of its own`,
    );
  }
}

/**
 * Defines an interface (generated code calls this). Base and methods are functions, so that interfaces may refer to each other. An IID that is defined
 * again with another contract throws E_UNEXPECTED when the second definition is first used.
 */
export function defineInterface<T>(definition: InterfaceDefinition): Interface<T> {
  const made = new DefinedInterface(definition);
  const first = contracts.get(made.iid);
  if (first === undefined) contracts.set(made.iid, made);
  else made.first = first;
  if (made.asyncIid !== undefined && !twins.has(made.asyncIid)) twins.set(made.asyncIid, made);
  return made;
}

/**
 * Every contract of this program by IID: what an interface pointer that arrives from outside is called through. Not configuration:
 * an interface never changes, so whoever defined it first, it is the same.
 */
const contracts = new Map<Guid, InterfaceDescriptor>();

/** Interfaces by the IID of their asynchronous twin. */
const twins = new Map<Guid, InterfaceDescriptor>();

/** The interface whose asynchronous twin has this IID, when this program holds its definition. */
export function syncInterfaceOf(asyncIid: Guid): InterfaceDescriptor | undefined {
  return twins.get(asyncIid);
}

/** The interface of an IID, when this program holds its definition. */
export function knownInterface(iid: Guid): InterfaceDescriptor | undefined {
  return contracts.get(iid);
}

/** A coclass: a CLSID, its ProgID and its interfaces, the default one first. */
export interface ClassDescriptor<I = unknown> {
  readonly name: string;
  readonly clsid: Guid;
  readonly progId?: string;
  readonly versionIndependentProgId?: string;
  readonly interfaces: readonly Interface<unknown>[];
  /** Source (event) interfaces, the default one first. */
  readonly sources: readonly Interface<unknown>[];
  readonly [contract]?: I;
}

/** Defines a coclass (generated code calls this). `I` is the method type of its default interface. */
export function defineCoclass<I>(definition: {
  readonly name: string;
  readonly clsid: string;
  readonly progId?: string;
  readonly versionIndependentProgId?: string;
  readonly interfaces: readonly Interface<unknown>[];
  readonly sources?: readonly Interface<unknown>[];
}): ClassDescriptor<I> {
  return {
    ...definition,
    clsid: definition.clsid.toLowerCase() as Guid,
    sources: definition.sources ?? [],
  };
}

/** All methods of an interface by opnum, the base's first. */
export function allMethods(descriptor: InterfaceDescriptor): readonly MethodDescriptor[] {
  let list = methodLists.get(descriptor);
  if (list === undefined) {
    list = [...(descriptor.base ? allMethods(descriptor.base) : []), ...descriptor.methods];
    methodLists.set(descriptor, list);
  }
  return list;
}

const methodLists = new WeakMap<InterfaceDescriptor, readonly MethodDescriptor[]>();

/** True when `descriptor` is `iid` or derives from it. */
export function derivesFrom(descriptor: InterfaceDescriptor, iid: Guid): boolean {
  for (let at: InterfaceDescriptor | undefined = descriptor; at; at = at.base)
    if (at.iid === iid) return true;
  return false;
}
