import { HResult, ComError } from "../../base/index.ts";
import { type Identity, identityOf, isPointer, pointerTo, remoteObjectOf } from "../../com/index.ts";
import type { CallOptions } from "../../ndr/index.ts";
import { IDispatch } from "../gen/oaidl.ts";
import { DispatchCaller } from "./dispatch-call.ts";

/** The runtime that objects of this program belong to when they are handed out. */
export type Host = Identity["host"];

/** One object that was reached, and how often it was handed out. */
export interface Held {
  readonly scope: Scope;
  readonly key: unknown;
  readonly pointer: IDispatch;
  readonly caller: DispatchCaller;
  handedOut: number;
  /** Paths that lead through it just now. */
  passing: number;
  proxy: WeakRef<object> | undefined;
  released: boolean;
}

export interface ScopeOptions {
  readonly lcid: number;
  readonly call: CallOptions;
  readonly host: Host;
  readonly name: string;
}

/**
 * The objects reached through one late-bound object. Each has one pointer, whatever number of times it is come upon; all are released with the first
 * one, single ones before that.
 */
export class Scope {
  readonly options: ScopeOptions;
  readonly #held = new Map<unknown, Held>();
  #root: Held | undefined;

  constructor(options: ScopeOptions) {
    this.options = options;
  }

  /** Takes over a pointer. The same object is the same `Held`; then the pointer is given back at once. */
  hold(pointer: IDispatch): Held {
    const key = identityKey(pointer);
    const before = this.#held.get(key);
    if (before !== undefined) {
      if (before.pointer !== pointer) pointer[Symbol.dispose]();
      return before;
    }
    const caller = new DispatchCaller(pointer, this.options.lcid);
    const held: Held = {
      scope: this,
      key,
      pointer,
      caller,
      handedOut: 0,
      passing: 0,
      proxy: undefined,
      released: false,
    };
    this.#held.set(key, held);
    this.#root ??= held;
    return held;
  }

  /**
   * Notes that an object is handed out. The first one counts once: that the object behind it was come upon again (`range.Application`) must not keep
   * everything alive beyond its block.
   */
  handOut(held: Held): void {
    if (held !== this.#root || held.handedOut === 0) held.handedOut++;
  }

  /** Gives back one handing out of an object; the root takes everything with it. */
  release(held: Held): void {
    if (held.released || --held.handedOut > 0) return;
    if (held === this.#root) for (const one of this.#held.values()) drop(one);
    else this.drop(held);
  }

  /** Takes over a pointer for a path that leads on: `leave` ends it. */
  enter(pointer: IDispatch): Held {
    const held = this.hold(pointer);
    held.passing++;
    return held;
  }

  /** Runs `use` on an object that was entered. What was only passed through is not kept. */
  async leave<T>(held: Held, use: (held: Held) => Promise<T>): Promise<T> {
    try {
      return await use(held);
    } finally {
      held.passing--;
      this.drop(held);
    }
  }

  /** An object in hand was lost by those who had it. */
  forget(held: Held): void {
    held.handedOut = 0;
    this.drop(held);
  }

  /** Releases an object that nobody has in hand and no path leads through; the root stays. */
  drop(held: Held): void {
    if (held === this.#root || held.handedOut > 0 || held.passing > 0) return;
    this.#held.delete(held.key);
    drop(held);
  }
}

function drop(held: Held): void {
  if (held.released) return;
  held.released = true;
  held.pointer[Symbol.dispose]();
}

function identityKey(pointer: object): unknown {
  return remoteObjectOf(pointer)?.identity ?? identityOf(pointer);
}

/** IDispatch of what a VARIANT held: a pointer (taken over) or an object of this apartment; undefined when it has none. */
export async function dispatchOf(value: object, host: Host): Promise<IDispatch | undefined> {
  if (!isPointer(value)) return orNothing(() => pointerTo(value, IDispatch, host));
  if (typeof (value as Partial<IDispatch>).GetIDsOfNames === "function") return value as IDispatch;
  const found = await orNothing(() => value.QueryInterface(IDispatch));
  if (found !== undefined) value[Symbol.dispose]();
  return found;
}

async function orNothing(ask: () => IDispatch | Promise<IDispatch>): Promise<IDispatch | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (ComError.from(error).code === HResult.E_NOINTERFACE) return undefined;
    throw error;
  }
}
