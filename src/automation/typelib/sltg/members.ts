import { CALLCONV, FUNCKIND, type INVOKEKIND, VARKIND } from "../../gen/oaidl.ts";
import { Variant } from "../../variant.ts";
import type { CodePage } from "../code-page.ts";
import { invalid } from "../errors.ts";
import type { Image } from "../image.ts";
import type { FunctionDesc, ImplType, ParameterDesc, TypeDesc, VariableDesc } from "../model.ts";
import { TypeCode } from "../type-code.ts";
import type { SltgHelp } from "./help.ts";
import { IMPL_MAGIC, NONE } from "./layout.ts";
import type { SltgNames } from "./names.ts";
import type { SltgTypes } from "./types.ts";

/** "As the one before." */
const SAME_NAME = 0xfffe;
const WITH_FLAGS = 0x20;
const PARAMFLAG_FOPT = 0x10;
const VARFLAG_FREADONLY = 1;

/** Function kinds by their mark. */
const functionKinds: ReadonlyMap<number, FUNCKIND> = new Map([
  [0x4c, FUNCKIND.FUNC_PUREVIRTUAL],
  [0xcb, FUNCKIND.FUNC_DISPATCH],
  [0x8b, FUNCKIND.FUNC_STATIC],
]);

/** Bits of a variable's second byte. */
const VariableBits = {
  typeInPlace: 0x02,
  valueInPlace: 0x08,
  constant: 0x10,
  property: 0x40,
  readonly: 0x80,
};

const noDocumentation = {
  docString: undefined,
  helpStringContext: 0,
  customData: [],
} as const;

/** Reads the members of a type out of its data; offsets count from the start of the data. */
export class SltgMembers {
  readonly #data: Image;
  readonly #types: SltgTypes;
  readonly #names: SltgNames;
  readonly #codePage: CodePage;
  readonly #spend: (count: number) => void;
  readonly #help: SltgHelp;
  readonly #size: number;
  readonly #helpBase: number;

  /** `size` is how many bytes of the data belong to the members; their help contexts are told from `helpBase`. */
  constructor(
    data: Image,
    size: number,
    helpBase: number,
    types: SltgTypes,
    library: { readonly names: SltgNames; readonly codePage: CodePage; readonly help: SltgHelp },
    spend: (count: number) => void,
  ) {
    this.#data = data;
    this.#size = size;
    this.#helpBase = helpBase;
    this.#types = types;
    this.#names = library.names;
    this.#codePage = library.codePage;
    this.#help = library.help;
    this.#spend = spend;
  }

  /** Bases or interfaces, when a chain of them begins here. */
  impls(first: number): ImplType[] {
    const list: ImplType[] = [];
    if (first === NONE || this.#data.u16(first) !== IMPL_MAGIC) return list;
    for (let at = first; at !== NONE; at = this.#data.u16(at + 2)) {
      this.#spend(1);
      const { reference } = this.#types.read(this.#data.u16(at + 8)).type;
      if (reference === undefined) throw invalid("a base that is no type of a library");
      list.push({ reference, flags: this.#data.u8(at + 6), customData: [] });
    }
    return list;
  }

  functions(first: number, count: number): FunctionDesc[] {
    const list: FunctionDesc[] = [];
    for (let at = first; list.length < count && at !== NONE; at = this.#data.u16(at + 2)) {
      this.#spend(1);
      list.push(this.#function(at, list.at(-1)?.name ?? ""));
    }
    return list;
  }

  #function(at: number, before: string): FunctionDesc {
    const data = this.#data;
    const mark = data.u8(at);
    const kind = functionKinds.get(mark & ~WITH_FLAGS);
    if (kind === undefined) throw invalid(`a function that begins with ${mark}`);
    const shape = data.u8(at + 0x10);
    const options = data.u8(at + 0x11);
    const optionalCount = (options & 0x7e) >>> 1;
    return {
      ...noDocumentation,
      helpContext: this.#helpContext(data.u16(at + 0x0a)),
      docString: this.#text(data.u16(at + 0x0c)),
      name: this.#name(data.u16(at + 4), before),
      memid: data.i32(at + 6),
      kind,
      invoke: (data.u8(at + 1) >>> 4) as INVOKEKIND,
      callConv: (shape & 7) as CALLCONV,
      flags: mark & WITH_FLAGS ? data.u16(at + 0x16) : 0,
      result: this.#types.read(options & 0x80 ? at + 0x12 : data.u16(at + 0x12)).type,
      params: this.#params(data.u16(at + 0x0e), shape >>> 3, optionalCount),
      optionalCount,
      vtableOffset: data.u16(at + 0x14) & ~1,
      entry: undefined,
    };
  }

  /**
   * A name and a type for each. Names begin at even offsets: an odd one points to the second letter and says that the type follows, an even one that
   * the type's offset follows. 0xffff and 0xfffe say the same of parameters without a name.
   */
  #params(first: number, count: number, optionalCount: number): ParameterDesc[] {
    const list: ParameterDesc[] = [];
    let at = first;
    for (let i = 0; i < count; i++) {
      this.#spend(1);
      const word = this.#data.u16(at);
      const inPlace = (word & 1) === 1;
      const read = this.#types.read(inPlace ? at + 2 : this.#data.u16(at + 2));
      const optional = count - i <= optionalCount ? PARAMFLAG_FOPT : 0;
      list.push({
        name: word >= SAME_NAME ? undefined : this.#names.at(word & ~1),
        type: read.type,
        flags: read.flags | optional,
        defaultValue: undefined,
        customData: [],
      });
      at = inPlace ? read.end : at + 4;
    }
    return list;
  }

  variables(first: number, count: number): VariableDesc[] {
    const list: VariableDesc[] = [];
    for (let at = first; list.length < count && at !== NONE; at = this.#data.u16(at + 2)) {
      this.#spend(1);
      list.push(this.#variable(at, list.at(-1)?.name ?? ""));
    }
    return list;
  }

  #variable(at: number, before: string): VariableDesc {
    const data = this.#data;
    const mark = data.u8(at);
    if ((mark & ~WITH_FLAGS) !== 0x0a) throw invalid(`a variable that begins with ${mark}`);
    const bits = data.u8(at + 1);
    const type = this.#types.read(bits & VariableBits.typeInPlace ? at + 8 : data.u16(at + 8)).type;
    const constant = (bits & VariableBits.property) === 0 && (bits & VariableBits.constant) !== 0;
    const value = data.u16(at + 6);
    const kind = constant ? VARKIND.VAR_CONST : VARKIND.VAR_PERINSTANCE;
    return {
      ...noDocumentation,
      helpContext: this.#helpContext(data.u16(at + 0x0e)),
      docString: this.#text(data.u16(at + 0x10)),
      name: this.#name(data.u16(at + 4), before),
      memid: data.i32(at + 0x0a),
      kind: bits & VariableBits.property ? VARKIND.VAR_DISPATCH : kind,
      flags:
        (mark & WITH_FLAGS ? data.u16(at + 0x12) : 0) |
        (bits & VariableBits.readonly ? VARFLAG_FREADONLY : 0),
      type,
      offset: constant ? 0 : value,
      value: constant ? this.#constant(type, value, (bits & VariableBits.valueInPlace) !== 0) : undefined,
    };
  }

  /** An odd word is the distance from the first one of the type: bit 1 says backward. An even one is the offset of a context. */
  #helpContext(word: number): number {
    if (word === SAME_NAME || word === NONE) return 0;
    if ((word & 1) === 0) return this.#data.u32(word);
    return (this.#helpBase + (word & 2 ? -(word >>> 2) : word >>> 2)) >>> 0;
  }

  /** The help text at an offset. */
  #text(at: number): string | undefined {
    return at === NONE || at >= this.#size ? undefined : this.#help.text(this.#data, at, this.#size);
  }

  #name(word: number, before: string): string {
    return word === SAME_NAME ? before : this.#names.at(word);
  }

  /** A constant of a few bits stands in the word itself, others at that offset. */
  #constant(type: TypeDesc, word: number, inPlace: boolean): Variant {
    if (inPlace) return new Variant(TypeCode.INT, word);
    switch (type.vt) {
      case TypeCode.BSTR:
      case TypeCode.LPSTR:
      case TypeCode.LPWSTR: {
        const length = this.#data.u16(word);
        return new Variant(
          TypeCode.BSTR,
          length === NONE ? null : this.#codePage.decode(this.#data.raw(word + 2, length)),
        );
      }
      case TypeCode.R8:
      case TypeCode.DATE:
        return new Variant(type.vt, this.#data.f64(word));
      case TypeCode.R4:
        return new Variant(type.vt, this.#data.f32(word));
      default:
        return new Variant(TypeCode.INT, this.#data.i32(word));
    }
  }
}
