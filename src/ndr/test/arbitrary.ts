import fc from "fast-check";
import { newGuid } from "../../base/index.ts";
import {
  arm,
  array,
  enumeration,
  field,
  ref,
  string,
  struct,
  u16,
  u32,
  union,
  unique,
} from "../codegen/v1.ts";
import type { BaseName, Field, NdrType } from "../index.ts";

/*
 * Random types, and random values of them.
 */

const bases: readonly BaseName[] = [
  "boolean",
  "variantBool",
  "i8",
  "u8",
  "char",
  "wchar",
  "i16",
  "u16",
  "i32",
  "u32",
  "hresult",
  "i64",
  "u64",
  "int3264",
  "uint3264",
  "f32",
  "f64",
  "guid",
];

const baseType = fc.constantFrom(...bases).map((name): NdrType => ({ kind: "base", name }));
const enumType = fc.boolean().map((wide): NdrType => enumeration("E", { ZERO: 0, ONE: 1 }, wide));
const character = fc.constantFrom("char" as const, "wchar" as const);
const fixedString = character.map((name): NdrType => string(name, { fixed: 12 }));

/** Types of a place where max_counts cannot be hoisted from. */
function inner(depth: number): fc.Arbitrary<NdrType> {
  if (depth === 0) return fc.oneof(baseType, enumType, fixedString);
  return fc.oneof(
    { weight: 4, arbitrary: baseType },
    enumType,
    fixedString,
    structType(depth - 1, false),
    unionType(depth - 1),
    pointer(depth - 1),
    fc
      .tuple(inner(depth - 1), fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 2 }))
      .map(([of, dims]): NdrType => array(of, ...dims.map((fixed) => ({ fixed })))),
    inner(depth - 1).map((of): NdrType => array(of, { fixed: 5, length: true })),
  );
}

/** Types of a parameter or a referent. */
export function anyType(depth: number): fc.Arbitrary<NdrType> {
  return fc.oneof(
    { weight: 3, arbitrary: inner(depth) },
    structType(depth, true),
    conformant(depth),
    character.map((name): NdrType => string(name)),
    character.map((name): NdrType => array(string(name), { size: true })),
  );
}

function conformant(depth: number): fc.Arbitrary<NdrType> {
  return fc.oneof(
    inner(Math.max(0, depth - 1)).map((of): NdrType => array(of, { size: true })),
    inner(Math.max(0, depth - 1)).map((of): NdrType => array(of, { size: true, length: true })),
    inner(Math.max(0, depth - 1)).map((of): NdrType => array(of, { size: true }, { size: true })),
  );
}

function pointer(depth: number): fc.Arbitrary<NdrType> {
  return fc
    .tuple(anyType(depth), fc.boolean())
    .map(([to, nullable]): NdrType => (nullable ? unique(to) : ref(to)));
}

let serial = 0;

function structType(depth: number, open: boolean): fc.Arbitrary<NdrType> {
  const members = fc.array(inner(depth), { minLength: 1, maxLength: 5 });
  const last = open
    ? fc.option(
        fc.oneof(
          conformant(depth),
          character.map((name): NdrType => string(name)),
        ),
        { nil: undefined },
      )
    : fc.constant(undefined);
  const counted = fc.option(inner(depth), { nil: undefined });
  const switched = fc.option(unionType(depth), { nil: undefined });
  return fc.tuple(members, counted, switched, last).map(([types, of, choice, tail]): NdrType => {
    const fields: Field[] = types.map((type, i) => field(`m${i}`, type));
    if (of !== undefined) fields.push(field("n", u16), field("list", unique(array(of, { size: "n" }))));
    if (choice !== undefined)
      fields.unshift(field("which", u32), field("choice", choice, { switchIs: "which" }));
    if (tail !== undefined) fields.push(field("tail", tail));
    return struct(`S${serial++}`, () => fields);
  });
}

function unionType(depth: number): fc.Arbitrary<NdrType> {
  const kinds = fc.constantFrom(u16, u32, enumeration("Tag", { A: 1 }));
  return fc
    .tuple(kinds, fc.array(inner(depth), { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([kind, types, more]): NdrType => {
      const arms = types.map((type, i) => arm([i * 2 + 1, i * 2 + 2], `arm${i}`, type));
      if (more) arms.push(arm([], "", null));
      return union(`U${serial++}`, kind, () => arms);
    });
}

/** Values of a type. */
export function valueOf(type: NdrType): fc.Arbitrary<unknown> {
  switch (type.kind) {
    case "base":
      return baseValue(type.name);
    case "enum":
      return fc.integer({ min: 0, max: 0x7fff });
    case "string":
      return textOf(type.char, type.fixed === undefined ? 40 : type.fixed - 1);
    case "pointer": {
      const to = valueOf(type.to);
      if (type.pointer === "ref") return to;
      return fc.option(nullable(type.to) ? to.map((value) => ({ to: value })) : to, { nil: null });
    }
    case "struct":
      return structValue(type.fields());
    case "union":
      return fc.constantFrom(...type.arms()).chain((one) => {
        const tag = one.cases.length === 0 ? fc.constant(99) : fc.constantFrom(...one.cases);
        if (one.type === null) return tag.map((label) => ({ tag: label }));
        return fc.tuple(tag, valueOf(one.type)).map(([label, value]) => ({ tag: label, [one.name]: value }));
      });
    case "array":
      return arrayValue(
        type.of,
        type.dims.map(
          (dim) => [dim.fixed ?? 4, dim.fixed !== undefined && dim.length === undefined] as const,
        ),
      );
    default:
      throw new Error(`no values of ${type.kind}`);
  }
}

const nullable = (type: NdrType): boolean =>
  type.kind === "pointer" && (type.pointer !== "ref" || nullable(type.to));

function structValue(fields: readonly Field[]): fc.Arbitrary<unknown> {
  return fc
    .record(Object.fromEntries(fields.map((one) => [one.name, valueOf(one.type)])), { noNullPrototype: true })
    .map((value: Record<string, unknown>) => {
      if ("list" in value) value["n"] = (value["list"] as ArrayLike<unknown> | null)?.length ?? 7;
      if ("choice" in value) value["which"] = (value["choice"] as { tag: number }).tag;
      return value;
    });
}

function textOf(char: "char" | "wchar", maxLength: number): fc.Arbitrary<string> {
  const unit = fc
    .integer({ min: 1, max: char === "char" ? 255 : 0xffff })
    .map((code) => String.fromCharCode(code));
  return fc.array(unit, { maxLength }).map((units) => units.join(""));
}

const typed = {
  i8: Int8Array,
  u8: Uint8Array,
  char: Uint8Array,
  wchar: Uint16Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  hresult: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
} as const;

function arrayValue(of: NdrType, dims: readonly (readonly [number, boolean])[]): fc.Arbitrary<unknown> {
  const counts = fc.tuple(
    ...dims.map(([n, exact]) => (exact ? fc.constant(n) : fc.integer({ min: 0, max: n }))),
  );
  return counts.chain((sizes) => {
    // Rows of no rows have no length to speak of.
    const known = sizes.map((n, i) => (sizes.slice(0, i).includes(0) ? 0 : n));
    return rowValue(of, known);
  });
}

function rowValue(of: NdrType, [n = 0, ...rest]: readonly number[]): fc.Arbitrary<unknown> {
  const item = rest.length > 0 ? rowValue(of, rest) : valueOf(of);
  const list = fc.array(item, { minLength: n, maxLength: n });
  if (rest.length > 0 || of.kind !== "base" || !(of.name in typed)) return list;
  const Type = typed[of.name as keyof typeof typed] as unknown as { from(list: readonly unknown[]): unknown };
  return list.map((values) => Type.from(values));
}

function baseValue(name: BaseName): fc.Arbitrary<unknown> {
  switch (name) {
    case "boolean":
    case "variantBool":
      return fc.boolean();
    case "i8":
      return fc.integer({ min: -0x80, max: 0x7f });
    case "u8":
    case "char":
      return fc.integer({ min: 0, max: 0xff });
    case "i16":
      return fc.integer({ min: -0x8000, max: 0x7fff });
    case "u16":
    case "wchar":
      return fc.integer({ min: 0, max: 0xffff });
    case "i32":
    case "int3264":
      return fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
    case "u32":
    case "hresult":
    case "uint3264":
      return fc.integer({ min: 0, max: 0xffff_ffff });
    case "i64":
      return fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
    case "u64":
      return fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    case "f32":
      return fc.float({ noNaN: true });
    case "f64":
      return fc.double({ noNaN: true });
    case "guid":
      return fc.constantFrom(newGuid(), newGuid());
    default:
      return fc.constant(undefined);
  }
}

/** A type in words, for failures. */
export function describeType(type: NdrType): string {
  switch (type.kind) {
    case "base":
      return type.name;
    case "struct":
      return `{ ${type
        .fields()
        .map((one) => `${one.name}: ${describeType(one.type)}`)
        .join("; ")} }`;
    case "union":
      return `union(${describeType(type.discriminant)}) { ${type
        .arms()
        .map(
          (one) => `${one.cases.join("|") || "default"}: ${one.type === null ? "-" : describeType(one.type)}`,
        )
        .join("; ")} }`;
    case "array":
      return `${describeType(type.of)}${type.dims.map((dim) => JSON.stringify(dim)).join("")}`;
    case "pointer":
      return `${type.pointer} ${describeType(type.to)}`;
    case "string":
      return `${type.char} string${type.fixed ?? ""}`;
    default:
      return type.kind;
  }
}
