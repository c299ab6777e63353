import { ComError, HResult } from "../base/index.ts";
import type { MethodCodec, MethodDescriptor } from "../ndr/index.ts";

/** The codec of a method, compiled when first wanted. */
export function codecOf(method: MethodDescriptor): MethodCodec {
  throw new ComError(HResult.E_NOTIMPL, `no codec for ${method.name}`);
}
