import type { InterfaceDescriptor } from "../../ndr/index.ts";
import type { Identity } from "../identity.ts";

/** A call within an apartment, as a watcher sees it. */
export interface DirectCall {
  readonly descriptor: InterfaceDescriptor;
  /** The method's name. */
  readonly method: string;
  /** The object's identity. */
  readonly identity: Identity;
}

/** Goes around a call within an apartment: must answer or throw what `run` does, a value or a promise. */
export type DirectWatcher = (call: DirectCall, run: () => unknown) => unknown;

interface DirectPrototype {
  readonly $descriptor: InterfaceDescriptor;
}
type Method = (this: { readonly $identity: Identity }, ...args: unknown[]) => unknown;

const watchers = new Set<DirectWatcher>();
/** The prototypes of all generated classes, and the methods of those that are being watched as they were. */
const prototypes = new Set<WeakRef<DirectPrototype>>();
const originals = new Map<DirectPrototype, ReadonlyMap<string, Method>>();

/**
 * Watches all calls within the apartments of this thread until it is disposed. It replaces the methods of the pointers' classes meanwhile: while nobody watches,
 * nothing of it is on the way of a call; while somebody does, calls take several times as long.
 */
export function watchDirectCalls(watcher: DirectWatcher): Disposable {
  watchers.add(watcher);
  if (watchers.size === 1) forEachPrototype(wrap);
  return {
    [Symbol.dispose]: () => {
      if (watchers.delete(watcher) && watchers.size === 0) forEachPrototype(unwrap);
    },
  };
}

/** A class of pointers was generated. */
export function madeDirectClass(prototype: DirectPrototype): void {
  prototypes.add(new WeakRef(prototype));
  if (watchers.size > 0) wrap(prototype);
}

function forEachPrototype(action: (prototype: DirectPrototype) => void): void {
  for (const reference of prototypes) {
    const prototype = reference.deref();
    if (prototype === undefined) prototypes.delete(reference);
    else action(prototype);
  }
}

function wrap(prototype: DirectPrototype): void {
  const methods = new Map<string, Method>();
  const members = prototype as unknown as Record<string, unknown>;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const method = name === "constructor" ? undefined : members[name];
    if (typeof method !== "function") continue;
    methods.set(name, method as Method);
    Object.defineProperty(prototype, name, {
      value: watched(prototype.$descriptor, name, method as Method),
      configurable: true,
      writable: true,
    });
  }
  originals.set(prototype, methods);
}

function unwrap(prototype: DirectPrototype): void {
  for (const [name, value] of originals.get(prototype) ?? [])
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  originals.delete(prototype);
}

function watched(descriptor: InterfaceDescriptor, method: string, original: Method): Method {
  return function watchedMethod(...args) {
    const call = { descriptor, method, identity: this.$identity };
    let run = (): unknown => original.apply(this, args);
    for (const watcher of watchers) {
      const inner = run;
      run = () => watcher(call, inner);
    }
    return run();
  };
}
