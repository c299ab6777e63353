import { ByteReader, defaultLimits } from "../../base/index.ts";
import { VT } from "../../automation/index.ts";
import { VARIANT } from "../../automation/gen/oaidl.ts";
import { codecFor } from "../../ndr/index.ts";
import type { Json } from "../session/decoded.ts";
import { explainPointer } from "./objref.ts";
import { wireJson } from "./shapes.ts";

/** Bytes of the head of a VARIANT: size, reserved, type, three reserved words ([MS-OAUT] 2.2.29.1). */
const HEAD_BYTES = 16;
/** What stands before it as its referent id, in Windows' marshaling. */
const USER = [0x55, 0x73, 0x65, 0x72];
const knownTypes = new Set<number>(Object.values(VT));

/** A VARIANT as it travels, alone or behind its referent id "User". Undefined when the bytes are none. */
export function explainVariant(bytes: Uint8Array): Json {
  const behind = USER.every((byte, i) => bytes[i] === byte) ? 8 : 0;
  const body = bytes.subarray(behind);
  if (!isVariant(body)) return undefined;
  // The referent stands on a multiple of eight; so does what it points to.
  const whole = new Uint8Array(8 + body.length);
  whole.set(USER);
  whole.set(body, 8);
  const context = {
    limits: defaultLimits,
    marshalInterface: () => new Uint8Array(),
    unmarshalInterface: explainPointer,
  };
  try {
    return wireJson(codecFor(VARIANT).decode(new ByteReader(whole), context));
  } catch {
    return undefined;
  }
}

/** A size in quadwords that fits, a reserved zero, and a type there is. */
function isVariant(bytes: Uint8Array): boolean {
  if (bytes.length < HEAD_BYTES + 4) return false;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const quadwords = view.getUint32(0, true);
  const type = view.getUint16(8, true) & 0x0fff;
  const fits = quadwords * 8 >= HEAD_BYTES && quadwords * 8 < bytes.length + 8;
  return fits && view.getUint32(4, true) === 0 && knownTypes.has(type);
}
