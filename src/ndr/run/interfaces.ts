import {
  type ByteReader,
  type ByteWriter,
  ComError,
  type Guid,
  GUID_NULL,
  HResult,
} from "../../base/index.ts";
import { count64, checkCount, claim, setCount64, take } from "./place.ts";
import type { DecodeState, EncodeState } from "./state.ts";
import { refuse } from "./refuse.ts";

/** The referent of an interface pointer: MInterfacePointer, a conformant structure of a byte count and an OBJREF ([MS-DCOM] 2.2.14). */
export function putInterface(
  w: ByteWriter,
  value: unknown,
  iid: unknown,
  countSize: number,
  s: EncodeState,
  where: string,
): void {
  if ((typeof value !== "object" && typeof value !== "function") || value === null)
    refuse.value(where, "an interface pointer", value);
  const objref = s.context.marshalInterface((iid ?? GUID_NULL) as Guid, value);
  const size = objref.length;
  const f = claim(w, countSize, countSize + 4 + size);
  if (countSize === 8) setCount64(w.view, f, size);
  else w.view.setUint32(f, size, true);
  w.view.setUint32(f + countSize, size, true);
  w.bytes.set(objref, f + countSize + 4);
}

export function getInterface(
  r: ByteReader,
  iid: unknown,
  countSize: number,
  little: boolean,
  s: DecodeState,
  where: string,
): object {
  const f = take(r, countSize, countSize + 4);
  const max = countSize === 8 ? count64(r.view, f, little) : r.view.getUint32(f, little);
  const size = r.view.getUint32(f + countSize, little);
  if (max !== size) refuse.bound(where, max, size);
  checkCount(r, r.pos, size, 1, s, where);
  const objref = r.bytes.subarray(r.pos, r.pos + size);
  r.pos += size;
  return s.context.unmarshalInterface((iid ?? GUID_NULL) as Guid, objref);
}

/** Says what went wrong in emitted code that is not a ComError yet: a value of the wrong shape. */
export function explain(error: unknown, where: string): ComError {
  if (error instanceof ComError) return error;
  if (error instanceof RangeError && /call stack/i.test(error.message)) {
    return new ComError(HResult.RPC_X_BAD_STUB_DATA, "the data is nested too deep", { cause: error, where });
  }
  if (error instanceof TypeError || error instanceof RangeError) {
    return new ComError(HResult.E_INVALIDARG, `the value does not fit the type: ${error.message}`, {
      cause: error,
      where,
    });
  }
  return ComError.from(error);
}
