import { ByteWriter, ComError, type Guid } from "../../../base/index.ts";
import { codePageOf } from "../code-page.ts";
import { TypeLibStatus } from "../errors.ts";
import type { ImportedType, TypeInfo, TypeLibrary, TypeReference } from "../model.ts";
import { IID_IDispatch, IID_IUnknown, guidOfImported } from "../roots.ts";
import { GuidTable, NameTable, StringTable, bucketBytes, writeText } from "./intern.ts";
import {
  ALWAYS_FLAG,
  FORMAT_VERSION,
  GUID_BUCKETS,
  HELP_DLL_FLAG,
  HELP_FILE_FLAG,
  Header,
  IMPORT_BY_GUID,
  IMPORT_RECORD_SIZE,
  MSFT_MAGIC,
  NAME_BUCKETS,
  SEGMENT_ENTRY_SIZE,
  SEGMENT_MARK,
  type SegmentName,
  TypeRecord,
  segmentNames,
} from "./layout.ts";
import { writeMembers } from "./member-writer.ts";
import { TypeDescWriter } from "./type-desc-writer.ts";
import { ValueWriter } from "./value-writer.ts";

const TKIND_MODULE = 2;
const TKIND_INTERFACE = 3;
const TKIND_DISPATCH = 4;
const TKIND_COCLASS = 5;
const TKIND_ALIAS = 6;
const TYPEFLAG_FDUAL = 0x40;
const LIBFLAG_FHASDISKIMAGE = 8;
const SYS_WIN64 = 3;

/** Segments in the order they follow each other in the file. */
const fileOrder: readonly SegmentName[] = [
  "types",
  "guidHash",
  "guids",
  "references",
  "importedTypes",
  "importedLibraries",
  "nameHash",
  "names",
  "strings",
  "typeDescs",
  "arrayDescs",
  "values",
  "customData",
];

/**
 * Writes a library in MSFT format. The same library gives the same bytes, and what was read from them gives them again. Throws TYPE_E_SIZETOOBIG when
 * a count does not fit the format, E_INVALIDARG for text that the library's code page lacks.
 */
export function writeMsft(library: TypeLibrary): Uint8Array {
  return new LibraryWriter(library).write();
}

class LibraryWriter {
  readonly #library: TypeLibrary;
  readonly #names: NameTable;
  readonly #strings: StringTable;
  readonly #guids = new GuidTable();
  readonly #types: TypeDescWriter;
  readonly #values: ValueWriter;
  readonly #header = new ByteWriter(Header.size);
  readonly #typeRecords = new ByteWriter();
  readonly #references = new ByteWriter();
  readonly #importedTypes = new ByteWriter();
  readonly #importedLibraries = new ByteWriter();
  readonly #members: Uint8Array[] = [];

  constructor(library: TypeLibrary) {
    if (library.types.length > 0xffff) {
      throw new ComError(
        TypeLibStatus.SIZETOOBIG,
        `${library.types.length} types are more than a file holds`,
      );
    }
    this.#library = library;
    const codePage = codePageOf(library.nameLcid);
    this.#names = new NameTable(codePage, library.nameLcid, spellingsOf(library));
    this.#strings = new StringTable(codePage);
    this.#types = new TypeDescWriter(hrefOf);
    this.#values = new ValueWriter(codePage, this.#guids);
  }

  write(): Uint8Array {
    const helpStringDll = this.#writeHeader();
    this.#writeImports();
    for (const [index, type] of this.#library.types.entries()) this.#writeType(index, type);
    this.#header.patchU32(Header.nameCount, this.#names.count);
    this.#header.patchU32(Header.nameChars, this.#names.characters);
    return this.#assemble(helpStringDll);
  }

  /** Answers the help DLL's string, when there is one. */
  #writeHeader(): number {
    const library = this.#library;
    const header = this.#header;
    header.zeros(Header.size);
    const helpStringDll = library.helpStringDll === undefined ? -1 : this.#strings.add(library.helpStringDll);
    const variant =
      ALWAYS_FLAG |
      library.sysKind |
      (library.helpFile === undefined ? 0 : HELP_FILE_FLAG) |
      (helpStringDll < 0 ? 0 : HELP_DLL_FLAG);
    const fields: readonly (readonly [number, number])[] = [
      [Header.magic, MSFT_MAGIC],
      [Header.format, FORMAT_VERSION],
      [Header.nameLcid, library.nameLcid],
      [Header.lcid, library.lcid],
      [Header.variant, variant],
      [Header.version, versionWord(library)],
      [Header.flags, library.flags & ~LIBFLAG_FHASDISKIMAGE],
      [Header.typeCount, library.types.length],
      [Header.helpFile, this.#strings.add(library.helpFile)],
      [Header.docString, this.#strings.add(library.docString)],
      [Header.helpStringContext, library.helpStringContext],
      [Header.helpContext, library.helpContext],
      [Header.guid, this.#guids.add(library.guid, -2)],
      [Header.name, this.#names.add(library.name)],
      [Header.customData, this.#values.custom(library.customData)],
      [Header.guidBuckets, GUID_BUCKETS],
      [Header.nameBuckets, NAME_BUCKETS],
      [Header.dispatch, this.#dispatchHref()],
      [Header.importCount, library.importedTypes.length],
    ];
    for (const [at, value] of fields) header.patchU32(at, value >>> 0);
    return helpStringDll;
  }

  #dispatchHref(): number {
    const { types, importedTypes } = this.#library;
    const imported = importedTypes.findIndex((type) => guidOfImported(this.#library, type) === IID_IDispatch);
    if (imported >= 0) return hrefOf({ imported });
    if (!types.some((type) => type.kind === TKIND_DISPATCH)) return -1;
    const local = types.findIndex((type) => type.guid === IID_IDispatch);
    return local < 0 ? -1 : hrefOf({ local });
  }

  #writeImports(): void {
    const codePage = codePageOf(this.#library.nameLcid);
    const offsets = this.#library.imports.map((imported) => {
      const at = this.#importedLibraries.pos;
      this.#importedLibraries.u32(this.#guids.add(imported.guid, 2));
      this.#importedLibraries.u32(imported.lcid);
      this.#importedLibraries.u32(versionWord(imported));
      writeText(this.#importedLibraries, codePage.encode(imported.fileName), 2);
      return at;
    });
    for (const [i, type] of this.#library.importedTypes.entries()) {
      this.#importedTypes.u32(importFlags(i, type));
      this.#importedTypes.u32(offsets[type.library] ?? 0);
      const target =
        type.guid === undefined ? (type.index ?? 0) : this.#guids.add(type.guid, hrefOf({ imported: i }));
      this.#importedTypes.u32(target);
    }
  }

  #writeType(index: number, type: TypeInfo): void {
    const href = hrefOf({ local: index });
    const record = this.#typeRecords;
    const start = record.pos;
    record.zeros(TypeRecord.recordSize);
    const name = this.#names.addType(type.name, href);
    const guid = this.#guids.add(type.guid, href);
    const docString = this.#strings.add(type.docString);
    const customData = this.#values.custom(type.customData);
    const members = writeMembers(type, href, {
      names: this.#names,
      strings: this.#strings,
      types: this.#types,
      values: this.#values,
    });
    this.#members.push(members);
    const fields: readonly (readonly [number, number])[] = [
      [TypeRecord.kind, kindWord(index, type)],
      [0x10, 3],
      [TypeRecord.guid, guid],
      [TypeRecord.flags, type.flags],
      [TypeRecord.name, name],
      [TypeRecord.version, versionWord(type)],
      [TypeRecord.docString, docString],
      [TypeRecord.helpStringContext, type.helpStringContext],
      [TypeRecord.helpContext, type.helpContext],
      [TypeRecord.customData, customData],
      [TypeRecord.size, type.size],
      [TypeRecord.dataType, this.#dataType(type)],
      [TypeRecord.inherited, this.#inherited(type)],
      [0x60, -1],
    ];
    for (const [at, value] of fields) record.patchU32(start + at, value >>> 0);
    record.patchU16(start + TypeRecord.elementCounts, type.functions.length);
    record.patchU16(start + TypeRecord.elementCounts + 2, type.variables.length);
    record.patchU16(
      start + TypeRecord.implTypeCount,
      type.kind === TKIND_DISPATCH ? 1 : type.implTypes.length,
    );
    record.patchU16(start + TypeRecord.vtableSize, type.vtableSize);
  }

  /** What a type's record names beside its members, which depends on the kind. */
  #dataType(type: TypeInfo): number {
    switch (type.kind) {
      case TKIND_COCLASS:
        return this.#writeReferences(type);
      case TKIND_ALIAS:
        return this.#types.write(type.alias ?? { vt: 0 }).word;
      case TKIND_MODULE:
        return this.#strings.add(type.dllName);
      default: {
        const [base] = type.implTypes;
        return base === undefined ? -1 : hrefOf(base.reference);
      }
    }
  }

  #writeReferences(type: TypeInfo): number {
    const writer = this.#references;
    const first = writer.pos;
    const customData = type.implTypes.map((impl) => this.#values.custom(impl.customData));
    for (const [i, impl] of type.implTypes.entries()) {
      writer.u32(hrefOf(impl.reference));
      writer.u32(impl.flags);
      writer.u32((customData[i] ?? -1) >>> 0);
      writer.u32(i === type.implTypes.length - 1 ? 0xffffffff : writer.pos + 4);
    }
    return type.implTypes.length === 0 ? -1 : first;
  }

  /** How many functions an interface inherits, and from how many interfaces. For an alias the bytes its TYPEDESCs take. */
  #inherited(type: TypeInfo): number {
    if (type.kind === TKIND_ALIAS) return this.#types.write(type.alias ?? { vt: 0 }).memory;
    const depth = this.#depthOf(type, 0);
    if (depth === 0) return 0;
    const slot = this.#library.sysKind === SYS_WIN64 ? 8 : 4;
    const inherited = Math.max(0, type.vtableSize / slot - type.functions.length);
    return (inherited << 16) | depth;
  }

  #depthOf(type: TypeInfo, level: number): number {
    const [base] = type.implTypes;
    if (base === undefined || level > 64 || (type.kind !== TKIND_INTERFACE && type.kind !== TKIND_DISPATCH)) {
      return 0;
    }
    if ("local" in base.reference) {
      const next = this.#library.types[base.reference.local];
      return next === undefined ? 1 : 1 + this.#depthOf(next, level + 1);
    }
    return importedDepth(
      guidOfImported(this.#library, this.#library.importedTypes[base.reference.imported]),
      type,
    );
  }

  #assemble(helpStringDll: number): Uint8Array {
    const segments: Readonly<Record<SegmentName, Uint8Array>> = {
      types: this.#typeRecords.written(),
      importedTypes: this.#importedTypes.written(),
      importedLibraries: this.#importedLibraries.written(),
      references: this.#references.written(),
      guidHash: bucketBytes(this.#guids.buckets),
      guids: this.#guids.writer.written(),
      nameHash: bucketBytes(this.#names.buckets),
      names: this.#names.writer.written(),
      strings: this.#strings.writer.written(),
      typeDescs: this.#types.typeDescs.written(),
      arrayDescs: this.#types.arrayDescs.written(),
      values: this.#values.values.written(),
      customData: this.#values.customRecords.written(),
      unused1: new Uint8Array(0),
      unused2: new Uint8Array(0),
    };
    const count = this.#library.types.length;
    let at = Header.size + (helpStringDll < 0 ? 0 : 4) + count * 4 + segmentNames.length * SEGMENT_ENTRY_SIZE;
    const offsets = new Map<SegmentName, number>();
    for (const name of fileOrder) {
      if (segments[name].length === 0) continue;
      offsets.set(name, at);
      at += segments[name].length;
    }
    for (const [i, members] of this.#members.entries()) {
      this.#typeRecords.patchU32(i * TypeRecord.recordSize + TypeRecord.members, at);
      at += members.length;
    }
    const out = new ByteWriter(at);
    out.raw(this.#header.written());
    if (helpStringDll >= 0) out.u32(helpStringDll);
    for (let i = 0; i < count; i++) out.u32(i * TypeRecord.recordSize);
    for (const name of segmentNames) {
      out.u32((offsets.get(name) ?? -1) >>> 0);
      out.u32(segments[name].length);
      out.u32(0xffffffff);
      out.u32(SEGMENT_MARK);
    }
    for (const name of fileOrder) out.raw(segments[name]);
    for (const members of this.#members) out.raw(members);
    return out.finish();
  }
}

/** The format has one spelling of each name: that of the type, else of the member, else of the parameter that came first. */
function spellingsOf(library: TypeLibrary): Map<string, string> {
  const spellings = new Map<string, string>();
  const add = ({ name }: { readonly name: string | undefined }): void => {
    const key = name?.toLowerCase();
    if (name !== undefined && key !== undefined && !spellings.has(key)) spellings.set(key, name);
  };
  add(library);
  library.types.forEach(add);
  for (const { functions, variables } of library.types) [...functions, ...variables].forEach(add);
  return spellings;
}

/** How the file numbers types: by the offset of their record, imported ones with bit 0 set. */
function hrefOf(reference: TypeReference): number {
  return "local" in reference
    ? reference.local * TypeRecord.recordSize
    : (reference.imported * IMPORT_RECORD_SIZE) | 1;
}

function versionWord({ version }: { readonly version: { major: number; minor: number } }): number {
  return ((version.minor << 16) | version.major) >>> 0;
}

function importFlags(index: number, type: ImportedType): number {
  return ((index & 0xffff) | (type.guid === undefined ? 0 : IMPORT_BY_GUID) | ((type.kind ?? 0) << 24)) >>> 0;
}

/** Kind, index and alignments. Bit 4 marks a dispinterface that stands over an interface. */
function kindWord(index: number, type: TypeInfo): number {
  const { kind, alignment } = type;
  const over = kind === TKIND_DISPATCH && type.implTypes.length > 0;
  const dual = kind === TKIND_DISPATCH && (type.flags & TYPEFLAG_FDUAL) !== 0;
  const code = dual || kind === TKIND_INTERFACE || kind === TKIND_COCLASS || kind === TKIND_MODULE;
  const second = code ? 8 : alignment;
  return ((index << 16) | (alignment << 11) | (second << 6) | 0x20 | (over ? 0x10 : 0) | kind) >>> 0;
}

/** How deep the base in another library lies: known for the roots, for others told by the numbers of the members. */
function importedDepth(guid: Guid | undefined, type: TypeInfo): number {
  if (guid === IID_IUnknown) return 1;
  if (guid === IID_IDispatch) return 2;
  const numbered = type.functions.find(({ memid }) => memid >>> 24 === 0x60);
  return numbered === undefined ? 2 : (numbered.memid >>> 16) & 0xff;
}
