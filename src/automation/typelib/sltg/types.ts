import { invalid } from "../errors.ts";
import type { Image } from "../image.ts";
import type { TypeDesc, TypeReference } from "../model.ts";
import { TypeCode } from "../type-code.ts";

/** Bytes before the bounds in the SAFEARRAY that describes an array. */
const ARRAY_HEADER = 16;

/** A type, the parameter flags that stand in its first word, and where it ends. */
export interface ReadType {
  readonly type: TypeDesc;
  readonly flags: number;
  readonly end: number;
}

/** Bits of a type's words. */
const Bits = { type: 0x3f, retval: 0x80, pointer: 0xe00, lcid: 0x2000, direction: 0xc000 } as const;

/** PARAMFLAGS by the two bits of direction: in, out, both, none. */
const directions: readonly number[] = [1, 2, 3, 0];

/** Reads types: words, each naming a layer, the innermost last. */
export class SltgTypes {
  readonly #data: Image;
  readonly #references: readonly TypeReference[];
  readonly #maxDepth: number;

  constructor(data: Image, references: readonly TypeReference[], maxDepth: number) {
    this.#data = data;
    this.#references = references;
    this.#maxDepth = maxDepth;
  }

  read(at: number): ReadType {
    const word = this.#data.u16(at);
    const flags =
      (directions[(word & Bits.direction) >>> 14] ?? 0) |
      (word & Bits.lcid ? 4 : 0) |
      (word & Bits.retval ? 8 : 0);
    return { ...this.#layer(at, 0), flags };
  }

  #layer(at: number, depth: number): { type: TypeDesc; end: number } {
    if (depth > this.#maxDepth) throw invalid("a type is nested too deep");
    const word = this.#data.u16(at);
    if ((word & Bits.pointer) !== Bits.pointer) return this.#inner(word, at, depth);
    const { type, end } = this.#inner(word, at, depth);
    return { type: { vt: TypeCode.PTR, element: type }, end };
  }

  #inner(word: number, at: number, depth: number): { type: TypeDesc; end: number } {
    const vt = word & Bits.type;
    switch (vt) {
      case TypeCode.PTR: {
        const { type, end } = this.#layer(at + 2, depth + 1);
        return { type: { vt, element: type }, end };
      }
      case TypeCode.SAFEARRAY: {
        const { type, end } = this.#layer(at + 4, depth + 1);
        return { type: { vt, element: type }, end };
      }
      case TypeCode.CARRAY: {
        const bounds = this.#bounds(this.#data.u16(at + 2));
        const { type, end } = this.#layer(at + 4, depth + 1);
        return { type: { vt, element: type, bounds }, end };
      }
      case TypeCode.USERDEFINED:
        return { type: { vt, reference: this.reference(this.#data.u16(at + 2) >>> 2) }, end: at + 4 };
      default:
        return { type: { vt }, end: at + 2 };
    }
  }

  #bounds(at: number): { count: number; lower: number }[] {
    const dimensions = this.#data.u16(at);
    if (dimensions > this.#maxDepth) throw invalid(`an array of ${dimensions} dimensions`);
    return Array.from({ length: dimensions }, (_, i) => ({
      count: this.#data.u32(at + ARRAY_HEADER + i * 8),
      lower: this.#data.i32(at + ARRAY_HEADER + i * 8 + 4),
    }));
  }

  reference(index: number): TypeReference {
    const reference = this.#references[index];
    if (reference === undefined) throw invalid(`a reference ${index} of ${this.#references.length}`);
    return reference;
  }
}
