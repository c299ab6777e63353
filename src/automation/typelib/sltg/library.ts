import type { Guid } from "../../../base/index.ts";
import type { SYSKIND } from "../../gen/oaidl.ts";
import { type CodePage, codePageOf } from "../code-page.ts";
import { invalid } from "../errors.ts";
import { Image } from "../image.ts";
import type { TypeLibLimits } from "../limits.ts";
import {
  BLOCK_ENTRY_SIZE,
  BLOCK_NAMES_END,
  BLOCK_NAMES_START,
  BLOCK_NAME_SIZE,
  HEADER_SIZE,
  LIBRARY_GAP,
  LIBRARY_MAGIC,
  NAMES_OFFSET,
  NONE,
  SLTG_MAGIC,
} from "./layout.ts";

/** What the library block says of a type. */
export interface ListedType {
  readonly name: number;
  /** Where its packed help text stands in the library's block. */
  readonly help: { readonly at: number; readonly end: number };
  readonly helpContext: number;
  readonly guid: Guid;
}

/** The library block. */
export interface LibraryBlock {
  readonly nameAt: number;
  readonly docString: string | undefined;
  readonly helpFile: string | undefined;
  readonly helpContext: number;
  readonly sysKind: SYSKIND;
  readonly lcid: number;
  readonly flags: number;
  readonly major: number;
  readonly minor: number;
  readonly guid: Guid;
  readonly types: readonly ListedType[];
}

/** The blocks of a file in their order: those of the types, and the library's, which comes last. */
export function readBlocks(file: Image, limits: TypeLibLimits): { types: Image[]; library: Image } {
  if (file.u32(0) !== SLTG_MAGIC) throw invalid("not a library in SLTG format");
  const count = file.u16(4) - 1;
  const typeCount = count - 1;
  if (typeCount < 0 || typeCount > limits.maxTypes) throw invalid(`the library has ${typeCount} types`);
  let at =
    HEADER_SIZE +
    count * BLOCK_ENTRY_SIZE +
    BLOCK_NAMES_START +
    typeCount * BLOCK_NAME_SIZE +
    BLOCK_NAMES_END;
  const blocks: Image[] = [];
  for (let entry = file.u16(0x0a); entry !== 0;) {
    if (entry > count || blocks.length >= count) throw invalid("the chain of blocks leads in a circle");
    const record = HEADER_SIZE + (entry - 1) * BLOCK_ENTRY_SIZE;
    entry = file.u16(record + 6);
    const last = entry === 0;
    // What follows the last block belongs to nobody, so its length may be taken to the end.
    const length = last ? Math.max(0, file.length - at) : file.u32(record);
    blocks.push(file.part(at, length, `block ${blocks.length}`));
    at += length;
  }
  const library = blocks.pop();
  if (library === undefined || blocks.length !== typeCount) {
    throw invalid(`${blocks.length} blocks for ${typeCount} types`);
  }
  return { types: blocks, library };
}

/** The longest text and the bytes of the table. */
const HELP_HEADER = 6;

/** A position that moves on as it reads. */
class Cursor {
  at = 0;
  readonly #image: Image;
  readonly #codePage: CodePage;

  constructor(image: Image, codePage: CodePage) {
    this.#image = image;
    this.#codePage = codePage;
  }

  u16(): number {
    this.at += 2;
    return this.#image.u16(this.at - 2);
  }

  u32(): number {
    this.at += 4;
    return this.#image.u32(this.at - 4);
  }

  guid(): Guid {
    this.at += 16;
    return this.#image.guid(this.at - 16);
  }

  /** A length and characters; no text for the length 0xffff. */
  text(): string | undefined {
    const length = this.u16();
    if (length === NONE) return undefined;
    this.at += length;
    return this.#codePage.decode(this.#image.raw(this.at - length, length));
  }
}

/** Reads the library block, and where the names begin in it. */
export function readLibraryBlock(
  block: Image,
  typeCount: number,
): { library: LibraryBlock; namesAt: number; help: { readonly most: number; readonly table: Image } } {
  const cursor = new Cursor(block, codePageOf(0));
  if (cursor.u16() !== LIBRARY_MAGIC) throw invalid("the library's block does not begin as one");
  cursor.u16();
  const nameAt = cursor.u16();
  cursor.text();
  const docString = cursor.text();
  const helpFile = cursor.text();
  const helpContext = cursor.u32();
  const sysKind = (cursor.u16() & 3) as SYSKIND;
  const lcid = cursor.u16();
  cursor.u32();
  const flags = cursor.u16();
  const major = cursor.u16();
  const minor = cursor.u16();
  const guid = cursor.guid();
  cursor.at += LIBRARY_GAP;
  const types: ListedType[] = [];
  for (let i = 0; i < typeCount; i++) types.push(readListedType(cursor));
  cursor.u16();
  const names = cursor.u32();
  const help = helpTable(block, cursor.at, names);
  return {
    help,
    library: {
      nameAt,
      docString,
      helpFile,
      helpContext,
      sysKind,
      lcid,
      flags,
      major,
      minor,
      guid,
      types,
    },
    namesAt: namesStart(block, names),
  };
}

/** The words of help texts, behind their length and the length of the longest text; none when the names follow at once. */
function helpTable(block: Image, at: number, names: number): { most: number; table: Image } {
  const room = names - at - HELP_HEADER;
  if (room <= 0 || names > block.length) return { most: 0, table: block.part(0, 0, "no help texts") };
  const length = Math.min(room, block.u32(at + 2));
  return { most: block.u16(at), table: block.part(at + HELP_HEADER, length, "words of help texts") };
}

function readListedType(cursor: Cursor): ListedType {
  cursor.u16();
  cursor.text();
  cursor.text();
  cursor.u16();
  const name = cursor.u16();
  const packedHelp = cursor.u16();
  const help = { at: cursor.at, end: cursor.at + packedHelp };
  cursor.at = help.end;
  cursor.u16();
  const helpContext = cursor.u32();
  cursor.u16();
  return { name, help, helpContext, guid: cursor.guid() };
}

/** Some files have 32 bytes more before the names' tables. */
function namesStart(block: Image, at: number): number {
  return at + (block.u16(at) === 0x0200 ? 0x20 : 0) + NAMES_OFFSET;
}
