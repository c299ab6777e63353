/**
 * A clipboard format: a predefined one by its number ({@link ClipFormat}), a registered one by its name. On the wire a registered format always travels
 * by name: numbers of registered formats mean nothing beyond the machine that gave them.
 */
export type ClipboardFormat = number | string;

/** The predefined clipboard formats. */
export const ClipFormat = {
  TEXT: 1,
  BITMAP: 2,
  METAFILEPICT: 3,
  SYLK: 4,
  DIF: 5,
  TIFF: 6,
  OEMTEXT: 7,
  DIB: 8,
  PALETTE: 9,
  PENDATA: 10,
  RIFF: 11,
  WAVE: 12,
  UNICODETEXT: 13,
  ENHMETAFILE: 14,
  HDROP: 15,
  LOCALE: 16,
  DIBV5: 17,
} as const;

/** Whether two formats are the same: names are in any letter case. */
export function isSameFormat(a: ClipboardFormat, b: ClipboardFormat): boolean {
  return typeof a === "string" && typeof b === "string" ? a.toLowerCase() === b.toLowerCase() : a === b;
}

/** Which view of an object data is of (DVASPECT). */
export const Aspect = { CONTENT: 1, THUMBNAIL: 2, ICON: 4, DOCPRINT: 8 } as const;

/** What a data object refuses with. */
export const DataStatus = {
  /** It has no such data. */
  FORMATETC: 0x80040064,
  /** It has it, but not on this medium. */
  TYMED: 0x80040069,
  /** It has no such part of it. */
  LINDEX: 0x80040068,
  /** It has no such view of it. */
  DVASPECT: 0x8004006b,
  /** The medium is not what it says, or not to be used. */
  STGMEDIUM: 0x80040066,
  /** The clipboard format is no such thing. */
  CLIPFORMAT: 0x8004006a,
  /** It tells nobody of changes. */
  ADVISENOTSUPPORTED: 0x80040003,
  /** There is no connection of this number. */
  NOCONNECTION: 0x80040004,
  /** The data does not fit on the medium (STG_E_MEDIUMFULL). */
  MEDIUMFULL: 0x80030070,
  /** The canonical format is the one that was asked about (a success). */
  SAMEFORMATETC: 0x00040130,
} as const;
