import { type Guid, guid, tryParseGuid } from "../../../base/index.ts";
import { invalid } from "../errors.ts";
import type { Image } from "../image.ts";
import type { ImportedLibrary, ImportedType, TypeReference } from "../model.ts";
import { NONE, REFERENCES_MAGIC, TypeBlock } from "./layout.ts";
import type { SltgNames } from "./names.ts";

/** Bytes of the table before its count, and between the count's entries and the texts. */
const COUNT_AT = 0x44;
const ENTRIES_AT = 0x48;
const TEXTS_GAP = 7;
const NO_TABLE = 0xffffffff;

const LIBID_StdOle = guid("00020430-0000-0000-c000-000000000046");
/** The place of IDispatch among the types of that library. */
const DISPATCH_INDEX = 4;

/** Collects what all types refer to in other libraries; each type numbers its references for itself. */
export class SltgImports {
  readonly libraries: ImportedLibrary[] = [];
  readonly types: ImportedType[] = [];
  readonly #libraryAt = new Map<number, number>();
  readonly #typeAt = new Map<string, number>();
  readonly #names: SltgNames;

  constructor(names: SltgNames) {
    this.#names = names;
  }

  /** The references of a type, in the order its members number them. */
  read(block: Image, spend: (count: number) => void): TypeReference[] {
    const table = block.u32(TypeBlock.references);
    if (table === NO_TABLE) return [];
    if (block.u8(table) !== REFERENCES_MAGIC) throw invalid("the table of references does not begin as one");
    const size = block.u32(table + COUNT_AT);
    const count = size >>> 3;
    spend(count);
    let at = table + ENTRIES_AT + size + TEXTS_GAP;
    const references: TypeReference[] = [];
    for (let i = 0; i < count; i++) {
      const length = block.u16(at);
      references.push(this.#parse(Buffer.from(block.raw(at + 2, length)).toString("latin1")));
      at += 2 + length;
    }
    return references;
  }

  /** "*\Rffff*#3" is type 3 of this library; "*\R1a*#3" of the one whose name stands at 0x1a. */
  #parse(text: string): TypeReference {
    const parts = /^\*\\R([0-9a-f]{1,8})\*#([0-9a-f]{1,8})$/i.exec(text);
    if (parts === null) throw invalid(`"${text.slice(0, 40)}" is not a reference`);
    const libraryAt = Number.parseInt(parts[1] ?? "", 16);
    const index = Number.parseInt(parts[2] ?? "", 16);
    return libraryAt === NONE ? { local: index } : { imported: this.#import(libraryAt, index) };
  }

  /** True for IDispatch, which stands in the library of OLE. */
  isDispatch(reference: TypeReference): boolean {
    const type = "imported" in reference ? this.types[reference.imported] : undefined;
    return (
      type !== undefined &&
      type.index === DISPATCH_INDEX &&
      this.libraries[type.library]?.guid === LIBID_StdOle
    );
  }

  #import(libraryAt: number, index: number): number {
    const key = `${libraryAt} ${index}`;
    let imported = this.#typeAt.get(key);
    if (imported === undefined) {
      const library = this.#library(libraryAt);
      imported = this.types.push({ library, kind: undefined, guid: undefined, index }) - 1;
      this.#typeAt.set(key, imported);
    }
    return imported;
  }

  #library(at: number): number {
    let library = this.#libraryAt.get(at);
    if (library === undefined) {
      library = this.libraries.push(parseLibrary(this.#names.at(at))) - 1;
      this.#libraryAt.set(at, library);
    }
    return library;
  }
}

/** "*\G{00020430-...}#1.0#0#C:\WINNT\System32\stdole32.tlb#OLE Automation" */
function parseLibrary(text: string): ImportedLibrary {
  const parts = /^\*\\G(\{[^}]*\})#([0-9a-f]{1,4})\.([0-9a-f]{1,4})#([0-9a-f]{1,8})#([^#]*)/i.exec(text);
  const libid: Guid | undefined = tryParseGuid(parts?.[1] ?? "");
  if (parts === null || libid === undefined) throw invalid(`"${text.slice(0, 60)}" names no library`);
  const number = (part: number): number => Number.parseInt(parts[part] ?? "0", 16);
  return {
    guid: libid,
    version: { major: number(2), minor: number(3) },
    lcid: number(4),
    fileName: parts[5]?.split(/[\\/]/).pop() ?? "",
  };
}
