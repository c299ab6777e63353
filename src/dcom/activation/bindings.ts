import { ByteReader, ByteWriter } from "../../base/index.ts";
import { type DualStringArray, readUnits, writeUnits } from "../dual-string-array.ts";
import type { DUALSTRINGARRAY } from "./structures.ts";

/** The NDR form of string and security bindings. */
export function toWireBindings(bindings: DualStringArray): DUALSTRINGARRAY {
  const writer = new ByteWriter(256);
  const wSecurityOffset = writeUnits(writer, bindings);
  const bytes = writer.finish();
  const aStringArray = Uint16Array.from({ length: bytes.length >> 1 }, (_, i) =>
    writer.view.getUint16(i * 2, true),
  );
  return { wNumEntries: aStringArray.length, wSecurityOffset, aStringArray };
}

/** String and security bindings of their NDR form. Throws RPC_E_INVALID_OBJREF for one that contradicts itself. */
export function fromWireBindings(wire: DUALSTRINGARRAY): DualStringArray {
  const writer = new ByteWriter(wire.aStringArray.length * 2);
  for (const unit of wire.aStringArray) writer.u16(unit);
  return readUnits(new ByteReader(writer.finish()), wire.aStringArray.length, wire.wSecurityOffset);
}
