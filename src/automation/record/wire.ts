import { ByteReader, ByteWriter, ComError, GUID_NULL, HResult } from "../../base/index.ts";
import { identityOf, isPointer } from "../../com/index.ts";
import { type MarshalContext, type StructType, codecFor } from "../../ndr/index.ts";
import { RecordInfo, recordOf } from "./info.ts";
import { RecordValue } from "./value.ts";

/*
 * _wireBRECORD ([MS-OAUT] 2.2.28.2): the type as an interface pointer that marshals itself (see marshal.ts), and the values in NDR behind a count of
 * bytes. Alignment counts from that count.
 */

export interface WireBrecord {
  readonly fFlags: number;
  readonly clSize: number;
  readonly pRecInfo: object | null;
  readonly pRecord: Uint8Array | null;
}

type Fields = Readonly<Record<string, unknown>>;

/** Records in records in VARIANTs in records: how deep. */
const maxDepth = 32;
let depth = 0;

export function toWireRecord(value: RecordValue | null, context: MarshalContext): WireBrecord | null {
  if (value === null || value === undefined) return null;
  if (!(value instanceof RecordValue))
    throw new ComError(HResult.E_INVALIDARG, "a VT_RECORD holds a RecordValue");
  if (value.raw !== undefined) return blobOf(value.info, value.raw);
  return toWireRecords(value.info, value.fields === null ? [] : [value.fields], context);
}

/** Several records of one type in one blob, as an array has them. */
export function toWireRecords(
  info: RecordInfo,
  values: readonly unknown[],
  context: MarshalContext,
): WireBrecord {
  if (values.length === 0) return { fFlags: 0, clSize: 0, pRecInfo: info, pRecord: null };
  const type = info.known();
  const writer = new ByteWriter();
  writer.u32(0);
  deeper(() => {
    for (const value of values) codecFor(type).encode(writer, value, context);
  });
  writer.patchU32(0, writer.pos);
  return blobOf(info, writer.finish());
}

function blobOf(info: RecordInfo, blob: Uint8Array): WireBrecord {
  return { fFlags: 1, clSize: blob.length, pRecInfo: info, pRecord: blob };
}

export function fromWireRecord(wire: WireBrecord | null, context: MarshalContext): RecordValue | null {
  if (wire === null) return null;
  const info = infoOf(wire.pRecInfo);
  if (wire.pRecord === null) return new RecordValue(info, null);
  if (info.type === undefined) return new RecordValue(info, null, wire.pRecord.slice());
  const [fields] = readRecords(info.type, wire.pRecord, 1, context);
  return new RecordValue(info, fields ?? null);
}

/** The records of an array and their type. Throws TYPE_E_LIBNOTREGISTERED for a type that is not known. */
export function fromWireRecords(
  wire: WireBrecord | null,
  count: number,
  context: MarshalContext,
): { readonly info: RecordInfo; readonly values: readonly Fields[] } {
  const info = infoOf(wire?.pRecInfo ?? null);
  if (wire === null || wire.pRecord === null) return { info, values: [] };
  return { info, values: readRecords(info.known(), wire.pRecord, count, context) };
}

function readRecords(
  type: StructType,
  blob: Uint8Array,
  count: number,
  context: MarshalContext,
): readonly Fields[] {
  const reader = new ByteReader(blob);
  const size = reader.u32();
  // A record takes at least one byte: no more of them than bytes are believed.
  if (size !== blob.length || count > blob.length)
    throw new ComError(
      HResult.RPC_X_BAD_STUB_DATA,
      `${count} records in ${blob.length} bytes that call themselves ${size}`,
    );
  const codec = codecFor<Fields>(type);
  const values: Fields[] = [];
  deeper(() => {
    for (let i = 0; i < count; i++) values.push(codec.decode(reader, context));
  });
  return values;
}

function deeper(run: () => void): void {
  if (depth >= maxDepth)
    throw new ComError(HResult.RPC_X_BAD_STUB_DATA, `records are nested deeper than ${maxDepth}`);
  depth++;
  try {
    run();
  } finally {
    depth--;
  }
}

const nobody = { guid: GUID_NULL, libid: GUID_NULL, version: [0, 0], lcid: 0 } as const;

/** The type behind the interface pointer, which is not needed any longer. */
function infoOf(pointer: object | null): RecordInfo {
  if (pointer === null) return recordOf(nobody);
  if (!isPointer(pointer)) return pointer instanceof RecordInfo ? pointer : recordOf(nobody);
  const { object } = identityOf(pointer);
  pointer[Symbol.dispose]();
  return object instanceof RecordInfo ? object : recordOf(nobody);
}
