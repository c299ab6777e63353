import { ComError, HResult } from "../base/index.ts";
import { SafeArray } from "./safearray.ts";
import { VT } from "./vt.ts";

/** The bytes of a text as an array of UI1 (VectorFromBstr); text as a BSTR has it: a string, or bytes where their number is odd. */
export function vectorFromBstr(text: string | Uint8Array | null): SafeArray {
  if (typeof text !== "string") return new SafeArray(VT.UI1, (text ?? new Uint8Array(0)).slice());
  return new SafeArray(VT.UI1, new Uint8Array(Buffer.from(text, "utf16le")));
}

/** The text of an array of bytes of one dimension (BstrFromVector): a string, or bytes where their number is odd. Throws DISP_E_TYPEMISMATCH. */
export function bstrFromVector(array: SafeArray): string | Uint8Array {
  const { data, vt, bounds } = array;
  const isBytes = (vt === VT.UI1 || vt === VT.I1) && bounds.length === 1 && ArrayBuffer.isView(data);
  if (!isBytes) throw new ComError(HResult.DISP_E_TYPEMISMATCH, "text is made of one dimension of bytes");
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return bytes.length % 2 === 0 ? Buffer.from(bytes).toString("utf16le") : bytes.slice();
}
