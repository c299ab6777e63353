import { ComError, type Guid, guid, guidFromBytes, guidToBytes } from "../../base/index.ts";
import { StgStatus } from "../status.ts";

/** Formats everybody knows. ([MS-OLEPS] 2.24, 3.1) */
export const Fmtid: {
  readonly SummaryInformation: Guid;
  readonly DocSummaryInformation: Guid;
  readonly UserDefinedProperties: Guid;
  readonly GlobalInfo: Guid;
  readonly ImageContents: Guid;
  readonly ImageInfo: Guid;
} = {
  SummaryInformation: guid("f29f85e0-4ff9-1068-ab91-08002b27b3d9"),
  DocSummaryInformation: guid("d5cdd502-2e9c-101b-9397-08002b2cf9ae"),
  UserDefinedProperties: guid("d5cdd505-2e9c-101b-9397-08002b2cf9ae"),
  GlobalInfo: guid("56616f00-c154-11ce-8553-00aa00a1f95b"),
  ImageContents: guid("56616400-c154-11ce-8553-00aa00a1f95b"),
  ImageInfo: guid("56616500-c154-11ce-8553-00aa00a1f95b"),
};

const wellKnown = new Map<Guid, string>([
  [Fmtid.SummaryInformation, "\u0005SummaryInformation"],
  [Fmtid.DocSummaryInformation, "\u0005DocumentSummaryInformation"],
  [Fmtid.UserDefinedProperties, "\u0005DocumentSummaryInformation"],
  [Fmtid.GlobalInfo, "\u0005GlobalInfo"],
  [Fmtid.ImageContents, "\u0005ImageContents"],
  [Fmtid.ImageInfo, "\u0005ImageInfo"],
]);

const digits = "abcdefghijklmnopqrstuvwxyz012345";
/** 128 bits, five to a character. */
const nameLength = 26;

/** The name of the element that holds a format's properties (FmtIdToPropStgName). ([MS-OLEPS] 2.24.1) */
export function propertySetName(fmtid: Guid): string {
  const known = wellKnown.get(fmtid);
  if (known !== undefined) return known;
  const bytes = new Uint8Array(16);
  guidToBytes(fmtid, bytes, 0);
  let name = "\u0005";
  for (let i = 0; i < nameLength; i++) {
    const bit = 5 * i;
    const pair = (bytes[bit >> 3] ?? 0) | ((bytes[(bit >> 3) + 1] ?? 0) << 8);
    const digit = digits.charAt((pair >> (bit & 7)) & 31);
    // Where a byte begins the letter is large.
    name += (bit & 7) === 0 ? digit.toUpperCase() : digit;
  }
  return name;
}

/** The format of a name (PropStgNameToFmtId); STG_E_INVALIDNAME when it is none's. */
export function formatOfName(name: string): Guid {
  const lower = name.toLowerCase();
  for (const [fmtid, known] of wellKnown) if (known.toLowerCase() === lower) return fmtid;
  const bytes = new Uint8Array(17);
  const values = Array.from(lower.slice(1), (digit) => digits.indexOf(digit));
  if (name.length !== nameLength + 1 || !name.startsWith("\u0005") || values.includes(-1)) {
    throw new ComError(StgStatus.INVALIDNAME, "the name is not one of a property set");
  }
  values.forEach((value, i) => {
    const bit = 5 * i;
    const at = bit >> 3;
    const shifted = value << (bit & 7);
    bytes[at] = (bytes[at] as number) | (shifted & 0xff);
    bytes[at + 1] = (bytes[at + 1] as number) | (shifted >> 8);
  });
  return guidFromBytes(bytes, 0);
}
