import { ComError, HResult } from "../base/index.ts";
import {
  type InterfaceDescriptor,
  type MethodCodec,
  type MethodDescriptor,
  allMethods,
  methodCodec,
} from "../ndr/index.ts";
import { asyncStub } from "./call/async-stub.ts";
import type { Facet, Identity } from "./identity.ts";
import { classOf } from "./interfaces.ts";
import { callProvided } from "./provided.ts";
import type { InterfaceStub } from "./remoting.ts";

type Invoker = (target: object, args: readonly unknown[], identity: Identity) => unknown;

/** What the stubs of one interface of one class share: codecs and invokers by opnum, each made when first wanted. */
class StubTable {
  readonly descriptor: InterfaceDescriptor;
  readonly methods: readonly MethodDescriptor[];
  readonly #codecs: (MethodCodec | undefined)[] = [];
  readonly #invokers: (Invoker | undefined)[] = [];
  readonly #later: (boolean | undefined)[] = [];

  constructor(descriptor: InterfaceDescriptor) {
    this.descriptor = descriptor;
    const byOpnum: MethodDescriptor[] = [];
    for (const method of allMethods(descriptor)) byOpnum[method.opnum] = method;
    this.methods = byOpnum;
  }

  codec(opnum: number): MethodCodec | undefined {
    const made = this.#codecs[opnum];
    if (made !== undefined) return made;
    const method = this.methods[opnum];
    if (method === undefined || method.local === true) return undefined;
    return (this.#codecs[opnum] = methodCodec(method));
  }

  answersLater(opnum: number, target: object): boolean {
    return (this.#later[opnum] ??= isAsync(target, this.methods[opnum]?.name));
  }

  noteLater(opnum: number): void {
    this.#later[opnum] = true;
  }

  invoker(opnum: number, target: object): Invoker {
    const made = this.#invokers[opnum];
    if (made !== undefined) return made;
    const method = this.methods[opnum];
    if (method === undefined || method.local === true) {
      throw new ComError(
        HResult.RPC_S_PROCNUM_OUT_OF_RANGE,
        `${this.descriptor.name} has no remote method ${opnum}`,
      );
    }
    return (this.#invokers[opnum] = compileInvoker(this.descriptor, method, target));
  }
}

/**
 * The function that calls one method with arguments from the wire: one call site per class and method, so the engine inlines it.
 * Names come from IDL and go into the source as string literals only.
 */
function compileInvoker(descriptor: InterfaceDescriptor, method: MethodDescriptor, target: object): Invoker {
  const { name } = method;
  if (classOf(target) === Object || typeof (target as Record<string, unknown>)[name] !== "function") {
    return (object, args, identity) => {
      const own = (object as Record<string, unknown>)[name];
      if (typeof own === "function") return (own as (...args: unknown[]) => unknown).apply(object, [...args]);
      return callProvided(identity, object, descriptor, method, args);
    };
  }
  const inputs = method.params.filter((param) => param.in).map((_, index) => `args[${index}]`);
  // oxlint-disable-next-line typescript/no-implied-eval -- the point: a monomorphic call site, made once per method
  return new Function(
    "target",
    "args",
    `return target[${JSON.stringify(name)}](${inputs.join(", ")});`,
  ) as Invoker;
}

class Stub implements InterfaceStub {
  readonly descriptor: InterfaceDescriptor;
  readonly #table: StubTable;
  readonly #target: object;
  readonly #identity: Identity;

  constructor(table: StubTable, target: object, identity: Identity) {
    this.descriptor = table.descriptor;
    this.#table = table;
    this.#target = target;
    this.#identity = identity;
  }

  codec(opnum: number): MethodCodec | undefined {
    return this.#table.codec(opnum);
  }

  answersLater(opnum: number): boolean {
    return this.#table.answersLater(opnum, this.#target);
  }

  noteLater(opnum: number): void {
    this.#table.noteLater(opnum);
  }

  invoke(opnum: number, args: readonly unknown[]): unknown {
    return this.#table.invoker(opnum, this.#target)(this.#target, args, this.#identity);
  }
}

function isAsync(target: object, name: string | undefined): boolean {
  const method: unknown = name === undefined ? undefined : (target as Record<string, unknown>)[name];
  return Object.prototype.toString.call(method) === "[object AsyncFunction]";
}

const tables = new WeakMap<object, Map<InterfaceDescriptor, StubTable>>();

/** The stub of one facet of an object. */
export function makeStub(identity: Identity, facet: Facet): InterfaceStub {
  const key = classOf(facet.target);
  let ofClass = tables.get(key);
  if (ofClass === undefined) tables.set(key, (ofClass = new Map()));
  let table = ofClass.get(facet.descriptor);
  if (table === undefined) ofClass.set(facet.descriptor, (table = new StubTable(facet.descriptor)));
  return asyncStub(identity, facet, new Stub(table, facet.target, identity));
}
