import { ByteWriter } from "../../../base/index.ts";
import type { FunctionDesc, TypeInfo, VariableDesc } from "../model.ts";
import type { NameTable, StringTable } from "./intern.ts";
import { FUNCTION_RECORD_SIZE, FunctionBits, VARIABLE_RECORD_SIZE } from "./layout.ts";
import type { TypeDescWriter } from "./type-desc-writer.ts";
import type { ValueWriter } from "./value-writer.ts";

const TKIND_ENUM = 0;
const TKIND_MODULE = 2;
const TKIND_DISPATCH = 4;
const VAR_CONST = 2;
const PARAMFLAG_FLCID = 4;
const PARAMFLAG_FRETVAL = 8;
const PARAMFLAG_FHASDEFAULT = 0x20;

/** Bytes in memory, which the format tells the reader beforehand. */
const Memory = { FUNCDESC: 52, ELEMDESC: 16, PARAMDESCEX: 24, VARDESC: 36, VARIANT: 16 } as const;

/** The tables that members put their parts in. */
export interface MemberTables {
  readonly names: NameTable;
  readonly strings: StringTable;
  readonly types: TypeDescWriter;
  readonly values: ValueWriter;
}

/** Writes the block of a type's members; `href` is the offset of the type. Empty when it has none. */
export function writeMembers(type: TypeInfo, href: number, tables: MemberTables): Uint8Array {
  const count = type.functions.length + type.variables.length;
  if (count === 0) return new Uint8Array(0);
  const records = new ByteWriter();
  const offsets: number[] = [];
  const names: number[] = [];
  const functionOffsets: number[] = [];
  for (const [index, desc] of type.functions.entries()) {
    offsets.push(records.pos);
    functionOffsets.push(records.pos);
    names.push(functionName(type, desc, href, tables));
    writeFunction(records, desc, index, tables);
  }
  linkAccessors(records, type.functions, functionOffsets);
  for (const [i, desc] of type.variables.entries()) {
    offsets.push(records.pos);
    const named = tables.names.addMember(
      desc.name,
      href,
      type.kind !== TKIND_DISPATCH,
      type.kind === TKIND_ENUM,
    );
    names.push(named);
    writeVariable(records, desc, type.functions.length + i, tables);
  }
  const block = new ByteWriter(records.pos + 4 + count * 12);
  block.u32(records.pos);
  block.raw(records.written());
  for (const { memid } of [...type.functions, ...type.variables]) block.u32(memid >>> 0);
  for (const name of names) block.u32(name >>> 0);
  for (const offset of offsets) block.u32(offset);
  return block.finish();
}

function functionName(type: TypeInfo, desc: FunctionDesc, href: number, tables: MemberTables): number {
  const module = type.kind === TKIND_MODULE;
  return tables.names.addMember(desc.name, href, module, module);
}

function writeFunction(records: ByteWriter, desc: FunctionDesc, index: number, tables: MemberTables): void {
  const { params } = desc;
  // A parameter that only says it has one needs its word all the same: readers look for it.
  const defaults = params.filter(({ flags }) => (flags & PARAMFLAG_FHASDEFAULT) !== 0).length;
  const custom = desc.customData.length > 0 || params.some((param) => param.customData.length > 0);
  const extra = extraWords(desc, custom, tables);
  const result = tables.types.write(desc.result);
  const size =
    FUNCTION_RECORD_SIZE + extra.length * 4 + params.length * 12 + (defaults > 0 ? params.length * 4 : 0);
  const start = records.pos;
  records.u16(size);
  records.u16(index);
  records.u32(result.word);
  records.u32(desc.flags);
  records.u16(desc.vtableOffset);
  records.u16(0);
  records.u32(functionBits(desc, index, custom, defaults > 0));
  records.u16(params.length);
  records.u16(desc.optionalCount & 0xffff);
  for (const word of extra) records.u32(word >>> 0);
  if (defaults > 0) {
    for (const { flags, defaultValue } of params) {
      const value = hasDefault(flags, defaultValue) ? defaultValue : undefined;
      records.u32(value === undefined ? 0xffffffff : tables.values.word(value));
    }
  }
  const memory =
    Memory.FUNCDESC + result.memory + params.length * Memory.ELEMDESC + defaults * Memory.PARAMDESCEX;
  records.patchU16(start + 0x0e, memory + writeParams(records, desc, tables));
}

/** Answers the bytes in memory of the parameters' types. */
function writeParams(records: ByteWriter, desc: FunctionDesc, tables: MemberTables): number {
  let memory = 0;
  for (const param of desc.params) {
    const type = tables.types.write(param.type);
    memory += type.memory;
    records.u32(type.word);
    records.u32(tables.names.add(param.name) >>> 0);
    records.u32(param.flags);
  }
  return memory;
}

function hasDefault(flags: number, value: unknown): boolean {
  return (flags & PARAMFLAG_FHASDEFAULT) !== 0 && value !== undefined;
}

function functionBits(desc: FunctionDesc, index: number, custom: boolean, defaults: boolean): number {
  const special = desc.params.filter(
    (param) => (param.flags & (PARAMFLAG_FLCID | PARAMFLAG_FRETVAL)) !== 0,
  ).length;
  return (
    ((index << 16) |
      desc.kind |
      (desc.invoke << 3) |
      (desc.callConv << 8) |
      (custom ? FunctionBits.customData : 0) |
      (defaults ? FunctionBits.defaults : 0) |
      (typeof desc.entry === "number" ? FunctionBits.entryIsOrdinal : 0) |
      (special === 1 ? 0x4000 : special === 2 ? 0x8000 : 0)) >>>
    0
  );
}

/** The words that may be left out from the end. */
function extraWords(desc: FunctionDesc, custom: boolean, tables: MemberTables): number[] {
  const { entry } = desc;
  const words = [
    desc.helpContext,
    tables.strings.add(desc.docString),
    typeof entry === "number" ? entry : tables.strings.add(entry),
    -1,
    -1,
    desc.helpStringContext,
  ];
  if (custom) {
    words.push(tables.values.custom(desc.customData));
    for (const param of desc.params) words.push(tables.values.custom(param.customData));
    return words;
  }
  if (desc.helpStringContext !== 0) return words;
  if (entry !== undefined) return words.slice(0, 3);
  if (desc.docString !== undefined) return words.slice(0, 2);
  return desc.helpContext === 0 ? [] : words.slice(0, 1);
}

/** The accessors of one property form a ring: the high half of the bits of each names another one's index. */
function linkAccessors(
  records: ByteWriter,
  functions: readonly FunctionDesc[],
  offsets: readonly number[],
): void {
  const first = new Map<number, number>();
  for (const [index, { memid }] of functions.entries()) {
    const head = first.get(memid);
    if (head === undefined) {
      first.set(memid, index);
      continue;
    }
    const headAt = (offsets[head] ?? 0) + 0x12;
    const ownAt = (offsets[index] ?? 0) + 0x12;
    records.patchU16(ownAt, records.view.getUint16(headAt, true));
    records.patchU16(headAt, index);
  }
}

function writeVariable(records: ByteWriter, desc: VariableDesc, index: number, tables: MemberTables): void {
  const custom = desc.customData.length > 0;
  const constant = desc.kind === VAR_CONST;
  const words = [
    desc.helpContext,
    tables.strings.add(desc.docString),
    -1,
    tables.values.custom(desc.customData),
    desc.helpStringContext,
  ];
  let extra = 0;
  if (desc.helpStringContext !== 0) extra = 5;
  else if (custom) extra = 4;
  else if (desc.docString !== undefined) extra = 2;
  else if (desc.helpContext !== 0) extra = 1;
  const type = tables.types.write(desc.type);
  records.u16(VARIABLE_RECORD_SIZE + extra * 4);
  records.u16(index);
  records.u32(type.word);
  records.u32(desc.flags);
  records.u16(desc.kind);
  records.u16(Memory.VARDESC + type.memory + (constant ? Memory.VARIANT : 0));
  records.u32(constant && desc.value !== undefined ? tables.values.word(desc.value) : desc.offset);
  for (const word of words.slice(0, extra)) records.u32(word >>> 0);
}
