import {
  ByteReader,
  ByteWriter,
  ComError,
  type Guid,
  defaultLimits,
  guidFromBytes,
  guidToBytes,
} from "../../base/index.ts";
import { type MarshalContext, type NdrType, type Syntax, codecFor, ndr20, ndr64 } from "../../ndr/index.ts";
import { VARIANT } from "../gen/oaidl.ts";
import { CLSID_RecordInfo, marshalRecordInfo, unmarshalRecordInfo } from "../record/marshal.ts";
import type { Variant } from "../variant.ts";

/** Both transfer syntaxes, for tests that hold in each. */
export const syntaxes: readonly Syntax[] = [ndr20, ndr64];

/** Interface pointers as an IID and a number, records as themselves: what a marshaler would do, without a network. */
export function exchange(): MarshalContext & { readonly iids: Guid[] } {
  const objects: object[] = [];
  const iids: Guid[] = [];
  return {
    limits: defaultLimits,
    iids,
    marshalInterface(iid, pointer) {
      iids.push(iid);
      const custom = marshalRecordInfo(iid, pointer);
      const bytes = new Uint8Array(20 + (custom?.data.length ?? 0));
      guidToBytes(custom?.clsid ?? iid, bytes, 0);
      new DataView(bytes.buffer).setUint32(16, objects.push(pointer) - 1, true);
      if (custom !== undefined) bytes.set(custom.data, 20);
      return bytes;
    },
    unmarshalInterface(iid, objref) {
      const bytes = objref.slice();
      if (guidFromBytes(bytes, 0) === CLSID_RecordInfo)
        return unmarshalRecordInfo(iid, { data: bytes.subarray(20) });
      return objects[new DataView(bytes.buffer).getUint32(16, true)] as object;
    },
  };
}

/** The bytes of a value. */
export function encode(
  type: NdrType,
  value: unknown,
  syntax: Syntax,
  context: MarshalContext = exchange(),
): Uint8Array {
  const writer = new ByteWriter();
  codecFor(type, syntax).encode(writer, value, context);
  return writer.finish();
}

/** The value of bytes; all of them must be used up. */
export function decode(
  type: NdrType,
  bytes: Uint8Array,
  syntax: Syntax,
  context: MarshalContext = exchange(),
): unknown {
  const reader = new ByteReader(bytes);
  const value = codecFor(type, syntax).decode(reader, context);
  if (reader.remaining !== 0) throw new Error(`${reader.remaining} bytes were left over`);
  return value;
}

/** A VARIANT that went over the wire and came back. */
export function travel(variant: Variant, syntax: Syntax): Variant {
  const context = exchange();
  return decode(VARIANT, encode(VARIANT, variant, syntax, context), syntax, context) as Variant;
}

/** The code of the error `run` throws, 0 for none. */
export function code(run: () => unknown): number {
  try {
    run();
  } catch (error) {
    return ComError.from(error).code;
  }
  return 0;
}

/** The code of the error a promise is rejected with, 0 for none. */
export async function codeOf(promise: Promise<unknown> | PromiseLike<unknown>): Promise<number> {
  try {
    await promise;
  } catch (error) {
    return ComError.from(error).code;
  }
  return 0;
}
