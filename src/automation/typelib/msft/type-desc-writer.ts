import { ByteWriter } from "../../../base/index.ts";
import type { TypeDesc, TypeReference } from "../model.ts";
import { TypeCode } from "../type-code.ts";

const BYREF = 0x4000;
const ARRAY = 0x2000;
/** The second half of a description's first word: what kind of VARIANT holds it, or one of these. */
const USERDEFINED_MIX = 0x7fff;
const OTHER_MIX = 0x7ffe;

/** What a written type is: the word that stands for it, the bytes its TYPEDESCs take in memory, and its mix. */
interface Written {
  readonly word: number;
  readonly memory: number;
  readonly mix: number;
}

/** The segments of type descriptions and array descriptions; each description stands once. */
export class TypeDescWriter {
  readonly typeDescs: ByteWriter = new ByteWriter();
  readonly arrayDescs: ByteWriter = new ByteWriter();
  readonly #known = new Map<string, number>();
  readonly #arrays = new Map<string, number>();
  readonly #hrefOf: (reference: TypeReference) => number;

  constructor(hrefOf: (reference: TypeReference) => number) {
    this.#hrefOf = hrefOf;
  }

  write(type: TypeDesc): { readonly word: number; readonly memory: number } {
    return this.#write(type);
  }

  #write(type: TypeDesc): Written {
    const { vt } = type;
    switch (vt) {
      case TypeCode.PTR: {
        const target = type.element ?? { vt: TypeCode.VOID };
        const element = this.#write(target);
        const mix = element.mix >= OTHER_MIX ? element.mix : (element.mix & 0x3fff) | BYREF;
        const word = this.#describe(vt, mix, element.word);
        return { word, memory: 8 + element.memory, mix: nestedMix(mix) };
      }
      case TypeCode.SAFEARRAY: {
        const element = this.#write(type.element ?? { vt: TypeCode.VARIANT });
        const mix = element.mix >= OTHER_MIX ? element.mix : (element.mix & 0xfff) | ARRAY;
        const word = this.#describe(vt, mix, element.word);
        return { word, memory: 8 + element.memory, mix };
      }
      case TypeCode.CARRAY: {
        const dimensions = type.bounds?.length ?? 0;
        const word = this.#describe(vt, OTHER_MIX, this.#array(type));
        return { word, memory: 20 + Math.max(0, dimensions - 1) * 8, mix: OTHER_MIX };
      }
      case TypeCode.USERDEFINED: {
        const href = type.reference === undefined ? 0 : this.#hrefOf(type.reference);
        return {
          word: this.#describe(vt, USERDEFINED_MIX, href),
          memory: 0,
          mix: USERDEFINED_MIX,
        };
      }
      default:
        return { ...simple(vt), memory: 0 };
    }
  }

  #describe(vt: number, mix: number, target: number): number {
    const key = `${vt}:${target}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const at = this.typeDescs.pos;
    this.typeDescs.u16(vt);
    this.typeDescs.u16(mix);
    this.typeDescs.u32(target >>> 0);
    this.#known.set(key, at);
    return at;
  }

  #array(type: TypeDesc): number {
    const element = this.#write(type.element ?? { vt: TypeCode.VOID });
    const bounds = type.bounds ?? [];
    const key = `${element.word}:${bounds.map(({ count, lower }) => `${count}+${lower}`).join()}`;
    const known = this.#arrays.get(key);
    if (known !== undefined) return known;
    const at = this.arrayDescs.pos;
    this.arrayDescs.u32(element.word >>> 0);
    this.arrayDescs.u16(bounds.length);
    this.arrayDescs.u16(bounds.length * 8);
    for (const { count, lower } of bounds) {
      this.arrayDescs.u32(count);
      this.arrayDescs.u32(lower >>> 0);
    }
    this.#arrays.set(key, at);
    return at;
  }
}

function nestedMix(mix: number): number {
  return mix === USERDEFINED_MIX ? mix : OTHER_MIX;
}

/** A type that needs no description: bit 31, the type a VARIANT would have, the type. */
function simple(vt: number): { word: number; mix: number } {
  switch (vt) {
    case TypeCode.INT:
      return inline(vt, TypeCode.I4);
    case TypeCode.UINT:
      return inline(vt, TypeCode.UI4);
    case TypeCode.VOID:
      return inline(vt, TypeCode.EMPTY);
    case TypeCode.LPSTR:
    case TypeCode.LPWSTR:
      return { word: (0xfffe0000 | vt) >>> 0, mix: 0x3ffe };
    default:
      return inline(vt, vt);
  }
}

function inline(vt: number, mix: number): { word: number; mix: number } {
  return { word: (0x80000000 | (mix << 16) | vt) >>> 0, mix };
}
