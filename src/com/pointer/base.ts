import { inspect } from "node:util";
import { ComError, HResult } from "../../base/index.ts";
import type { Awaitable, CallOptions, Interface, InterfaceDescriptor } from "../../ndr/index.ts";
import { thread } from "../apartment.ts";
import type { LeakDetector } from "../leaks.ts";
import type { Apartment } from "../remoting.ts";
import type { IUnknown } from "../unknown.ts";

/**
 * A handle to one interface of one object. It has a count of its own; at zero it gives back the one reference it holds on the object.
 * The fields begin with `$` and are plain, because generated code reads them on every call.
 */
export abstract class Pointer implements IUnknown {
  /** The apartment the handle may be used in; undefined once it was released: one comparison checks both. */
  $home: Apartment | undefined;
  $count = 1;
  /** Whether the reference that leaving a `using` block gives back is still there. */
  $owned = true;
  $leakToken: object | undefined = undefined;

  abstract readonly $descriptor: InterfaceDescriptor;

  constructor() {
    this.$home = thread.current;
  }

  abstract QueryInterface<T extends IUnknown>(iface: Interface<T>, options?: CallOptions): Awaitable<T>;

  /** Gives the object's reference back. */
  abstract $drop(): void;

  /** Another handle to the same interface of the same object, with a reference of its own. */
  abstract $again(): Pointer;

  abstract get $leaks(): LeakDetector | undefined;

  AddRef(): number {
    this.$check("AddRef");
    return ++this.$count;
  }

  Release(): number {
    this.$check("Release");
    if (--this.$count > 0) return this.$count;
    this.$home = undefined;
    if (this.$leakToken !== undefined) this.$leaks?.released(this.$leakToken);
    this.$drop();
    return 0;
  }

  /** Gives back the handle's own reference, once; references taken with AddRef stay. */
  [Symbol.dispose](): void {
    if (!this.$owned) return;
    this.$owned = false;
    if (this.$home !== undefined) this.Release();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this[Symbol.dispose]();
    return Promise.resolve();
  }

  $check(member: string): void {
    if (this.$home !== thread.current) refuse(this, member);
  }

  toString(): string {
    return `${this.$descriptor.name}${this.$home === undefined ? " (released)" : ""}`;
  }
}

// What console.log prints of a handle: its interface, not its inside.
Object.defineProperty(Pointer.prototype, inspect.custom, {
  value(this: Pointer): string {
    return this.toString();
  },
});

/** Says why a handle cannot be used: it was released, or it belongs to another apartment. */
export function refuse(pointer: Pointer, member: string): never {
  const where = `${pointer.$descriptor.name}.${member}`;
  if (pointer.$home === undefined) {
    throw new ComError(
      HResult.CO_E_OBJNOTCONNECTED,
      `the ${pointer.$descriptor.name} pointer was released before`,
      { where },
    );
  }
  throw new ComError(
    HResult.RPC_E_WRONG_THREAD,
    `the ${pointer.$descriptor.name} pointer belongs to another apartment; marshal it there`,
    { where },
  );
}

/**
 * What a method returned, as its caller's own: the reference that came with it is moved to a handle that nobody else uses. A handle made for the
 * caller goes through as it is; of one that the object keeps, the count taken with AddRef is given back for a new handle.
 */
export function handOver(pointer: Pointer): Pointer {
  if ((pointer.$count === 1 && pointer.$owned) || pointer.$home !== thread.current) return pointer;
  const own = pointer.$again();
  pointer.Release();
  return own;
}

/** Watches a new handle when its runtime looks for leaks. */
export function watchForLeaks(pointer: Pointer, leaks: LeakDetector | undefined): void {
  if (leaks !== undefined) pointer.$leakToken = leaks.born(pointer, pointer.$descriptor.name);
}

export function noInterface(descriptor: InterfaceDescriptor, of: string): ComError {
  return new ComError(HResult.E_NOINTERFACE, `${of} has no interface ${descriptor.name} {${descriptor.iid}}`);
}
