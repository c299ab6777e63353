import { guidToBytes, type Guid } from "../../base/index.ts";
import type { ArrayType, Expression, NdrType, StructType, Syntax, UnionType } from "../index.ts";

/*
 * NDR the slow and obvious way, as an oracle: a list of bytes, one value after another, pointees from a list of things still to do.
 * Shares no code with the compiler.
 */

type Values = Readonly<Record<string, unknown>>;

export function referenceBytes(type: NdrType, value: unknown, syntax: Syntax, little = true): Uint8Array {
  const writer = new Reference(syntax, little);
  writer.whole(type, value, {});
  return Uint8Array.from(writer.out);
}

const sizes: Readonly<Record<string, number>> = {
  boolean: 1,
  variantBool: 2,
  i8: 1,
  u8: 1,
  char: 1,
  wchar: 2,
  i16: 2,
  u16: 2,
  i32: 4,
  u32: 4,
  hresult: 4,
  i64: 8,
  u64: 8,
  f32: 4,
  f64: 8,
};

class Reference {
  readonly out: number[] = [];
  readonly #syntax: Syntax;
  readonly #little: boolean;
  #id = 0x20000;
  #later: (() => void)[] = [];

  constructor(syntax: Syntax, little: boolean) {
    this.#syntax = syntax;
    this.#little = little;
  }

  align(n: number): void {
    while (this.out.length % n !== 0) this.out.push(0);
  }

  integer(value: bigint, size: number): void {
    this.align(size);
    this.#put(this.out.length, value, size);
  }

  #put(at: number, value: bigint, size: number): void {
    for (let i = 0; i < size; i++) {
      const shift = BigInt(8 * (this.#little ? i : size - 1 - i));
      this.out[at + i] = Number((value >> shift) & 0xffn);
    }
  }

  count(n: number): void {
    this.integer(BigInt(n), this.#syntax.count);
  }

  /** A parameter or a referent: max_counts, the value, then what it points to. */
  whole(type: NdrType, value: unknown, siblings: Values): void {
    if (type.kind === "pointer" && type.pointer === "ref") return this.whole(type.to, value, siblings);
    const before = this.#later;
    this.#later = [];
    for (const max of this.conformance(type, value, siblings)) this.count(max);
    this.flat(type, value, siblings);
    const later = this.#later;
    this.#later = before;
    for (const one of later) one();
  }

  conformance(type: NdrType, value: unknown, siblings: Values): number[] {
    if (type.kind === "struct") {
      const last = type.fields().at(-1);
      if (last === undefined) return [];
      return this.conformance(last.type, (value as Values)[last.name], value as Values);
    }
    if (type.kind === "string") return type.fixed === undefined ? [(value as string).length + 1] : [];
    if (type.kind !== "array") return [];
    const counts: number[] = [];
    let row = value as ArrayLike<unknown>;
    for (const dim of type.dims) {
      if (dim.size !== undefined) counts.push(dim.size === true ? row.length : evaluate(dim.size, siblings));
      row = (row[0] ?? []) as ArrayLike<unknown>;
    }
    if (type.of.kind === "string" && type.of.fixed === undefined) {
      counts.push(Math.max(0, ...(value as string[]).map((text) => text.length + 1)));
    }
    return counts;
  }

  flat(type: NdrType, value: unknown, siblings: Values, tag?: number): void {
    switch (type.kind) {
      case "base":
        return this.base(type.name, value);
      case "enum":
        return this.integer(BigInt(value as number), type.wide ? 4 : this.#syntax.narrowEnum);
      case "struct":
        return this.struct(type, value as Values);
      case "union":
        return this.union(type, value as Values, tag);
      case "array":
        return this.array(type, value as ArrayLike<unknown>, siblings);
      case "string": {
        const text = `${value as string}\0`;
        this.count(0);
        this.count(text.length);
        for (const unit of text.split(""))
          this.integer(BigInt(unit.charCodeAt(0)), type.char === "wchar" ? 2 : 1);
        return;
      }
      case "pointer":
        return this.pointer(type.to, value, type.pointer === "ref");
      default:
        throw new Error(`the reference knows no ${type.kind}`);
    }
  }

  /** A ref pointer's value is its target's; a unique pointer's is null, its target's, or { to } when that could be null itself. */
  pointer(to: NdrType, value: unknown, isRef: boolean): void {
    this.align(this.#syntax.pointer);
    const at = this.out.length;
    this.#put(at, 0n, this.#syntax.pointer);
    if (value === null && !isRef) return;
    this.#later.push(() => {
      this.#put(at, BigInt(this.#id), this.#syntax.pointer);
      this.#id += 4;
      this.whole(to, !isRef && nullable(to) ? (value as { to: unknown }).to : value, {});
    });
  }

  base(name: string, value: unknown): void {
    if (name === "void") return;
    if (name === "guid") {
      this.align(4);
      const le = guidToBytes(value as Guid);
      const order = this.#little
        ? le
        : [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15].map((i) => le[i] ?? 0);
      this.out.push(...order);
      return;
    }
    if (name === "int3264" || name === "uint3264")
      return this.integer(BigInt(value as number), this.#syntax.int3264);
    const size = sizes[name] ?? 0;
    if (name === "variantBool") return this.integer(value ? 0xffffn : 0n, 2);
    if (name === "f32" || name === "f64") {
      const view = new DataView(new ArrayBuffer(8));
      if (name === "f32") view.setFloat32(0, value as number);
      else view.setFloat64(0, value as number);
      return this.integer(name === "f32" ? BigInt(view.getUint32(0)) : view.getBigUint64(0), size);
    }
    this.integer(BigInt(value as number), size);
  }

  struct(type: StructType, value: Values): void {
    const align = this.alignment(type);
    this.align(align);
    for (const field of type.fields()) {
      const tag = field.switchIs === undefined ? undefined : evaluate(field.switchIs, value);
      this.flatMember(field.type, value[field.name], value, tag);
    }
    if (this.#syntax.paddedStructures) this.align(align);
  }

  /** A pointee's size expressions are those of the structure that holds the pointer. */
  flatMember(type: NdrType, value: unknown, siblings: Values, tag?: number): void {
    if (type.kind !== "pointer" || type.to.kind !== "array" || value === null)
      return this.flat(type, value, siblings, tag);
    this.align(this.#syntax.pointer);
    const at = this.out.length;
    this.#put(at, 0n, this.#syntax.pointer);
    this.#later.push(() => {
      this.#put(at, BigInt(this.#id), this.#syntax.pointer);
      this.#id += 4;
      this.whole(type.to, value, siblings);
    });
  }

  union(type: UnionType, value: Values, tag = Number(value["tag"])): void {
    const arms = type.arms();
    const own = (armType: NdrType | null): number => (armType === null ? 1 : this.start(armType));
    const widest = Math.max(
      this.start(type.discriminant),
      ...arms.map((arm) => this.alignmentOrOne(arm.type)),
    );
    if (this.#syntax.alignedUnions) this.align(widest);
    this.flat(type.discriminant, tag, {});
    const arm = arms.find((one) => one.cases.includes(tag)) ?? arms.find((one) => one.cases.length === 0);
    if (arm === undefined) throw new Error("no arm");
    if (this.#syntax.alignedUnions) this.align(Math.max(...arms.map((one) => own(one.type))));
    if (arm.type !== null) this.flatMember(arm.type, value[arm.name], {});
  }

  alignmentOrOne(type: NdrType | null): number {
    return type === null ? 1 : this.alignment(type);
  }

  array(type: ArrayType, value: ArrayLike<unknown>, siblings: Values): void {
    let row = value;
    for (const dim of type.dims) {
      if (dim.length !== undefined) {
        this.count(0);
        this.count(row.length);
      }
      row = (row[0] ?? []) as ArrayLike<unknown>;
    }
    this.align(this.start(type.of));
    this.row(type, value, 0, siblings);
  }

  row(type: ArrayType, row: ArrayLike<unknown>, dim: number, siblings: Values): void {
    for (let i = 0; i < row.length; i++) {
      if (dim + 1 < type.dims.length) this.row(type, row[i] as ArrayLike<unknown>, dim + 1, siblings);
      else this.flat(type.of, row[i], siblings);
    }
  }

  /** Alignment of the first byte. */
  start(type: NdrType): number {
    if (type.kind === "union" && !this.#syntax.alignedUnions) return this.start(type.discriminant);
    if (type.kind === "array" && type.dims.some((dim) => dim.length !== undefined)) return this.#syntax.count;
    if (type.kind === "array") return this.start(type.of);
    return this.alignment(type);
  }

  /** What the type adds to a structure's alignment. */
  alignment(type: NdrType): number {
    switch (type.kind) {
      case "base":
        if (type.name === "guid") return 4;
        if (type.name === "int3264" || type.name === "uint3264") return this.#syntax.int3264;
        return sizes[type.name] ?? 1;
      case "enum":
        return type.wide ? 4 : this.#syntax.narrowEnum;
      case "struct":
        return Math.max(1, ...type.fields().map((field) => this.alignment(field.type)));
      case "union":
        return Math.max(
          this.alignment(type.discriminant),
          ...type.arms().map((arm) => this.alignmentOrOne(arm.type)),
        );
      case "array": {
        const varying = type.dims.some((dim) => dim.length !== undefined);
        return Math.max(this.alignment(type.of), varying ? this.#syntax.count : 1);
      }
      case "string":
        return this.#syntax.count;
      default:
        return this.#syntax.pointer;
    }
  }
}

function nullable(type: NdrType): boolean {
  return type.kind === "pointer" && (type.pointer !== "ref" || nullable(type.to));
}

function evaluate(expression: Expression, values: Values): number {
  if (typeof expression === "number") return expression;
  if (typeof expression === "string") return Number(values[expression]);
  throw new Error("the reference knows no operators");
}
