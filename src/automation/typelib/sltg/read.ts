import { GUID_NULL } from "../../../base/index.ts";
import { TYPEKIND } from "../../gen/oaidl.ts";
import { type CodePage, codePageOf } from "../code-page.ts";
import { invalid } from "../errors.ts";
import type { Image } from "../image.ts";
import { Budget, type TypeLibLimits, typeLibLimits } from "../limits.ts";
import type { ImplType, TypeDesc, TypeInfo, TypeLibrary } from "../model.ts";
import { MemberBlock, NONE, TYPE_MAGIC, Tail, TypeBlock } from "./layout.ts";
import { type ListedType, readBlocks, readLibraryBlock } from "./library.ts";
import { SltgHelp } from "./help.ts";
import { SltgMembers } from "./members.ts";
import { SltgNames } from "./names.ts";
import { SltgImports } from "./references.ts";
import { SltgTypes } from "./types.ts";

const LCID_EN_US = 0x409;
const TYPEFLAG_FDUAL = 0x40;
const SYS_WIN64 = 3;

/** Reads a library in SLTG format. Default values and custom data are not read. */
export function readSltg(file: Image, limits: TypeLibLimits = typeLibLimits): TypeLibrary {
  const blocks = readBlocks(file, limits);
  const { library, namesAt, help } = readLibraryBlock(blocks.library, blocks.types.length);
  const codePage = codePageOf(library.lcid);
  const table = blocks.library.part(namesAt, Math.max(0, blocks.library.length - namesAt), "names");
  const names = new SltgNames(table, codePage);
  const imports = new SltgImports(names);
  const budget = new Budget(limits.maxMembers, "members of types", invalid);
  const context: Context = {
    names,
    imports,
    codePage,
    help: new SltgHelp(help.table, help.most, codePage),
    library: blocks.library,
    budget,
    limits,
    pointer: library.sysKind === SYS_WIN64 ? 8 : 4,
  };
  const types = library.types.map((listed, i) => readType(blocks.types[i] as Image, listed, context));
  return {
    name: names.at(library.nameAt),
    guid: library.guid,
    version: { major: library.major, minor: library.minor },
    lcid: library.lcid,
    nameLcid: library.lcid === 0 ? LCID_EN_US : library.lcid,
    sysKind: library.sysKind,
    flags: library.flags,
    helpFile: library.helpFile,
    helpStringDll: undefined,
    docString: library.docString,
    helpContext: library.helpContext,
    helpStringContext: 0,
    customData: [],
    imports: imports.libraries,
    importedTypes: imports.types,
    types,
  };
}

interface Context {
  readonly names: SltgNames;
  readonly imports: SltgImports;
  readonly codePage: CodePage;
  readonly help: SltgHelp;
  readonly library: Image;
  readonly budget: Budget;
  readonly limits: TypeLibLimits;
  readonly pointer: number;
}

function readType(block: Image, listed: ListedType, context: Context): TypeInfo {
  if (block.u16(0) !== TYPE_MAGIC) throw invalid("a type's block does not begin as one");
  const spend = (count: number): void => context.budget.spend(count);
  const kind = block.u8(TypeBlock.kind);
  if (kind >= TYPEKIND.TKIND_MAX) throw invalid(`a type of the kind ${kind}, which does not exist`);
  const references = context.imports.read(block, spend);
  const start = block.u32(TypeBlock.members);
  const size = block.u32(start + MemberBlock.size);
  const dataAt = start + MemberBlock.data;
  const data = block.part(dataAt, block.length - Math.min(block.length, dataAt), "members");
  const tail = data.part(size, Math.max(0, data.length - size), "tail of members");
  const types = new SltgTypes(data, references, context.limits.maxDepth);
  const members = new SltgMembers(data, size, tail.u32(Tail.helpBase), types, context, spend);
  const flags = block.u16(TypeBlock.flags) >>> 3;
  const functions = members.functions(tail.u16(Tail.functions), tail.u16(Tail.functionCount));
  const dual = (flags & TYPEFLAG_FDUAL) !== 0;
  return {
    kind: dual ? TYPEKIND.TKIND_DISPATCH : (kind as TYPEKIND),
    name: context.names.at(listed.name),
    guid: listed.guid === GUID_NULL ? undefined : listed.guid,
    version: { major: block.u16(TypeBlock.major), minor: block.u16(TypeBlock.minor) },
    flags,
    size: tail.u16(Tail.size),
    alignment: tail.u16(Tail.alignment),
    vtableSize:
      kind === TYPEKIND.TKIND_DISPATCH ? functions.length * context.pointer : tail.u16(Tail.vtableSize),
    functions,
    variables: members.variables(tail.u16(Tail.variables), tail.u16(Tail.variableCount)),
    implTypes: readImpls(members, kind, tail, context.imports),
    alias: kind === TYPEKIND.TKIND_ALIAS ? readAlias(types, tail) : undefined,
    dllName: undefined,
    docString: context.help.text(context.library, listed.help.at, listed.help.end),
    helpContext: listed.helpContext,
    helpStringContext: 0,
    customData: [],
  };
}

function readImpls(members: SltgMembers, kind: number, tail: Image, imports: SltgImports): ImplType[] {
  switch (kind) {
    case TYPEKIND.TKIND_INTERFACE:
    case TYPEKIND.TKIND_COCLASS:
      return members.impls(0);
    case TYPEKIND.TKIND_DISPATCH:
      // Every dispinterface is over IDispatch; only one over another interface says so in the newer format.
      return members.impls(tail.u16(Tail.impls)).filter((it) => !imports.isDispatch(it.reference));
    default:
      return [];
  }
}

function readAlias(types: SltgTypes, tail: Image): TypeDesc {
  const word = tail.u16(Tail.alias);
  if (word === NONE) throw invalid("an alias of nothing");
  return tail.u16(Tail.simpleAlias) === 0 ? types.read(word).type : { vt: word };
}
