import { ComError, bytesEqual } from "../../base/index.ts";
import { StgStatus, corrupt } from "../status.ts";

/** Special values of the FAT. ([MS-CFB] 2.1) */
export const Sector = {
  MAXREG: 0xfffffffa,
  DIFAT: 0xfffffffc,
  FAT: 0xfffffffd,
  END: 0xfffffffe,
  FREE: 0xffffffff,
} as const;

export const headerBytes = 512;
export const headerDifat = 109;
export const miniShift = 6;
export const miniSize: number = 1 << miniShift;
export const miniCutoff = 4096;

const magic = Uint8Array.of(0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1);
/** The signature of the format's beta. */
const oldMagic = Uint8Array.of(0x0e, 0x11, 0xfc, 0x0d, 0xd0, 0xcf, 0x11, 0x0e);

/** The first 512 bytes of a compound file. ([MS-CFB] 2.2) */
export interface Header {
  readonly major: 3 | 4;
  /** log2 of the sector size: 9 in version 3, 12 in version 4; others mix them, and are read all the same. */
  readonly shift: number;
  /** Directory sectors; 0 in version 3. */
  directorySectors: number;
  fatSectors: number;
  directoryStart: number;
  /** Counts commits. */
  signature: number;
  miniFatStart: number;
  miniFatSectors: number;
  difatStart: number;
  difatSectors: number;
  /** The first 109 FAT sectors. */
  readonly difat: Uint32Array;
}

/** log2 of the sector size as the specification has it. */
export function sectorShift(major: 3 | 4): number {
  return major === 3 ? 9 : 12;
}

export function emptyHeader(major: 3 | 4): Header {
  return {
    major,
    shift: sectorShift(major),
    directorySectors: 0,
    fatSectors: 0,
    directoryStart: Sector.END,
    signature: 0,
    miniFatStart: Sector.END,
    miniFatSectors: 0,
    difatStart: Sector.END,
    difatSectors: 0,
    difat: new Uint32Array(headerDifat).fill(Sector.FREE),
  };
}

/** Whether bytes begin as a compound file does (StgIsStorageFile's test). */
export function hasSignature(bytes: Uint8Array): boolean {
  return bytes.length >= 8 && bytesEqual(bytes.subarray(0, 8), magic);
}

/** Throws STG_E_FILEALREADYEXISTS for another kind of file (as Windows does), STG_E_OLDFORMAT, STG_E_INVALIDHEADER. */
export function readHeader(bytes: Uint8Array): Header {
  if (!hasSignature(bytes)) {
    const old = bytes.length >= 8 && bytesEqual(bytes.subarray(0, 8), oldMagic);
    throw new ComError(
      old ? StgStatus.OLDFORMAT : StgStatus.FILEALREADYEXISTS,
      old ? "a compound file of the format's beta" : "not a compound file",
    );
  }
  if (bytes.length < headerBytes) throw corrupt(`the header is cut off after ${bytes.length} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const major = view.getUint16(0x1a, true);
  const shift = view.getUint16(0x1e, true);
  if ((major !== 3 && major !== 4) || (shift !== 9 && shift !== 12)) {
    throw new ComError(
      StgStatus.INVALIDHEADER,
      `version ${major} with sectors of 2^${shift} bytes is not known`,
    );
  }
  if (
    view.getUint16(0x1c, true) !== 0xfffe ||
    view.getUint16(0x20, true) !== miniShift ||
    view.getUint32(0x38, true) !== miniCutoff
  ) {
    throw new ComError(
      StgStatus.INVALIDHEADER,
      "byte order, mini sector size or mini stream cutoff is not the format's",
    );
  }
  const difat = new Uint32Array(headerDifat);
  for (let i = 0; i < headerDifat; i++) difat[i] = view.getUint32(0x4c + 4 * i, true);
  return {
    major,
    shift,
    directorySectors: view.getUint32(0x28, true),
    fatSectors: view.getUint32(0x2c, true),
    directoryStart: view.getUint32(0x30, true),
    signature: view.getUint32(0x34, true),
    miniFatStart: view.getUint32(0x3c, true),
    miniFatSectors: view.getUint32(0x40, true),
    difatStart: view.getUint32(0x44, true),
    difatSectors: view.getUint32(0x48, true),
    difat,
  };
}

export function writeHeader(header: Header): Uint8Array {
  const bytes = new Uint8Array(headerBytes);
  const view = new DataView(bytes.buffer);
  bytes.set(magic);
  view.setUint16(0x18, 0x3e, true);
  view.setUint16(0x1a, header.major, true);
  view.setUint16(0x1c, 0xfffe, true);
  view.setUint16(0x1e, header.shift, true);
  view.setUint16(0x20, miniShift, true);
  view.setUint32(0x28, header.major === 3 ? 0 : header.directorySectors, true);
  view.setUint32(0x2c, header.fatSectors, true);
  view.setUint32(0x30, header.directoryStart, true);
  view.setUint32(0x34, header.signature, true);
  view.setUint32(0x38, miniCutoff, true);
  view.setUint32(0x3c, header.miniFatStart, true);
  view.setUint32(0x40, header.miniFatSectors, true);
  view.setUint32(0x44, header.difatStart, true);
  view.setUint32(0x48, header.difatSectors, true);
  for (let i = 0; i < headerDifat; i++) view.setUint32(0x4c + 4 * i, header.difat[i] ?? Sector.FREE, true);
  return bytes;
}
