import { ComError, HResult, succeeded } from "../base/index.ts";

/** A method's result together with a success code other than S_OK. */
export class StatusResult<T = unknown> {
  readonly code: number;
  readonly value: T;

  constructor(code: number, value: T) {
    this.code = code;
    this.value = value;
  }
}

/**
 * What a method returns to answer a success code other than S_OK: `return withStatus(HResult.S_FALSE, value)`. The caller gets the value,
 * and the code when it passed `status` in its call options. Throws E_INVALIDARG for a failure code: those are thrown as ComError.
 */
export function withStatus<T>(code: number, value: T): T {
  if (!succeeded(code)) {
    throw new ComError(
      HResult.E_INVALIDARG,
      "withStatus takes success codes; throw a ComError for a failure",
    );
  }
  // To TypeScript it is the value: whoever calls through an interface pointer never sees the wrapper.
  return new StatusResult(code >>> 0, value) as unknown as T;
}

/** Parts what a method returned into its value and its success code. */
export function splitStatus(result: unknown): { readonly code: number; readonly value: unknown } {
  if (result instanceof StatusResult) return result;
  return { code: HResult.S_OK, value: result };
}
