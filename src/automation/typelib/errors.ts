import { ComError } from "../../base/index.ts";

/** HRESULTs of type libraries. */
export const TypeLibStatus = {
  BUFFERTOOSMALL: 0x80028016,
  FIELDNOTFOUND: 0x80028017,
  INVDATAREAD: 0x80028018,
  UNSUPFORMAT: 0x80028019,
  REGISTRYACCESS: 0x8002801c,
  LIBNOTREGISTERED: 0x8002801d,
  UNDEFINEDTYPE: 0x80028027,
  INVALIDSTATE: 0x80028029,
  WRONGTYPEKIND: 0x8002802a,
  ELEMENTNOTFOUND: 0x8002802b,
  AMBIGUOUSNAME: 0x8002802c,
  NAMECONFLICT: 0x8002802d,
  BADMODULEKIND: 0x800288bd,
  SIZETOOBIG: 0x800288c5,
  DUPLICATEID: 0x800288c6,
  TYPEMISMATCH: 0x80028ca0,
  OUTOFBOUNDS: 0x80028ca1,
  IOERROR: 0x80028ca2,
  CANTLOADLIBRARY: 0x80029c4a,
  CIRCULARTYPE: 0x80029c84,
} as const;

/** The bytes are not what the format says (TYPE_E_INVDATAREAD). */
export function invalid(message: string): ComError {
  return new ComError(TypeLibStatus.INVDATAREAD, message);
}

/** There is no such type, member or parameter (TYPE_E_ELEMENTNOTFOUND). */
export function notFound(message: string): ComError {
  return new ComError(TypeLibStatus.ELEMENTNOTFOUND, message);
}
