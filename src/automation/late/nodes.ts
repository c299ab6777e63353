import { inspect } from "node:util";
import { ComError, HResult } from "../../base/index.ts";
import { type IUnknown, isPointer } from "../../com/index.ts";
import type { CallOptions } from "../../ndr/index.ts";
import { DispId, DispatchFlag } from "../member.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";
import { valuesOf } from "./arguments.ts";
import { type CallValues, readFlags } from "./dispatch-call.ts";
import { enumerateHeld } from "./enumeration.ts";
import { type Held, type Scope, dispatchOf } from "./scope.ts";
import { lateValue } from "./values.ts";

/*
 * What stands behind a late-bound object, a member of one, and a call: nodes of a path, each with a proxy in front.
 */

/** The node behind each proxy. */
const nodes = new WeakMap<object, Node>();

export function nodeOf(value: unknown): Node | undefined {
  return (typeof value === "object" && value !== null) || typeof value === "function"
    ? nodes.get(value)
    : undefined;
}

/** Objects nobody has in hand any more go back before their scope ends. */
const forgotten = new FinalizationRegistry<Held>((held) => {
  if (held.proxy?.deref() === undefined) held.scope.forget(held);
});

export function proxyOf(held: Held): object {
  held.scope.handOut(held);
  const before = held.proxy?.deref();
  if (before !== undefined) return before;
  const { proxy } = new ObjectNode(held);
  held.proxy = new WeakRef(proxy);
  forgotten.register(proxy, held);
  return proxy;
}

/** A place in a path of names and calls. */
export abstract class Node {
  readonly scope: Scope;

  constructor(scope: Scope) {
    this.scope = scope;
  }

  /** What a person reads: "Excel.Application.Workbooks". */
  abstract get title(): string;

  /** Runs `use` on the object that stands here. One that was fetched only for this is given back. */
  abstract withHeld<T>(use: (held: Held) => Promise<T>): Promise<T>;

  /** Calls what stands here. */
  abstract call(args: readonly unknown[]): CallNode;

  /** What a name means to JavaScript; undefined: a member. */
  abstract own(key: string | symbol): unknown;

  get proxy(): object {
    const proxy = new Proxy(targetFor(this), new Handler(this));
    nodes.set(proxy, this);
    return proxy;
  }

  items(): AsyncGenerator {
    const wrap = (variant: Variant): Promise<unknown> => wrapped(this.scope, variant);
    return enumerateHeld((use) => this.withHeld(use), wrap);
  }
}

/** Something that can be called, without properties of its own that a trap may not hide. What inspects a proxy looks at its target. */
function targetFor(node: Node): () => void {
  const target = (): void => undefined;
  return Object.defineProperty(target, inspect.custom, {
    value: () => `[${node.title}]`,
    configurable: true,
  });
}

class Handler implements ProxyHandler<() => void> {
  readonly #node: Node;

  constructor(node: Node) {
    this.#node = node;
  }

  get(_: unknown, key: string | symbol): unknown {
    const own = this.#node.own(key);
    if (own !== undefined || typeof key === "symbol" || hidden.has(key)) return own;
    return new MemberNode(this.#node, key).proxy;
  }

  set(_: unknown, key: string | symbol): never {
    const name = `${this.#node.title}.${String(key)}`;
    throw new ComError(HResult.E_NOTIMPL, `an assignment cannot be awaited: await put(${name}, value)`, {
      where: name,
    });
  }

  apply(_: unknown, __: unknown, args: readonly unknown[]): unknown {
    return this.#node.call(args).proxy;
  }

  has(): boolean {
    return false;
  }

  ownKeys(): [] {
    return [];
  }

  getPrototypeOf(): null {
    return null;
  }
}

/** Names that JavaScript asks for behind one's back. `then` is what makes a path awaitable, and an object must not have it. */
const hidden = new Set([
  "then",
  "toJSON",
  "constructor",
  "prototype",
  "$$typeof",
  "asymmetricMatch",
  "nodeType",
]);

function common(node: Node, key: string | symbol): unknown {
  switch (key) {
    case Symbol.asyncIterator:
      return () => node.items();
    case "toString":
    case Symbol.toPrimitive:
      return () => `[${node.title}]`;
    case "toJSON":
      return () => `[${node.title}]`;
    case Symbol.toStringTag:
      return "LateBound";
    default:
      return undefined;
  }
}

/** An object in hand. */
export class ObjectNode extends Node {
  readonly held: Held;

  constructor(held: Held) {
    super(held.scope);
    this.held = held;
  }

  get title(): string {
    return this.scope.options.name;
  }

  override withHeld<T>(use: (held: Held) => Promise<T>): Promise<T> {
    return use(this.held);
  }

  override call(args: readonly unknown[]): CallNode {
    return new CallNode(this, DispId.VALUE, args);
  }

  override own(key: string | symbol): unknown {
    if (key === Symbol.dispose) return () => this.scope.release(this.held);
    if (key === Symbol.asyncDispose) return async () => this.scope.release(this.held);
    return common(this, key);
  }
}

/** A property that was named and not yet read. */
export class MemberNode extends Node {
  readonly parent: Node;
  readonly name: string;

  constructor(parent: Node, name: string) {
    super(parent.scope);
    this.parent = parent;
    this.name = name;
  }

  get title(): string {
    return `${this.parent.title}.${this.name}`;
  }

  read(): Promise<Variant> {
    return invoke(this.parent, this.name, readFlags, []);
  }

  override async withHeld<T>(use: (held: Held) => Promise<T>): Promise<T> {
    return this.scope.leave(await enter(this, await this.read()), use);
  }

  override call(args: readonly unknown[]): CallNode {
    return new CallNode(this.parent, this.name, args);
  }

  override own(key: string | symbol): unknown {
    const value = async (): Promise<unknown> => wrapped(this.scope, await this.read());
    return promised(key, value) ?? common(this, key);
  }
}

/** A call that was made, or will be before the next await goes on. */
export class CallNode extends Node {
  readonly #parent: Node;
  readonly #name: string | number;
  readonly #args: readonly unknown[];
  readonly #result: Promise<unknown>;
  #state: "waiting" | "made" | "assigned" = "waiting";

  constructor(parent: Node, name: string | number, args: readonly unknown[]) {
    super(parent.scope);
    this.#parent = parent;
    this.#name = name;
    this.#args = args;
    // In a moment, so that `put(x.Item(1), value)` can take the arguments before the call is made.
    this.#result = Promise.resolve().then(() => this.#make());
  }

  get title(): string {
    return this.#name === DispId.VALUE
      ? `${this.#parent.title}(…)`
      : `${this.#parent.title}.${this.#name}(…)`;
  }

  async #make(): Promise<unknown> {
    if (this.#state === "assigned") return undefined;
    this.#state = "made";
    return wrapped(this.scope, await invoke(this.#parent, this.#name, readFlags, this.#args));
  }

  assign(value: unknown): Promise<void> {
    if (this.#state === "made") throw new ComError(HResult.E_INVALIDARG, `${this.title} was called already`);
    this.#state = "assigned";
    return assign(this.#parent, this.#name, this.#args, value);
  }

  override async withHeld<T>(use: (held: Held) => Promise<T>): Promise<T> {
    const node = nodeOf(await this.#result);
    if (node instanceof ObjectNode) return use(node.held);
    throw noObject(this.title);
  }

  override call(args: readonly unknown[]): CallNode {
    return new CallNode(this, DispId.VALUE, args);
  }

  override own(key: string | symbol): unknown {
    return promised(key, () => this.#result) ?? common(this, key);
  }
}

/** The parts of a promise that a path has. */
function promised(key: string | symbol, value: () => Promise<unknown>): unknown {
  switch (key) {
    case "then":
      return (...handlers: Parameters<Promise<unknown>["then"]>) => value().then(...handlers);
    case "catch":
      return (handler: Parameters<Promise<unknown>["catch"]>[0]) => value().catch(handler);
    case "finally":
      return (handler: Parameters<Promise<unknown>["finally"]>[0]) => value().finally(handler);
    default:
      return undefined;
  }
}

function noObject(title: string): ComError {
  return new ComError(HResult.DISP_E_TYPEMISMATCH, `${title} is no object`, { where: title });
}

async function enter(node: Node, variant: Variant): Promise<Held> {
  const { value } = variant;
  const isObject = variant.vt === VT.DISPATCH || variant.vt === VT.UNKNOWN;
  const found =
    isObject && typeof value === "object" && value !== null
      ? await dispatchOf(value, node.scope.options.host)
      : undefined;
  if (found === undefined) throw noObject(node.title);
  return node.scope.enter(found);
}

/** What a script sees of a result. */
function wrapped(scope: Scope, variant: Variant): Promise<unknown> {
  return lateValue(variant, async (object) => {
    const found = await dispatchOf(object, scope.options.host);
    return found === undefined ? object : proxyOf(scope.hold(found));
  });
}

function invoke(
  parent: Node,
  name: string | number,
  flags: number,
  args: readonly unknown[],
  value?: { readonly value: unknown },
): Promise<Variant> {
  return parent.withHeld(async (held) => {
    const borrowed: IUnknown[] = [];
    try {
      const { call, host } = parent.scope.options;
      const values = await valuesOf(
        { host, borrowed, late: (one) => lateArgument(one, borrowed) },
        args,
        value,
      );
      if (!isObjectPut(values, flags)) return await held.caller.invoke(name, flags, values, call);
      return await putObject(held, name, values, call);
    } finally {
      for (const pointer of borrowed) pointer[Symbol.dispose]();
    }
  });
}

export async function assign(
  parent: Node,
  name: string | number,
  args: readonly unknown[],
  value: unknown,
): Promise<void> {
  await invoke(parent, name, DispatchFlag.PROPERTYPUT, args, { value });
}

function isObjectPut(values: CallValues, flags: number): boolean {
  return (
    flags === DispatchFlag.PROPERTYPUT && values.value?.vt === VT.DISPATCH && values.value.value !== null
  );
}

/** As VB's Set does it; a property that is only set by value takes it so. */
async function putObject(
  held: Held,
  name: string | number,
  values: CallValues,
  options: CallOptions,
): Promise<Variant> {
  try {
    return await held.caller.invoke(name, DispatchFlag.PROPERTYPUTREF, values, options);
  } catch (error) {
    if (ComError.from(error).code !== HResult.DISP_E_MEMBERNOTFOUND) throw error;
    return held.caller.invoke(name, DispatchFlag.PROPERTYPUT, values, options);
  }
}

function lateArgument(argument: unknown, borrowed: IUnknown[]): Promise<Variant> | undefined {
  const node = nodeOf(argument);
  if (node === undefined) return undefined;
  return node instanceof MemberNode ? keep(node.read(), borrowed) : objectOf(argument);
}

/** A late-bound object, or what a call answers, as an argument. */
async function objectOf(argument: unknown): Promise<Variant> {
  const value: unknown = await argument;
  const node = nodeOf(value);
  return node instanceof ObjectNode ? new Variant(VT.DISPATCH, node.held.pointer) : Variant.from(value);
}

/** A pointer that was read for this call is given back after it. */
async function keep(reading: Promise<Variant>, borrowed: IUnknown[]): Promise<Variant> {
  const variant = await reading;
  if (isPointer(variant.value)) borrowed.push(variant.value);
  return variant;
}
