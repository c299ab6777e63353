import { ComError } from "../base/index.ts";

/** HRESULTs of structured storage. ([MS-ERREF] 2.1, facility STORAGE) */
export const StgStatus = {
  INVALIDFUNCTION: 0x80030001,
  FILENOTFOUND: 0x80030002,
  PATHNOTFOUND: 0x80030003,
  ACCESSDENIED: 0x80030005,
  INVALIDPOINTER: 0x80030009,
  NOMOREFILES: 0x80030012,
  DISKISWRITEPROTECTED: 0x80030013,
  WRITEFAULT: 0x8003001d,
  READFAULT: 0x8003001e,
  SHAREVIOLATION: 0x80030020,
  LOCKVIOLATION: 0x80030021,
  FILEALREADYEXISTS: 0x80030050,
  INVALIDPARAMETER: 0x80030057,
  MEDIUMFULL: 0x80030070,
  INVALIDHEADER: 0x800300fb,
  INVALIDNAME: 0x800300fc,
  INVALIDFLAG: 0x800300ff,
  NOTCURRENT: 0x80030101,
  REVERTED: 0x80030102,
  CANTSAVE: 0x80030103,
  OLDFORMAT: 0x80030104,
  NOTFILEBASEDSTORAGE: 0x80030107,
  DOCFILECORRUPT: 0x80030109,
  DOCFILETOOLARGE: 0x80030111,
  NOTSIMPLEFORMAT: 0x80030112,
  INCOMPLETE: 0x80030201,
  TERMINATED: 0x80030202,
  S_CONVERTED: 0x00030200,
  /** E_PENDING: the bytes have not arrived yet. */
  PENDING: 0x8000000a,
} as const;

/** The bytes are not what the format says (STG_E_DOCFILECORRUPT). */
export function corrupt(message: string): ComError {
  return new ComError(StgStatus.DOCFILECORRUPT, message);
}

/** The storage or the element was opened without the access this needs (STG_E_ACCESSDENIED). */
export function accessDenied(message: string): ComError {
  return new ComError(StgStatus.ACCESSDENIED, message, { gate: "storage access" });
}

/** Its storage was reverted, destroyed or released (STG_E_REVERTED). */
export function reverted(what: string): ComError {
  return new ComError(
    StgStatus.REVERTED,
    `the ${what} is no more: its storage was reverted, destroyed or released`,
  );
}
