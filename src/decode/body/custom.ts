import { ComError, type Guid, toHex } from "../../base/index.ts";
import { ActivationClsid, decodeActivationBlob } from "../dcom.ts";
import type { Json } from "../session/decoded.ts";
import { wireJson } from "./shapes.ts";

/** Bytes of an unknown blob that are shown. */
const SHOWN = 64;

/**
 * What stands in a custom OBJREF: activation properties where the class says so ([MS-DCOM] 2.2.22), else its first bytes.
 * @param objref the whole reference.
 */
export function explainCustom(
  clsid: Guid,
  data: Uint8Array,
  objref: Uint8Array,
): { readonly [key: string]: Json } {
  const isIn = clsid === ActivationClsid.ActivationPropertiesIn;
  if (!isIn && clsid !== ActivationClsid.ActivationPropertiesOut) {
    return { bytes: data.length, data: toHex(data.subarray(0, SHOWN)) };
  }
  const name = isIn ? "ActivationPropertiesIn" : "ActivationPropertiesOut";
  try {
    return { class: name, properties: propertiesJson(objref) };
  } catch (error) {
    return { class: name, bytes: data.length, error: ComError.from(error).message };
  }
}

function propertiesJson(objref: Uint8Array): Json {
  const out: Record<string, Json> = {};
  for (const property of decodeActivationBlob(objref).properties) {
    if (property.name === undefined) out[property.clsid] = { bytes: property.bytes.length };
    else out[property.name] = wireJson(property.value);
  }
  return out;
}
