import { type Clock, ComError, HResult } from "../../base/index.ts";
import type { CallOptions } from "../../ndr/index.ts";

/**
 * Gives up waiting when the call's own signal or time says so. What is waited for goes on (others may share it); only this caller leaves.
 */
export function limited<T>(
  work: Promise<T>,
  options: CallOptions | undefined,
  clock: Clock,
  where: string,
): Promise<T> {
  const signal = options?.signal;
  const timeout = options?.timeout;
  if (signal === undefined && timeout === undefined) return work;
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      timer?.[Symbol.dispose]();
      signal?.removeEventListener("abort", canceled);
    };
    const canceled = (): void => {
      leave();
      reject(
        ComError.from(
          signal?.reason ?? new DOMException("aborted", "AbortError"),
          HResult.RPC_E_CALL_CANCELED,
        ),
      );
    };
    const late = (): void => {
      leave();
      reject(new ComError(HResult.RPC_E_TIMEOUT, "the object could not be reached in time", { where }));
    };
    const timer = timeout === undefined ? undefined : clock.after(timeout, late);
    signal?.addEventListener("abort", canceled, { once: true });
    if (signal?.aborted === true) canceled();
    work.then(resolve, reject).finally(leave);
  });
}
