import { GUID_NULL } from "../../../base/index.ts";
import type { SYSKIND, TYPEKIND } from "../../gen/oaidl.ts";
import { invalid } from "../errors.ts";
import type { Image } from "../image.ts";
import { type TypeLibLimits, typeLibLimits } from "../limits.ts";
import type {
  ImplType,
  ImportedLibrary,
  ImportedType,
  TypeInfo,
  TypeLibrary,
  TypeVersion,
} from "../model.ts";
import {
  HELP_DLL_FLAG,
  Header,
  IMPORT_BY_GUID,
  IMPORT_RECORD_SIZE,
  REFERENCE_RECORD_SIZE,
  TypeRecord,
} from "./layout.ts";
import { MemberReader } from "./members.ts";
import { Tables } from "./tables.ts";
import { TypeDescReader } from "./type-descs.ts";

const TKIND_MODULE = 2;
const TKIND_DISPATCH = 4;
const TKIND_COCLASS = 5;
const TKIND_ALIAS = 6;
const TKIND_MAX = 8;
const LIBFLAG_FHASDISKIMAGE = 8;

/** Reads a library in MSFT format. */
export function readMsft(file: Image, limits: TypeLibLimits = typeLibLimits): TypeLibrary {
  const tables = new Tables(file, limits);
  const types = new TypeDescReader(tables);
  const variant = file.u32(Header.variant);
  return {
    name: tables.name(file.i32(Header.name)) ?? "",
    guid: tables.guid(file.i32(Header.guid)) ?? GUID_NULL,
    version: versionOf(file.u32(Header.version)),
    lcid: file.u32(Header.lcid),
    nameLcid: file.u32(Header.nameLcid),
    sysKind: (variant & 0xf) as SYSKIND,
    flags: (file.u32(Header.flags) & 0xffff) | LIBFLAG_FHASDISKIMAGE,
    docString: tables.string(file.i32(Header.docString)),
    helpContext: file.u32(Header.helpContext),
    helpStringContext: file.u32(Header.helpStringContext),
    helpFile: tables.string(file.i32(Header.helpFile)),
    helpStringDll: variant & HELP_DLL_FLAG ? tables.string(file.i32(Header.size)) : undefined,
    customData: tables.customData(file.i32(Header.customData)),
    ...readImports(tables),
    types: Array.from({ length: tables.typeCount }, (_, i) => readType(tables, types, i)),
  };
}

function versionOf(word: number): TypeVersion {
  return { major: word & 0xffff, minor: word >>> 16 };
}

function readType(tables: Tables, types: TypeDescReader, index: number): TypeInfo {
  const record = tables.typeRecord(index);
  const kind = record.u32(TypeRecord.kind) & 0xf;
  if (kind >= TKIND_MAX) throw invalid(`type ${index} is of the kind ${kind}, which does not exist`);
  const members = new MemberReader(tables, types, index);
  const dataType = record.i32(TypeRecord.dataType);
  return {
    kind: kind as TYPEKIND,
    name: tables.name(record.i32(TypeRecord.name)) ?? "",
    guid: tables.guid(record.i32(TypeRecord.guid)),
    version: versionOf(record.u32(TypeRecord.version)),
    flags: record.u16(TypeRecord.flags),
    size: record.u32(TypeRecord.size),
    alignment: (record.u32(TypeRecord.kind) >>> 11) & 0x1f,
    vtableSize: record.u16(TypeRecord.vtableSize),
    functions: members.functions(),
    variables: members.variables(),
    implTypes: readImplTypes(tables, kind, record.u16(TypeRecord.implTypeCount), dataType),
    alias: kind === TKIND_ALIAS ? types.read(dataType) : undefined,
    dllName: kind === TKIND_MODULE ? tables.string(dataType) : undefined,
    docString: tables.string(record.i32(TypeRecord.docString)),
    helpContext: record.u32(TypeRecord.helpContext),
    helpStringContext: record.u32(TypeRecord.helpStringContext),
    customData: tables.customData(record.i32(TypeRecord.customData)),
  };
}

function readImplTypes(tables: Tables, kind: number, count: number, first: number): ImplType[] {
  if (count === 0) return [];
  if (kind === TKIND_COCLASS) return readReferences(tables, count, first);
  // A dispinterface counts IDispatch, which it always has; only one over an interface names it.
  if (first === -1 || kind === TKIND_ALIAS || kind === TKIND_MODULE) {
    if (kind === TKIND_DISPATCH || first !== -1) return [];
    throw invalid("an interface without its base");
  }
  return [{ reference: tables.reference(first), flags: 0, customData: [] }];
}

function readReferences(tables: Tables, count: number, first: number): ImplType[] {
  const segment = tables.segment("references");
  if (count * REFERENCE_RECORD_SIZE > segment.length) throw invalid(`a coclass with ${count} interfaces`);
  tables.members.spend(count);
  const list: ImplType[] = [];
  for (let at = first; at >= 0 && list.length < count; at = segment.i32(at + 12)) {
    list.push({
      reference: tables.reference(segment.i32(at)),
      flags: segment.u32(at + 4),
      customData: tables.customData(segment.i32(at + 8)),
    });
  }
  return list;
}

function readImports(tables: Tables): { imports: ImportedLibrary[]; importedTypes: ImportedType[] } {
  const records = tables.segment("importedTypes");
  const count = Math.floor(records.length / IMPORT_RECORD_SIZE);
  tables.members.spend(count);
  const offsets = new Set<number>();
  for (let i = 0; i < count; i++) offsets.add(records.i32(i * IMPORT_RECORD_SIZE + 4));
  const ordered = [...offsets].toSorted((a, b) => a - b);
  const positions = new Map(ordered.map((offset, i) => [offset, i]));
  return {
    imports: ordered.map((offset) => readImportedLibrary(tables, offset)),
    importedTypes: Array.from({ length: count }, (_, i) => {
      const at = i * IMPORT_RECORD_SIZE;
      const flags = records.u32(at);
      const target = records.i32(at + 8);
      const byGuid = (flags & IMPORT_BY_GUID) !== 0;
      const kind = flags >>> 24;
      return {
        library: positions.get(records.i32(at + 4)) ?? 0,
        kind: kind < TKIND_MAX ? (kind as TYPEKIND) : undefined,
        guid: byGuid ? tables.guid(target) : undefined,
        index: byGuid ? undefined : target,
      };
    }),
  };
}

function readImportedLibrary(tables: Tables, at: number): ImportedLibrary {
  const segment = tables.segment("importedLibraries");
  return {
    guid: tables.guid(segment.i32(at)) ?? GUID_NULL,
    lcid: segment.u32(at + 4),
    version: versionOf(segment.u32(at + 8)),
    // The two low bits of the length are flags.
    fileName: tables.codePage.decode(segment.raw(at + 14, segment.u16(at + 12) >>> 2)),
  };
}
