import { ByteReader, ByteWriter, ComError, type Guid, HResult, guid } from "../../base/index.ts";
import { type IUnknown, pointerTo } from "../../com/index.ts";
import { IRecordInfo } from "../gen/oaidl.ts";
import { type RecordIdentity, RecordInfo, recordOf } from "./info.ts";

/*
 * How an IRecordInfo travels: it marshals itself, as the identity of the record in its library (RecordInfoData, [MS-OAUT] 2.2.31). The layer that
 * marshals interface pointers is given these two.
 */

/** CLSID_RecordInfo: who unmarshals an IRecordInfo. */
export const CLSID_RecordInfo: Guid = guid("0000002f-0000-0000-c000-000000000046");

const dataBytes = 44;

/** What a RecordInfo marshals itself to; undefined for every other object. */
export function marshalRecordInfo(
  _iid: Guid,
  object: object,
): { readonly clsid: Guid; readonly data: Uint8Array } | undefined {
  if (!(object instanceof RecordInfo)) return undefined;
  const { libid, version, guid: record, lcid } = object.identity;
  const writer = new ByteWriter(dataBytes);
  writer.guid(libid);
  writer.u32(version[0]);
  writer.guid(record);
  writer.u32(version[1]);
  writer.u32(lcid);
  return { clsid: CLSID_RecordInfo, data: writer.finish() };
}

/** The IRecordInfo of a marshaled one; the caller owns the pointer. Throws RPC_E_INVALID_OBJREF when it is cut off. */
export function unmarshalRecordInfo(_iid: Guid, objref: { readonly data: Uint8Array }): IUnknown {
  return pointerTo(recordOf(identityIn(objref)), IRecordInfo);
}

/** As {@link unmarshalRecordInfo}, where records that the program does not know are looked for by `find`: in registered type libraries. */
export function recordUnmarshaler(
  find: (identity: RecordIdentity) => void,
): (iid: Guid, objref: { readonly data: Uint8Array }) => IUnknown {
  return (iid, objref) => {
    const identity = identityIn(objref);
    if (recordOf(identity).type === undefined) find(identity);
    return unmarshalRecordInfo(iid, objref);
  };
}

function identityIn(objref: { readonly data: Uint8Array }): RecordIdentity {
  const { data } = objref;
  if (data.length < dataBytes)
    throw new ComError(
      HResult.RPC_E_INVALID_OBJREF,
      `a record's type in ${data.length} bytes, ${dataBytes} are needed`,
    );
  const reader = new ByteReader(data);
  const libid = reader.guid();
  const major = reader.u32();
  const record = reader.guid();
  const minor = reader.u32();
  return { libid, version: [major, minor], guid: record, lcid: reader.u32() };
}
