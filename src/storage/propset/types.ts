import { VT } from "../../automation/index.ts";

const own = {
  LPSTR: 30,
  LPWSTR: 31,
  FILETIME: 64,
  BLOB: 65,
  STREAM: 66,
  STORAGE: 67,
  STREAMED_OBJECT: 68,
  STORED_OBJECT: 69,
  BLOB_OBJECT: 70,
  CF: 71,
  CLSID: 72,
  VERSIONED_STREAM: 73,
  VECTOR: 0x1000,
} as const;

/** Types of properties: those of a VARIANT and some of their own. ([MS-OLEPS] 2.2) */
export const PropType: typeof VT & typeof own = { ...VT, ...own };

/** Data in a clipboard format: a number of Windows' (-1), of the Macintosh (-2), a FMTID (-3), a name, or none (0). ([MS-OLEPS] 2.11) */
export interface ClipboardValue {
  readonly format: number;
  readonly data: Uint8Array;
}

/** A stream that lies beside the set, with the version it is of. */
export interface VersionedStream {
  readonly version: string;
  readonly name: string;
}

/**
 * A property: its type and its value. The value by type as in a Variant; besides: LPSTR and LPWSTR string, FILETIME bigint, BLOB bytes, CF
 * {@link ClipboardValue}, CLSID a GUID, VECTOR an array of values (of {@link PropertyValue} for VECTOR|VARIANT), ARRAY a SafeArray; STREAM and STORAGE and
 * their like the name of the element that holds them.
 */
export interface PropertyValue {
  readonly vt: number;
  readonly value: unknown;
}

/** Properties every set may have. ([MS-OLEPS] 2.1, 2.18.1) */
export const PropertyId = {
  DICTIONARY: 0,
  CODEPAGE: 1,
  FIRST_USABLE: 2,
  LOCALE: 0x80000000,
  MODIFY_TIME: 0x80000001,
  SECURITY: 0x80000002,
  BEHAVIOR: 0x80000003,
} as const;

/** The code page of UTF-16. */
export const codePageUnicode = 1200;
