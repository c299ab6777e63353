import { invalid } from "../errors.ts";
import type { ArrayBound, TypeDesc } from "../model.ts";
import { TypeCode } from "../type-code.ts";
import type { Tables } from "./tables.ts";

const TYPE_MASK = 0xfff;

/** Reads types: a word with bit 31 set holds the type itself, any other is an offset into the segment of type descriptions. */
export class TypeDescReader {
  readonly #tables: Tables;
  readonly #known = new Map<number, TypeDesc>();

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  read(word: number): TypeDesc {
    return this.#read(word, 0);
  }

  #read(word: number, depth: number): TypeDesc {
    const known = this.#known.get(word);
    if (known !== undefined) return known;
    if (depth > this.#tables.limits.maxDepth) throw invalid("a type is nested too deep or leads in a circle");
    const type = word < 0 ? simple(word) : this.#described(word, depth);
    this.#known.set(word, type);
    return type;
  }

  #described(at: number, depth: number): TypeDesc {
    const segment = this.#tables.segment("typeDescs");
    const vt = segment.u16(at) & TYPE_MASK;
    const target = segment.i32(at + 4);
    switch (vt) {
      case TypeCode.PTR:
      case TypeCode.SAFEARRAY:
        return { vt, element: this.#read(target, depth + 1) };
      case TypeCode.CARRAY:
        return { vt, ...this.#array(target, depth) };
      case TypeCode.USERDEFINED:
        return { vt, reference: this.#tables.reference(target) };
      default:
        return { vt };
    }
  }

  #array(at: number, depth: number): { element: TypeDesc; bounds: ArrayBound[] } {
    const segment = this.#tables.segment("arrayDescs");
    const dimensions = segment.u16(at + 4);
    this.#tables.members.spend(dimensions);
    const bounds = Array.from({ length: dimensions }, (_, i) => ({
      count: segment.u32(at + 8 + i * 8),
      lower: segment.i32(at + 12 + i * 8),
    }));
    return { element: this.#read(segment.i32(at), depth + 1), bounds };
  }
}

const simpleTypes = new Map<number, TypeDesc>();

function simple(word: number): TypeDesc {
  const vt = word & TYPE_MASK;
  let type = simpleTypes.get(vt);
  if (type === undefined) simpleTypes.set(vt, (type = { vt }));
  return type;
}
