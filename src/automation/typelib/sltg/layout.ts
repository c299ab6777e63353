/*
 * The SLTG format, which mktyplib and the first compilers wrote: a chain of blocks, one for each type and at the end one for the library, with names
 * for the blocks in between. What stands here was found by looking at libraries; default values are packed in ways not known here.
 */

/** "SLTG" */
export const SLTG_MAGIC = 0x47544c53;
export const HEADER_SIZE = 0x24;
export const BLOCK_ENTRY_SIZE = 8;
/** "\1CompObj", "dir", each with a NUL; then a name of 11 bytes for each type, and 9 zero bytes. */
export const BLOCK_NAMES_START = 13;
export const BLOCK_NAME_SIZE = 11;
export const BLOCK_NAMES_END = 9;

export const LIBRARY_MAGIC = 0x51cc;
/** Bytes between the library's fields and the list of its types. */
export const LIBRARY_GAP = 0x40;
/** From where the library block says the names begin to the first of them: hash tables. */
export const NAMES_OFFSET = 0x218;

export const TYPE_MAGIC = 0x0501;
export const REFERENCES_MAGIC = 0xdf;
export const IMPL_MAGIC = 0x4a;

/** Fields of a type block by offset. */
export const TypeBlock = {
  references: 0x02,
  members: 0x0a,
  major: 0x12,
  minor: 0x14,
  flags: 0x1a,
  kind: 0x1d,
} as const;

/** Fields of the members by offset; the data begin behind them. */
export const MemberBlock = { size: 0x05, data: 0x09 } as const;

/** Fields of the tail behind the members' data. */
export const Tail = {
  functionCount: 0x00,
  variableCount: 0x02,
  functions: 0x08,
  variables: 0x0a,
  impls: 0x0c,
  alias: 0x14,
  helpBase: 0x18,
  simpleAlias: 0x1c,
  size: 0x20,
  alignment: 0x22,
  vtableSize: 0x28,
} as const;

/** Ends a chain, or says that there is nothing. */
export const NONE = 0xffff;
