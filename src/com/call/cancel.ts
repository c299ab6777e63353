import { ComError, HResult } from "../../base/index.ts";
import type { CallOptions } from "../../ndr/index.ts";
import { getCallContext } from "../call-context.ts";
import type { CallContext } from "../call-context.ts";
import { ICancelMethodCalls } from "../gen/objidl.ts";
import { implement } from "../interfaces.ts";
import { pointerTo } from "../pointers.ts";
import { RPC_E_CALL_COMPLETE } from "./call-object.ts";
import { RPC_S_CALLPENDING } from "./synchronize.ts";

/** CO_E_CANCEL_DISABLED. */
const cancelDisabled = 0x80010140;

/** Whether calls of this thread can be cancelled from outside. A plain field: every call through a proxy looks at it. */
export const cancellation: { enabled: number } = { enabled: 0 };

interface Cancellable {
  readonly stop: AbortController;
  over: boolean;
}

const calls = new WeakMap<Promise<unknown>, Cancellable>();
/** Cancel objects of calls that are no proxy's. */
const own = new WeakMap<Promise<unknown>, object>();

/** Makes a call that {@link getCancelObject} finds. */
export function cancellable(
  options: CallOptions | undefined,
  make: (options: CallOptions) => Promise<unknown>,
): Promise<unknown> {
  const stop = new AbortController();
  const signal = options?.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const call = make({ ...options, signal });
  const entry: Cancellable = { stop, over: false };
  const over = (): void => void (entry.over = true);
  call.then(over, over);
  calls.set(call, entry);
  return call;
}

/** From now on calls through proxies can be cancelled (CoEnableCallCancellation). Counts: disable as often as enabled. */
export function enableCallCancellation(): void {
  cancellation.enabled++;
}

/** Takes back one enableCallCancellation (CoDisableCallCancellation). Throws CO_E_CANCEL_DISABLED when there is none. */
export function disableCallCancellation(): void {
  if (cancellation.enabled === 0) throw disabled();
  cancellation.enabled--;
}

/**
 * The cancel object of a call under way (CoGetCancelObject): `call` is the promise that the method of a proxy answered while cancellation was
 * enabled. The caller owns the pointer. Throws CO_E_CANCEL_DISABLED for a call that cannot be cancelled. A `signal` in the call's options does the
 * same without this.
 */
export function getCancelObject(call: unknown): ICancelMethodCalls {
  const given = call instanceof Promise ? own.get(call) : undefined;
  if (given !== undefined) return pointerTo(given, ICancelMethodCalls);
  const entry = call instanceof Promise ? calls.get(call) : undefined;
  if (entry === undefined) throw disabled();
  const object = new CancelObject(entry);
  return pointerTo(object, ICancelMethodCalls);
}

/**
 * Says how a call is cancelled that no proxy makes: one of a custom proxy, or work of the program's own (CoSetCancelObject). `call` is its promise; the
 * object has ICancelMethodCalls and is kept as long as the promise; `null` takes it away. Throws CO_E_CANCEL_DISABLED while cancellation is not enabled,
 * E_INVALIDARG for what is no promise, E_NOINTERFACE for an object that cannot cancel.
 */
export function setCancelObject(call: Promise<unknown>, object: object | null): void {
  if (cancellation.enabled === 0) throw disabled();
  if (!(call instanceof Promise)) throw new ComError(HResult.E_INVALIDARG, "a call is named by its promise");
  if (object === null) {
    own.delete(call);
    return;
  }
  pointerTo(object, ICancelMethodCalls).Release(); // refuses what cannot cancel
  own.set(call, object);
}

/** Cancels a call under way (CoCancelCall): it fails with RPC_E_CALL_CANCELED, and the server is told. */
export function cancelCall(call: unknown): void {
  using object = getCancelObject(call);
  void object.Cancel(0);
}

class CancelObject {
  readonly #call: Cancellable;

  constructor(call: Cancellable) {
    this.#call = call;
  }

  Cancel(): void {
    if (this.#call.over) throw new ComError(RPC_E_CALL_COMPLETE, "the call is over");
    this.#call.stop.abort();
  }

  TestCancel(): void {
    if (this.#call.stop.signal.aborted) throw new ComError(HResult.RPC_E_CALL_CANCELED);
    throw new ComError(this.#call.over ? RPC_E_CALL_COMPLETE : RPC_S_CALLPENDING);
  }
}
implement(CancelObject, ICancelMethodCalls);

/**
 * Whether the caller of the call being served has cancelled it (CoTestCancel): RPC_E_CALL_CANCELED, or RPC_S_CALLPENDING while it waits. After a
 * method's first `await` the context must be given, taken before.
 */
export function testCancel(context: CallContext | undefined = getCallContext()): number {
  if (context === undefined) throw new ComError(HResult.E_UNEXPECTED, "no call is being served here");
  return context.signal?.aborted === true ? HResult.RPC_E_CALL_CANCELED : RPC_S_CALLPENDING;
}

function disabled(): ComError {
  return new ComError(
    cancelDisabled,
    "the call was not made through a proxy while call cancellation was enabled",
  );
}
