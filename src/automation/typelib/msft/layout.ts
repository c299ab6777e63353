/*
 * The MSFT format: a header, the offsets of the types, a directory of 15 segments, the segments, and one block of members per type. All numbers are
 * little-endian. Nothing published describes it in full; what stands here was found by looking at libraries.
 */

/** "MSFT" */
export const MSFT_MAGIC = 0x5446534d;

/** Fields of the header by offset. */
export const Header = {
  magic: 0x00,
  format: 0x04,
  guid: 0x08,
  nameLcid: 0x0c,
  lcid: 0x10,
  /** Low nibble: SYSKIND; 0x10 a help file stands; 0x40 always; 0x100 a help DLL stands. */
  variant: 0x14,
  version: 0x18,
  flags: 0x1c,
  typeCount: 0x20,
  docString: 0x24,
  helpStringContext: 0x28,
  helpContext: 0x2c,
  nameCount: 0x30,
  nameChars: 0x34,
  name: 0x38,
  helpFile: 0x3c,
  customData: 0x40,
  guidBuckets: 0x44,
  nameBuckets: 0x48,
  dispatch: 0x4c,
  importCount: 0x50,
  size: 0x54,
} as const;

export const FORMAT_VERSION = 0x00010002;
export const HELP_FILE_FLAG = 0x10;
export const ALWAYS_FLAG = 0x40;
export const HELP_DLL_FLAG = 0x100;

/** Segments in the order of the directory. */
export const segmentNames = [
  "types",
  "importedTypes",
  "importedLibraries",
  "references",
  "guidHash",
  "guids",
  "nameHash",
  "names",
  "strings",
  "typeDescs",
  "arrayDescs",
  "values",
  "customData",
  "unused1",
  "unused2",
] as const;

export type SegmentName = (typeof segmentNames)[number];

/** Bytes of one entry of the directory: offset, length, -1, 0x0f. */
export const SEGMENT_ENTRY_SIZE = 16;
export const SEGMENT_MARK = 0x0f;

/** Fields of a type's record by offset. */
export const TypeRecord = {
  kind: 0x00,
  members: 0x04,
  sizeHint: 0x08,
  memoryHint: 0x0c,
  elementCounts: 0x18,
  guid: 0x2c,
  flags: 0x30,
  name: 0x34,
  version: 0x38,
  docString: 0x3c,
  helpStringContext: 0x40,
  helpContext: 0x44,
  customData: 0x48,
  implTypeCount: 0x4c,
  vtableSize: 0x4e,
  size: 0x50,
  dataType: 0x54,
  inherited: 0x58,
  recordSize: 0x64,
} as const;

/** Bytes of the part of a function's record that is always there. */
export const FUNCTION_RECORD_SIZE = 0x18;
/** Bytes of the part of a variable's record that is always there. */
export const VARIABLE_RECORD_SIZE = 0x14;
export const PARAMETER_RECORD_SIZE = 12;

/** Bits of a function record's fifth word; 0-2 kind, 3-6 invoke kind, 8-11 calling convention. */
export const FunctionBits = { customData: 0x80, defaults: 0x1000, entryIsOrdinal: 0x2000 } as const;

export const IMPORT_BY_GUID = 0x10000;
export const IMPORT_RECORD_SIZE = 12;
export const REFERENCE_RECORD_SIZE = 16;
export const CUSTOM_RECORD_SIZE = 12;
export const NAME_HEADER_SIZE = 12;
export const GUID_BUCKETS = 32;
export const NAME_BUCKETS = 128;
/** Fills up names and strings to a multiple of four bytes. */
export const FILLER = 0x57;
