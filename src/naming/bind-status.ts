import { ComError, GUID_NULL, type Guid, HResult } from "../base/index.ts";
import type { IBindCtx } from "../com/gen/objidl.ts";
import { IBindStatusCallback, IBinding } from "../com/gen/urlmon.ts";
import { type Implements, type Runtime, isPointer } from "../com/index.ts";
import type { Naming } from "./naming.ts";

/** The parameter of a bind context that Windows keeps the callback in. */
const parameter = "_BSCB_Holder_";

/**
 * Has a callback told how bindings with this bind context go on (RegisterBindStatusCallback): OnStartBinding, OnProgress and OnStopBinding. It is an
 * implementation object or a pointer; the bind context takes a reference of its own until {@link revokeBindStatusCallback} or its end. Answers the callback that
 * was registered before, a pointer of the caller's own.
 */
export async function registerBindStatusCallback(
  runtime: Runtime,
  context: IBindCtx,
  callback: object,
): Promise<IBindStatusCallback | undefined> {
  const pointer = isPointer(callback)
    ? await callback.QueryInterface(IBindStatusCallback)
    : runtime.pointerTo(callback, IBindStatusCallback);
  using held = pointer;
  const before = await callbackOf(context);
  try {
    await context.RegisterObjectParam(parameter, held);
  } catch (error) {
    before?.[Symbol.dispose]();
    throw error;
  }
  return before;
}

/** Forgets the callback of a bind context (RevokeBindStatusCallback). Throws E_FAIL when there is none. */
export async function revokeBindStatusCallback(context: IBindCtx): Promise<void> {
  await context.RevokeObjectParam(parameter);
}

async function callbackOf(context: IBindCtx): Promise<IBindStatusCallback | undefined> {
  try {
    const found = await context.GetObjectParam(parameter);
    using held = found;
    return await held?.QueryInterface(IBindStatusCallback);
  } catch (error) {
    if (ComError.from(error).code === HResult.E_FAIL) return undefined;
    throw error;
  }
}

/** A binding under way: can be ended from outside. */
class Binding implements Implements<IBinding> {
  static readonly interfaces: readonly object[] = [IBinding];
  readonly #abort: AbortController;
  #priority = 0;

  constructor(abort: AbortController) {
    this.#abort = abort;
  }

  Abort(): void {
    this.#abort.abort(new ComError(HResult.E_ABORT, "the binding was ended by who started it"));
  }

  Suspend(): never {
    throw new ComError(HResult.E_NOTIMPL, "a binding goes on or is ended");
  }

  Resume(): never {
    return this.Suspend();
  }

  SetPriority(nPriority: number): void {
    this.#priority = nPriority;
  }

  GetPriority(): number {
    return this.#priority;
  }

  GetBindResult(): { pclsidProtocol: Guid; pdwResult: number; pszResult: string | null } {
    return { pclsidProtocol: GUID_NULL, pdwResult: 0, pszResult: null };
  }
}

/** What a watched binding tells. */
export interface Watch {
  readonly signal: AbortSignal;
  readonly progress: (status: number, at: number, of: number, text: string) => Promise<void>;
}

/**
 * Runs a binding that the bind context's callback is told about, for `milliseconds` at most; then `late` is thrown. A callback that throws E_ABORT ends it;
 * what else it throws is its own affair.
 */
export async function watched<T>(
  naming: Naming,
  context: IBindCtx,
  milliseconds: number,
  late: () => ComError,
  work: (watch: Watch) => Promise<T>,
): Promise<T> {
  const callback = await callbackOf(context);
  using told = callback;
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(late()), milliseconds);
  const ended = new Promise<void>((resolve) => {
    abort.signal.addEventListener("abort", () => resolve(), { once: true });
  });
  const tell = async (say: (callback: IBindStatusCallback) => unknown): Promise<void> => {
    if (told === undefined) return;
    try {
      // Who never answers does not keep the binding beyond its time.
      await Promise.race([say(told), ended]);
    } catch (error) {
      if (ComError.from(error).code === HResult.E_ABORT) abort.abort(error);
    }
  };
  const { signal } = abort;
  const progress = async (status: number, at: number, of: number, text: string): Promise<void> => {
    await tell((one) => one.OnProgress(at, of, status, text));
    signal.throwIfAborted();
  };
  let failure: ComError | undefined;
  try {
    if (told !== undefined) {
      using binding = naming.runtime.pointerTo(new Binding(abort), IBinding);
      await tell((one) => one.OnStartBinding(0, binding));
    }
    signal.throwIfAborted();
    return await work({ signal, progress });
  } catch (error) {
    failure = ComError.from(error);
    throw failure;
  } finally {
    const { code, message } = failure ?? { code: HResult.S_OK, message: null };
    await tell((one) => one.OnStopBinding(code | 0, message));
    clearTimeout(timer);
  }
}
