import type { Guid } from "../../base/index.ts";
import {
  type Awaitable,
  type CallOptions,
  type Interface,
  type InterfaceDescriptor,
  type MethodDescriptor,
  allMethods,
} from "../../ndr/index.ts";
import { thread } from "../apartment.ts";
import { type Facet, type Identity, identityOfObject, nameOf } from "../identity.ts";
import { classOf, contractOf, unknownMethods } from "../interfaces.ts";
import type { LeakDetector } from "../leaks.ts";
import type { IUnknown } from "../unknown.ts";
import { Pointer, handOver, noInterface, refuse, watchForLeaks } from "./base.ts";
import { type CallPlan, callLocal, callPlanned, failure, settle } from "./call.ts";
import { methodMapperOf } from "./mapper.ts";
import { madeDirectClass } from "./watch-direct.ts";

/** A pointer to an object of its own apartment: a call is a check and a method call. */
export abstract class DirectPointer extends Pointer {
  readonly $target: object;
  readonly $identity: Identity;
  declare readonly $descriptor: InterfaceDescriptor;

  constructor(target: object, identity: Identity) {
    super();
    this.$target = target;
    this.$identity = identity;
    identity.addRef();
    watchForLeaks(this, identity.host?.leaks);
  }

  override get $leaks(): LeakDetector | undefined {
    return this.$identity.host?.leaks;
  }

  override $drop(): void {
    this.$identity.release();
  }

  override $again(): DirectPointer {
    return new (this.constructor as DirectClass)(this.$target, this.$identity);
  }

  override QueryInterface<T extends IUnknown>(iface: Interface<T>, _options?: CallOptions): Awaitable<T> {
    this.$check("QueryInterface");
    const { beyond } = this.$identity;
    if (beyond !== undefined && this.$identity.facet(iface.iid) === undefined) return beyond(iface);
    return directPointer(this.$identity, iface);
  }
}

type DirectClass = new (target: object, identity: Identity) => DirectPointer;

const classes = new WeakMap<object, Map<InterfaceDescriptor, DirectClass>>();

/** A new handle to an interface of an object of this apartment; the caller owns it. Throws E_NOINTERFACE. */
export function directPointer<T>(identity: Identity, iface: Interface<T>): T {
  const facet = identity.facet(iface.iid);
  if (facet === undefined) throw noInterface(iface, nameOf(identity.object));
  return new (directClass(facet))(facet.target, facet.holder ?? identity.root) as unknown as T;
}

function directClass(facet: Facet): DirectClass {
  const key = classOf(facet.target);
  let ofClass = classes.get(key);
  if (ofClass === undefined) classes.set(key, (ofClass = new Map()));
  let made = ofClass.get(facet.descriptor);
  if (made === undefined) ofClass.set(facet.descriptor, (made = generate(facet)));
  return made;
}

/**
 * The class of the pointers to one interface of one implementation class. Generated as source, so that every method is a call site of its own that
 * only ever sees one class: the engine then makes a call cost what a method call costs. Names go into the source as string literals only.
 */
function generate(facet: Facet): DirectClass {
  const plans: CallPlan[] = [];
  const body = allMethods(facet.descriptor)
    .filter((method) => isMember(method.name))
    .map((method) => memberSource(facet, method, plans));
  const source = `"use strict";
const { DirectPointer, thread, refuse, settle, failure, callLocal, callPlanned, plans } = env;
return class extends DirectPointer {
${body.join("\n")}
};`;
  // oxlint-disable-next-line typescript/no-implied-eval -- one class per interface and implementation class
  const made = new Function("env", source)({
    DirectPointer,
    thread,
    refuse,
    settle,
    failure,
    callLocal,
    callPlanned,
    plans,
  }) as DirectClass;
  Object.defineProperty(made, "name", { value: facet.descriptor.name });
  Object.defineProperty(made.prototype, "$descriptor", { value: facet.descriptor });
  madeDirectClass(made.prototype);
  return made;
}

/** Names that would break a handle: IUnknown's own, our fields, and what makes an object a promise. */
export function isMember(name: string): boolean {
  return !unknownMethods.has(name) && name !== "then" && name !== "constructor" && !name.startsWith("$");
}

function memberSource(facet: Facet, method: MethodDescriptor, plans: CallPlan[]): string {
  const name = JSON.stringify(method.name);
  const mapper = methodMapperOf(method);
  const at = plans.push({ descriptor: facet.descriptor, method, mapper, wrap: wrapValue }) - 1;
  if (method.local === true && method.params.length === 0) {
    // Its parameters have no descriptors, because they never travel: they go through as they are.
    return `  [${name}](...args) {
    if (this.$home !== thread.current) refuse(this, ${name});
    return callLocal(this, plans[${at}], args);
  }`;
  }
  const args = method.params.filter((param) => param.in).map((_, index) => `a${index}`);
  const head = `  [${name}](${[...args, "options"].join(", ")}) {
    if (this.$home !== thread.current) refuse(this, ${name});`;
  const planned = `return callPlanned(this, plans[${at}], [${args.join(", ")}], options);`;
  if (mapper !== undefined || !isMonomorphic(facet, method)) return `${head}\n    ${planned}\n  }`;
  return `${head}
    if (options !== undefined) ${planned}
    try {
      const result = this.$target[${name}](${args.join(", ")});
      return typeof result === "object" ? settle(this, ${name}, result) : result;
    } catch (error) {
      throw failure(this, ${name}, error);
    }
  }`;
}

/** Object literals share a class here and may differ in methods; the same goes for methods that the runtime provides. */
function isMonomorphic(facet: Facet, method: MethodDescriptor): boolean {
  return (
    classOf(facet.target) !== Object &&
    typeof (facet.target as Record<string, unknown>)[method.name] === "function"
  );
}

/** An argument's pointer is lent and goes through as it is (`made` is there); a result's is given. */
function wrapValue(value: object, iid: string | undefined, made: Disposable[] | undefined): unknown {
  if (value instanceof Pointer) return made === undefined ? handOver(value) : value;
  if (iid === undefined) return value;
  const identity = identityOfObject(value);
  const pointer = directPointer(identity, contractOf(iid as Guid, identity.host));
  made?.push(pointer);
  return pointer;
}
