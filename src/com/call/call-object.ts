import { ComError, type Guid, HResult, formatGuid } from "../../base/index.ts";
import {
  type Awaitable,
  type CallOptions,
  type Interface,
  type InterfaceDescriptor,
  allMethods,
  syncInterfaceOf,
} from "../../ndr/index.ts";
import { controllingIdentity, innerUnknown } from "../aggregation.ts";
import { ICallFactory, ICancelMethodCalls, ISynchronize } from "../gen/objidl.ts";
import { contractOf, implement } from "../interfaces.ts";
import { giveBack } from "../pointer/give-back.ts";
import { duplicate, isPointer, pointerTo } from "../pointers.ts";
import { unknownMethods } from "../interfaces.ts";
import { IID_IUnknown, type IUnknown } from "../unknown.ts";
import { RPC_S_CALLPENDING, Synchronize } from "./synchronize.ts";

/** RPC_E_CALL_COMPLETE: the call is over, or was never begun. */
export const RPC_E_CALL_COMPLETE = 0x80010117;

/**
 * One call at a time of an interface, begun now and finished later: the call object that ICallFactory::CreateCall of a proxy makes. It has the
 * asynchronous interface, ISynchronize (signalled when the call is over) and ICancelMethodCalls.
 */
class CallObject {
  readonly #target: Readonly<Record<string, unknown>>;
  readonly #owned: IUnknown | undefined;
  readonly #event = new Synchronize();
  #method: string | undefined;
  #result: Promise<unknown> | undefined;
  #stop: AbortController | undefined;

  /** `owned`: the target's reference, given back with the last of the call object. */
  constructor(target: object, owned?: IUnknown) {
    this.#target = target as Readonly<Record<string, unknown>>;
    this.#owned = owned;
  }

  /** A call that nobody will finish is cancelled, and what it answers all the same is given back. */
  finalRelease(): void {
    const result = this.#result;
    if (result !== undefined) {
      this.#stop?.abort();
      result.then(
        (value) => giveBack(value),
        () => undefined,
      );
    }
    this.#owned?.Release();
  }

  /** Pointers among the arguments stay the caller's, who may release them as soon as this returns. */
  begin(method: string, args: readonly unknown[]): void {
    if (this.#result !== undefined) {
      throw new ComError(RPC_S_CALLPENDING, `${this.#method} of this call object is not finished yet`);
    }
    const held = args.map((arg) => (isPointer(arg) ? duplicate(arg) : arg)); // first: throws for one that was released
    const stop = new AbortController();
    const options: CallOptions = { signal: stop.signal };
    this.#method = method;
    this.#stop = stop;
    this.#event.Reset();
    const call = this.#target[method] as (...list: unknown[]) => unknown;
    const result = Promise.resolve().then(() => call.apply(this.#target, [...held, options]));
    const over = (): void => {
      this.#event.Signal();
      for (const arg of held) if (isPointer(arg)) arg[Symbol.dispose]();
    };
    result.then(over, over);
    this.#result = result;
  }

  async finish(method: string): Promise<unknown> {
    const result = this.#result;
    if (result === undefined || this.#method !== method) {
      throw new ComError(RPC_E_CALL_COMPLETE, `${method} was not begun, or is finished`);
    }
    try {
      return await result;
    } finally {
      this.#result = this.#method = this.#stop = undefined;
    }
  }

  Wait(dwFlags: number, dwMilliseconds: number): Promise<void> {
    return this.#event.Wait(dwFlags, dwMilliseconds);
  }

  Signal(): void {
    this.#event.Signal();
  }

  Reset(): void {
    this.#event.Reset();
  }

  /** Cancels the call: it fails with RPC_E_CALL_CANCELED, and the server is told. Throws RPC_E_CALL_COMPLETE when there is none. */
  Cancel(): void {
    if (this.#stop === undefined || this.#event.signaled) throw complete();
    this.#stop.abort();
  }

  /** How the call stands, as a failure: RPC_S_CALLPENDING, RPC_E_CALL_CANCELED, RPC_E_CALL_COMPLETE. */
  TestCancel(): void {
    if (this.#stop?.signal.aborted === true) throw new ComError(HResult.RPC_E_CALL_CANCELED);
    throw this.#stop === undefined || this.#event.signaled ? complete() : new ComError(RPC_S_CALLPENDING);
  }
}

function complete(): ComError {
  return new ComError(RPC_E_CALL_COMPLETE, "the call is over");
}

const classes = new WeakMap<InterfaceDescriptor, new (target: object, owned?: IUnknown) => object>();

/** The class of the call objects of an asynchronous interface: its Begin_ and Finish_ methods over one call. */
function callClass(asynchronous: InterfaceDescriptor): new (target: object, owned?: IUnknown) => object {
  let made = classes.get(asynchronous);
  if (made === undefined) {
    made = class extends CallObject {};
    const members = made.prototype as Record<string, unknown>;
    for (const { name } of allMethods(asynchronous)) {
      const [, half, method = ""] = /^(Begin|Finish)_(.+)$/.exec(name) ?? [];
      if (half === "Begin") {
        members[name] = function begin(this: CallObject, ...args: unknown[]): void {
          this.begin(method, args);
        };
      } else if (half === "Finish") {
        members[name] = function finish(this: CallObject): Promise<unknown> {
          return this.finish(method);
        };
      } else if (!unknownMethods.has(name)) {
        throw new ComError(HResult.E_INVALIDARG, `${asynchronous.name} is no asynchronous interface`);
      }
    }
    implement(made, asynchronous, ISynchronize, ICancelMethodCalls);
    classes.set(asynchronous, made);
  }
  return made;
}

/** A call object for calls of `target`, as the interface `iid` (ICallFactory::CreateCall). The caller owns the pointer. */
function makeCall(
  target: object,
  asyncIid: Guid,
  outer: object | null,
  iid: Guid,
  owned?: IUnknown,
): IUnknown {
  const object = new (callClass(contractOf(asyncIid)))(target, owned);
  if (outer === null) return pointerTo(object, contractOf(iid));
  if (iid !== IID_IUnknown) {
    throw new ComError(HResult.E_INVALIDARG, "an inner call object is created as IUnknown");
  }
  return innerUnknown(controllingIdentity(outer), object);
}

/** What a proxy answers as ICallFactory: its interface's asynchronous twin only. */
export function callFactory(target: object, descriptor: InterfaceDescriptor): object | undefined {
  const { asyncIid } = descriptor;
  if (asyncIid === undefined) return undefined;
  return {
    CreateCall(riid: Guid, pCtrlUnk: object | null, riid2: Guid): IUnknown {
      if (riid !== asyncIid) {
        throw new ComError(
          HResult.E_NOINTERFACE,
          `${formatGuid(riid)} is not the asynchronous twin of ${descriptor.name}`,
        );
      }
      return makeCall(target, riid, pCtrlUnk, riid2);
    },
  };
}

/**
 * A call object for an asynchronous interface (`AsyncIFoo` of `IFoo`): `Begin_` methods start a call, `Finish_` methods wait for it and answer it.
 * Asks the object's ICallFactory; an object of the apartment without one is called as it is. The caller owns the pointer. Throws E_NOINTERFACE.
 */
export async function createCall<T extends IUnknown>(
  pointer: IUnknown,
  asynchronous: Interface<T>,
): Promise<T> {
  const sync = syncInterfaceOf(asynchronous.iid);
  if (sync === undefined) {
    throw new ComError(HResult.E_NOINTERFACE, `no interface is known whose twin is ${asynchronous.name}`);
  }
  using target = await pointer.QueryInterface<IUnknown>(sync);
  const factory = await factoryOf(target);
  if (factory === undefined) {
    const own = await target.QueryInterface<IUnknown>(sync);
    return makeCall(own, asynchronous.iid, null, asynchronous.iid, own) as T;
  }
  using held = factory;
  return (await held.CreateCall(asynchronous.iid, null, asynchronous.iid)) as Awaitable<T>;
}

async function factoryOf(pointer: IUnknown): Promise<ICallFactory | undefined> {
  try {
    return await pointer.QueryInterface(ICallFactory);
  } catch (error) {
    if (ComError.from(error).code === HResult.E_NOINTERFACE) return undefined;
    throw error;
  }
}
