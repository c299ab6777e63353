import { ComError, HResult } from "../../base/index.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT, vtName } from "../vt.ts";

const bytes = VT.ARRAY | VT.UI1;

/** An array converts to its own type; a string to its bytes and back (VectorFromBstr, BstrFromVector). Elements are never converted. */
export function changeArray(source: Variant, vt: number): Variant {
  if (source.vt === vt) return source;
  if (source.vt === bytes && vt === VT.BSTR) return new Variant(vt, textOfBytes(source.value));
  if (source.vt === VT.BSTR && vt === bytes)
    return new Variant(vt, new SafeArray(VT.UI1, bytesOfText(source.value)));
  throw new ComError(HResult.DISP_E_TYPEMISMATCH, `${vtName(source.vt)} does not convert to ${vtName(vt)}`);
}

function textOfBytes(array: unknown): string | Uint8Array {
  const data = array instanceof SafeArray && array.bounds.length === 1 ? array.data : undefined;
  if (!(data instanceof Uint8Array)) throw new ComError(HResult.DISP_E_TYPEMISMATCH, "no vector of bytes");
  return data.length % 2 === 1
    ? data
    : Buffer.from(data.buffer, data.byteOffset, data.length).toString("utf16le");
}

function bytesOfText(text: unknown): Uint8Array {
  if (text instanceof Uint8Array) return text;
  return new Uint8Array(Buffer.from(typeof text === "string" ? text : "", "utf16le"));
}
