import { ComError, HResult } from "../../base/index.ts";
import { IRunnableObject } from "../gen/objidl.ts";
import type { IUnknown } from "../unknown.ts";

/** Brings an object that knows more than one state to run (OleRun). One without IRunnableObject runs already. Throws what its Run throws. */
export function oleRun(object: IUnknown): Promise<void> {
  return withRunnable(object, undefined, async (runnable) => runnable.Run(null));
}

/** Whether an object runs (OleIsRunning); one without IRunnableObject always does. */
export function oleIsRunning(object: IUnknown): Promise<boolean> {
  return withRunnable(object, true, async (runnable) => {
    const status = { code: HResult.S_OK as number };
    await runnable.IsRunning({ status });
    return status.code === HResult.S_OK;
  });
}

/** Keeps an object running, or lets it stop (OleLockRunning). `lastUnlockCloses`: the last unlock closes it. Nothing without IRunnableObject. */
export function oleLockRunning(object: IUnknown, lock: boolean, lastUnlockCloses: boolean): Promise<void> {
  return withRunnable(object, undefined, async (runnable) =>
    runnable.LockRunning(lock ? 1 : 0, lastUnlockCloses ? 1 : 0),
  );
}

/** Tells an object that it is embedded: references from its container do not keep it running (OleSetContainedObject). */
export function oleSetContainedObject(object: IUnknown, contained: boolean): Promise<void> {
  return withRunnable(object, undefined, async (runnable) => runnable.SetContainedObject(contained ? 1 : 0));
}

async function withRunnable<T>(
  object: IUnknown,
  without: T,
  use: (runnable: IRunnableObject) => Promise<T>,
): Promise<T> {
  const runnable = await runnableOf(object);
  if (runnable === undefined) return without;
  using held = runnable;
  return await use(held);
}

async function runnableOf(object: IUnknown): Promise<IRunnableObject | undefined> {
  try {
    return await object.QueryInterface(IRunnableObject);
  } catch (error) {
    if (ComError.from(error).code === HResult.E_NOINTERFACE) return undefined;
    throw error;
  }
}
