import {
  ByteReader,
  ByteWriter,
  ComError,
  type ErrorInfo,
  GUID_NULL,
  type Guid,
  HResult,
  guid,
  tryParseGuid,
} from "../../base/index.ts";
import { IErrorInfo } from "../../com/index.ts";
import { decodeObjref, encodeObjref } from "../objref.ts";
import type { OrpcExtent } from "./extent.ts";

/** CLSID_ErrorExtension: the extent that carries rich error information ([MS-DCOM] 2.2.21.1). */
export const CLSID_ErrorExtension: Guid = guid("0000031c-0000-0000-c000-000000000046");
/** CLSID_ErrorObject: unmarshals the error object within it ([MS-DCOM] 2.2.21.2). */
const CLSID_ErrorObject: Guid = guid("0000031b-0000-0000-c000-000000000046");

/** The longest text of an error that is sent or read, UTF-16 units. */
const maxText = 8192;

/** The extent that tells a failure's description, source and help to the caller. */
export function errorExtent(info: ErrorInfo): OrpcExtent {
  const writer = new ByteWriter(256);
  writer.u32(0);
  writer.u32(info.helpContext ?? 0);
  writer.guid((info.iid === undefined ? undefined : tryParseGuid(info.iid)) ?? GUID_NULL);
  writeText(writer, info.source);
  writeText(writer, info.description);
  writeText(writer, info.helpFile);
  const data = encodeObjref({
    form: "custom",
    iid: IErrorInfo.iid,
    clsid: CLSID_ErrorObject,
    data: writer.finish(),
  });
  return { id: CLSID_ErrorExtension, data };
}

/** The error information of an extent; undefined when it is not one we know how to read. A broken one never hides the failure itself. */
export function readErrorExtent(extent: OrpcExtent): ErrorInfo | undefined {
  if (extent.id !== CLSID_ErrorExtension) return undefined;
  try {
    const objref = decodeObjref(extent.data);
    if (objref.form !== "custom" || objref.clsid !== CLSID_ErrorObject) return undefined;
    return readErrorObject(new ByteReader(objref.data));
  } catch (error) {
    if (error instanceof ComError) return undefined;
    throw error;
  }
}

function readErrorObject(reader: ByteReader): ErrorInfo {
  reader.skip(4);
  const helpContext = reader.u32();
  const iid = reader.guid();
  const source = readText(reader);
  const description = readText(reader);
  const helpFile = readText(reader);
  return { helpContext, iid: iid === GUID_NULL ? undefined : iid, source, description, helpFile };
}

/** ErrorInfoString behind its signature ([MS-DCOM] 2.2.21.3). */
function writeText(writer: ByteWriter, text: string | undefined): void {
  if (text === undefined) {
    writer.u32(0);
    return;
  }
  const cut = text.slice(0, maxText);
  writer.u32(0xffffffff);
  writer.u32(cut.length + 1);
  writer.u32(0);
  writer.u32(cut.length + 1);
  writer.reserve(cut.length * 2 + 2);
  writer.utf16(cut);
  writer.u16(0);
  writer.align(4);
}

function readText(reader: ByteReader): string | undefined {
  if (reader.u32() === 0) return undefined;
  reader.skip(8);
  const units = reader.u32();
  if (units > maxText + 1)
    throw new ComError(HResult.RPC_E_INVALID_DATA, `an error text of ${units} characters`);
  const text = reader.utf16(units);
  if (reader.remaining > 0) reader.align(4);
  return text.replace(/\0+$/, "");
}
