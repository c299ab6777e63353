import { ComError, HResult } from "../base/index.ts";
import type { UserMarshal } from "../ndr/index.ts";
import type { FLAGGED_WORD_BLOB } from "./gen/wtypesbase.ts";

/**
 * BSTR: a string, null, or bytes when the length is odd. A null BSTR is a blob whose byte count is all ones. ([MS-OAUT] 2.2.23)
 */
export const BSTR_UserMarshal: UserMarshal<string | Uint8Array | null, FLAGGED_WORD_BLOB | null> = {
  littleEndian: true,
  toWire(value) {
    if (value === null || value === undefined)
      return { cBytes: 0xffffffff, clSize: 0, asData: new Uint16Array(0) };
    if (typeof value === "string") {
      const asData = new Uint16Array(value.length);
      for (let i = 0; i < value.length; i++) asData[i] = value.charCodeAt(i);
      return { cBytes: value.length * 2, clSize: value.length, asData };
    }
    const asData = new Uint16Array((value.length + 1) >> 1);
    new Uint8Array(asData.buffer).set(value);
    return { cBytes: value.length, clSize: asData.length, asData };
  },
  fromWire(wire) {
    if (wire === null || wire.cBytes === 0xffffffff) return null;
    const { asData, cBytes } = wire;
    if (cBytes > asData.length * 2) {
      throw new ComError(HResult.RPC_X_BAD_STUB_DATA, `a BSTR of ${cBytes} bytes in ${asData.length * 2}`);
    }
    const bytes = Buffer.from(asData.buffer, asData.byteOffset, cBytes);
    return cBytes % 2 === 1 ? new Uint8Array(bytes) : bytes.toString("utf16le");
  },
};
