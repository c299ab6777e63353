import { ByteReader, ByteWriter, GUID_NULL, type Guid } from "../../base/index.ts";
import {
  type ClipboardFormat,
  readAnsi,
  readFormat,
  readUnicode,
  within,
  writeAnsi,
  writeFormat,
  writeUnicode,
} from "./texts.ts";

export const compObjName = "\u0001CompObj";

/** What stands in "\1CompObj": what kind of object this storage is, for people. ([MS-OLEDS] 2.3.8) */
export interface CompObj {
  readonly clsid: Guid;
  /** "Microsoft Word Document". */
  readonly userType: string;
  readonly format: ClipboardFormat;
  /** The ProgID, in the field the specification reserves. */
  readonly progId: string;
}

const unicodeMarker = 0x71b239f4;

/** Throws STG_E_DOCFILECORRUPT for a stream that is cut off. */
export function readCompObj(bytes: Uint8Array): CompObj {
  return within("\\1CompObj", () => {
    const reader = new ByteReader(bytes);
    reader.skip(12);
    const clsid = reader.guid();
    const narrow = { clsid, userType: readAnsi(reader), format: readFormat(reader, false), progId: "" };
    if (reader.remaining < 4) return narrow;
    const length = reader.u32();
    // Longer than any ProgID: not one, and nothing of what follows is to be trusted. ([MS-OLEDS] 2.3.8, Reserved1)
    if (length > 0x28 || length > reader.remaining) return narrow;
    reader.pos -= 4;
    const progId = readAnsi(reader);
    if (reader.remaining < 4 || reader.u32() !== unicodeMarker || reader.remaining < 4)
      return { ...narrow, progId };
    const userType = readUnicode(reader);
    const format = reader.remaining < 4 ? undefined : readFormat(reader, true);
    const wideProgId = reader.remaining < 4 ? "" : readUnicode(reader);
    return {
      clsid,
      userType: userType === "" ? narrow.userType : userType,
      format: format ?? narrow.format,
      progId: wideProgId === "" ? progId : wideProgId,
    };
  });
}

export function writeCompObj(object: CompObj): Uint8Array {
  const writer = new ByteWriter(256);
  writer.u32(0xfffe0001);
  writer.u32(0x0a03);
  writer.u32(0xffffffff);
  writer.guid(object.clsid);
  writeAnsi(writer, object.userType);
  writeFormat(writer, object.format, false);
  writeAnsi(writer, object.progId);
  writer.u32(unicodeMarker);
  // Texts that the code page has need no second form; Office leaves them out.
  const plain = /^[ -~]*$/.test(object.userType + object.progId + String(object.format ?? ""));
  writeUnicode(writer, plain ? "" : object.userType);
  writeFormat(writer, plain ? undefined : object.format, true);
  writeUnicode(writer, plain ? "" : object.progId);
  return writer.finish();
}

export const noCompObj: CompObj = { clsid: GUID_NULL, userType: "", format: undefined, progId: "" };
