import type { CALLCONV, FUNCKIND, INVOKEKIND, VARKIND } from "../../gen/oaidl.ts";
import { invalid } from "../errors.ts";
import type { Image } from "../image.ts";
import type { FunctionDesc, ParameterDesc, VariableDesc } from "../model.ts";
import {
  FUNCTION_RECORD_SIZE,
  FunctionBits,
  PARAMETER_RECORD_SIZE,
  TypeRecord,
  VARIABLE_RECORD_SIZE,
} from "./layout.ts";
import type { Tables } from "./tables.ts";
import type { TypeDescReader } from "./type-descs.ts";

const VAR_CONST = 2;
const PARAMFLAG_FHASDEFAULT = 0x20;

/**
 * Reads the members of a type: the length of the records, the records, then for functions first and variables second their identifiers, the offsets
 * of their names, and the offsets of their records.
 */
export class MemberReader {
  readonly #tables: Tables;
  readonly #types: TypeDescReader;
  readonly #block: Image;
  readonly #functionCount: number;
  readonly #variableCount: number;
  readonly #arrays: number;

  constructor(tables: Tables, types: TypeDescReader, typeIndex: number) {
    this.#tables = tables;
    this.#types = types;
    const record = tables.typeRecord(typeIndex);
    this.#functionCount = record.u16(TypeRecord.elementCounts);
    this.#variableCount = record.u16(TypeRecord.elementCounts + 2);
    tables.members.spend(this.#functionCount + this.#variableCount);
    const start = record.u32(TypeRecord.members);
    const empty = this.#functionCount + this.#variableCount === 0;
    this.#block = empty
      ? tables.file.part(0, 0, "members")
      : tables.file.part(start, Math.max(0, tables.file.length - start), `members of type ${typeIndex}`);
    this.#arrays = empty ? 0 : 4 + this.#block.u32(0);
  }

  functions(): FunctionDesc[] {
    const list: FunctionDesc[] = [];
    for (let i = 0; i < this.#functionCount; i++) list.push(this.#function(i, list));
    return list;
  }

  variables(): VariableDesc[] {
    return Array.from({ length: this.#variableCount }, (_, i) => this.#variable(this.#functionCount + i));
  }

  #memid(member: number): number {
    return this.#block.i32(this.#arrays + member * 4);
  }

  #name(member: number): string | undefined {
    const count = this.#functionCount + this.#variableCount;
    return this.#tables.name(this.#block.i32(this.#arrays + (count + member) * 4));
  }

  #record(member: number): Image {
    const count = this.#functionCount + this.#variableCount;
    const at = 4 + this.#block.u32(this.#arrays + (2 * count + member) * 4);
    return this.#block.part(at, this.#block.u16(at), `record of member ${member}`);
  }

  #function(index: number, before: readonly FunctionDesc[]): FunctionDesc {
    const record = this.#record(index);
    const bits = record.u32(0x10);
    const memid = this.#memid(index);
    const extra = new ExtraWords(this.#tables, record, functionExtraSize(record, bits));
    return {
      // The second accessor of a property may come without its name.
      name: this.#name(index) ?? before.findLast((earlier) => earlier.memid === memid)?.name ?? "",
      memid,
      kind: (bits & 7) as FUNCKIND,
      invoke: ((bits >>> 3) & 0xf) as INVOKEKIND,
      callConv: ((bits >>> 8) & 0xf) as CALLCONV,
      flags: record.u16(8),
      result: this.#types.read(record.i32(4)),
      params: this.#params(record, bits),
      optionalCount: record.i16(0x16),
      vtableOffset: record.u16(0x0c) & ~1,
      entry: bits & FunctionBits.entryIsOrdinal ? extra.number(2) : extra.string(2),
      helpContext: extra.number(0),
      docString: extra.string(1),
      helpStringContext: extra.number(5),
      customData: bits & FunctionBits.customData ? extra.customData(6) : [],
    };
  }

  #params(record: Image, bits: number): ParameterDesc[] {
    const count = record.u16(0x14);
    this.#tables.members.spend(count);
    const first = record.length - count * PARAMETER_RECORD_SIZE;
    if (first < FUNCTION_RECORD_SIZE)
      throw invalid(`a function's record has no room for ${count} parameters`);
    const extra = new ExtraWords(this.#tables, record, functionExtraSize(record, bits));
    return Array.from({ length: count }, (_, i) => {
      const at = first + i * PARAMETER_RECORD_SIZE;
      const flags = record.u16(at + 8);
      const hasDefault = (flags & PARAMFLAG_FHASDEFAULT) !== 0 && (bits & FunctionBits.defaults) !== 0;
      return {
        name: this.#tables.name(record.i32(at + 4)),
        type: this.#types.read(record.i32(at)),
        flags,
        defaultValue: hasDefault ? this.#default(record.i32(first - (count - i) * 4)) : undefined,
        customData: bits & FunctionBits.customData ? extra.customData(7 + i) : [],
      };
    });
  }

  /** Compilers that could not write a default leave -1. */
  #default(word: number): ParameterDesc["defaultValue"] {
    return word === -1 ? undefined : this.#tables.value(word);
  }

  #variable(member: number): VariableDesc {
    const record = this.#record(member);
    const kind = record.u16(0x0c) as VARKIND;
    const extra = new ExtraWords(
      this.#tables,
      record,
      record.length - VARIABLE_RECORD_SIZE,
      VARIABLE_RECORD_SIZE,
    );
    return {
      name: this.#name(member) ?? "",
      memid: this.#memid(member),
      kind,
      flags: record.u16(8),
      type: this.#types.read(record.i32(4)),
      offset: kind === VAR_CONST ? 0 : record.u32(0x10),
      value: kind === VAR_CONST ? this.#tables.value(record.i32(0x10)) : undefined,
      helpContext: extra.number(0),
      docString: extra.string(1),
      customData: extra.customData(3),
      helpStringContext: extra.number(4),
    };
  }
}

/** Bytes between the fixed part of a function's record and its default values and parameters. */
function functionExtraSize(record: Image, bits: number): number {
  const count = record.u16(0x14);
  const perParameter = PARAMETER_RECORD_SIZE + (bits & FunctionBits.defaults ? 4 : 0);
  const size = record.length - FUNCTION_RECORD_SIZE - count * perParameter;
  if (size < 0) throw invalid(`a function's record has no room for ${count} parameters`);
  return size;
}

/** The words of a record that are there only when something after them, or they themselves, say something. */
class ExtraWords {
  readonly #tables: Tables;
  readonly #record: Image;
  readonly #count: number;
  readonly #start: number;

  constructor(tables: Tables, record: Image, size: number, start: number = FUNCTION_RECORD_SIZE) {
    this.#tables = tables;
    this.#record = record;
    this.#count = Math.floor(size / 4);
    this.#start = start;
  }

  #word(index: number): number | undefined {
    return index < this.#count ? this.#record.i32(this.#start + index * 4) : undefined;
  }

  number(index: number): number {
    return (this.#word(index) ?? 0) >>> 0;
  }

  string(index: number): string | undefined {
    return this.#tables.string(this.#word(index) ?? -1);
  }

  customData(index: number): ReturnType<Tables["customData"]> {
    return this.#tables.customData(this.#word(index) ?? -1);
  }
}
