import { ComError, HResult } from "../../base/index.ts";
import type { Arm, ArrayType, BaseName, Field, NdrType, StructType, UnionType } from "../types.ts";
import type { Syntax } from "./syntax.ts";

/** What is known of a type's flat part (all but the pointees) before any value is seen. */
export interface Layout {
  /** Alignment of its first byte. */
  readonly align: number;
  /** What it adds to the alignment of a structure around it: more than `align` for unions and varying arrays. */
  readonly weight: number;
  /** Bytes, or undefined when they depend on the value. */
  readonly size: number | undefined;
  /** True when pointees follow the outermost construct. */
  readonly deferred: boolean;
  /** Number of max_counts that move to the front of the outermost construct. */
  readonly conformance: number;
}

function roundUp(n: number, align: number): number {
  return (n + align - 1) & -align;
}

/** Bytes from one array element to the next. */
export function strideOf(layout: Layout): number {
  return roundUp(layout.size ?? 0, layout.align);
}

const plain = (size: number, align = size): Layout => ({
  align,
  weight: align,
  size,
  deferred: false,
  conformance: 0,
});

const baseSizes: Readonly<Record<BaseName, number>> = {
  void: 0,
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
  int3264: 4,
  uint3264: 4,
  f32: 4,
  f64: 8,
  guid: 16,
};

const caches = new WeakMap<Syntax, WeakMap<NdrType, Layout>>();

export function layoutOf(type: NdrType, syntax: Syntax): Layout {
  let cache = caches.get(syntax);
  if (cache === undefined) caches.set(syntax, (cache = new WeakMap()));
  let layout = cache.get(type);
  if (layout === undefined) cache.set(type, (layout = compute(type, syntax)));
  return layout;
}

function compute(type: NdrType, syntax: Syntax): Layout {
  switch (type.kind) {
    case "base":
      return baseLayout(type.name, syntax);
    case "enum":
      return plain(type.wide ? 4 : syntax.narrowEnum);
    case "struct":
      return structLayout(type, syntax);
    case "union":
      return unionLayout(type, syntax);
    case "pointer":
    case "interface":
      return { ...plain(syntax.pointer), deferred: true };
    case "array":
      return arrayLayout(type, syntax);
    case "string":
      return {
        align: syntax.count,
        weight: syntax.count,
        size: undefined,
        deferred: false,
        conformance: type.fixed === undefined ? 1 : 0,
      };
    case "contextHandle":
      return plain(20, 4);
    case "user":
      return layoutOf(type.wire(), syntax);
    case "pipe":
    default:
      throw new ComError(HResult.E_NOTIMPL, "a pipe is a parameter of a method, and no part of other data");
  }
}

function baseLayout(name: BaseName, syntax: Syntax): Layout {
  if (name === "guid") return plain(16, 4);
  if (name === "void") return plain(0, 1);
  return plain(name === "int3264" || name === "uint3264" ? syntax.int3264 : baseSizes[name]);
}

/** Where a member of a structure stands; undefined behind a member of variable size. */
export interface Slot {
  readonly field: Field;
  readonly layout: Layout;
  readonly offset: number | undefined;
  /** Padding before it, when the offset is known. */
  readonly gap: number;
}

export function slotsOf(type: StructType, syntax: Syntax): readonly Slot[] {
  let end: number | undefined = 0;
  return type.fields().map((field) => {
    const layout = layoutOf(field.type, syntax);
    const offset: number | undefined = end === undefined ? undefined : roundUp(end, layout.align);
    const gap = offset === undefined ? 0 : offset - (end ?? 0);
    end = offset === undefined || layout.size === undefined ? undefined : offset + layout.size;
    return { field, layout, offset, gap };
  });
}

function structLayout(type: StructType, syntax: Syntax): Layout {
  const slots = slotsOf(type, syntax);
  const align = Math.max(1, ...slots.map((slot) => slot.layout.weight));
  const last = slots.at(-1);
  for (const slot of slots) {
    if (slot.layout.conformance > 0 && slot !== last) {
      throw new ComError(
        HResult.E_INVALIDARG,
        "only the last member of a structure can be a conformant array",
        { where: `${type.name}.${slot.field.name}` },
      );
    }
  }
  const fixed = slots.every((slot) => slot.layout.size !== undefined);
  const end = fixed ? (last?.offset ?? 0) + (last?.layout.size ?? 0) : undefined;
  return {
    align,
    weight: align,
    size: end === undefined ? undefined : syntax.paddedStructures ? roundUp(end, align) : end,
    deferred: slots.some((slot) => slot.layout.deferred),
    conformance: last?.layout.conformance ?? 0,
  };
}

/** Alignment at which the arms of a union start, when all share one. */
export function armAlign(type: UnionType, arm: Arm, syntax: Syntax): number {
  const own = (a: Arm): number => (a.type === null ? 1 : layoutOf(a.type, syntax).align);
  return syntax.alignedUnions ? Math.max(...type.arms().map(own)) : own(arm);
}

function unionLayout(type: UnionType, syntax: Syntax): Layout {
  const tag = layoutOf(type.discriminant, syntax);
  const arms = type.arms().map((arm) => (arm.type === null ? plain(0, 1) : layoutOf(arm.type, syntax)));
  const weight = Math.max(tag.align, ...arms.map((arm) => arm.weight));
  const align = syntax.alignedUnions ? weight : tag.align;
  if (arms.some((arm) => arm.conformance > 0)) {
    throw new ComError(HResult.E_INVALIDARG, "an arm of a union cannot be a conformant array", {
      where: type.name,
    });
  }
  const ends = new Set(
    type.arms().map((arm, i) => {
      const start = armAlign(type, arm, syntax);
      const size = arms[i]?.size;
      return size === undefined || start > align ? undefined : roundUp(tag.size ?? 0, start) + size;
    }),
  );
  const [end] = ends;
  return {
    align,
    weight,
    size: ends.size === 1 ? end : undefined,
    deferred: arms.some((arm) => arm.deferred),
    conformance: 0,
  };
}

function arrayLayout(type: ArrayType, syntax: Syntax): Layout {
  const of = layoutOf(type.of, syntax);
  const varying = type.dims.some((dim) => dim.length !== undefined || dim.first !== undefined);
  const conformant = type.dims.filter((dim) => dim.size !== undefined).length;
  const count = type.dims.reduce((product, dim) => product * (dim.fixed ?? 0), 1);
  const fixed = !varying && conformant === 0 && of.size !== undefined;
  const weight = Math.max(of.weight, varying ? syntax.count : 1);
  return {
    align: varying ? syntax.count : of.align,
    weight,
    size: fixed ? (count === 0 ? 0 : (count - 1) * strideOf(of) + (of.size ?? 0)) : undefined,
    deferred: of.deferred,
    conformance: conformant + of.conformance,
  };
}
