import { type Field, type Type, unalias } from "../model.ts";
import type { BaseName } from "../syntax/ast.ts";

/** Bytes of a base type in memory (32-bit Windows); 0 for what has none. */
export const baseSizes: Readonly<Record<BaseName, number>> = {
  void: 0,
  handle: 4,
  boolean: 1,
  byte: 1,
  char: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  wchar: 2,
  int32: 4,
  uint32: 4,
  int: 4,
  uint: 4,
  int3264: 4,
  uint3264: 4,
  float: 4,
  error_status: 4,
  int64: 8,
  uint64: 8,
  double: 8,
  int128: 16,
};

/** Bytes of a type in memory as `sizeof` gives it; undefined when it cannot be said. */
export function sizeOf(type: Type, depth = 0): number | undefined {
  return layout(type, depth)?.size;
}

function layout(type: Type, depth: number): { size: number; align: number } | undefined {
  if (depth > 50) return undefined;
  const plain = unalias(type);
  switch (plain.kind) {
    case "base": {
      const size = baseSizes[plain.name];
      return size === 0 ? undefined : { size, align: size };
    }
    case "enum":
    case "pointer":
    case "safearray":
    case "function":
    case "interface":
    case "dispinterface":
    case "coclass":
      return { size: 4, align: 4 };
    case "array": {
      const of = layout(plain.of, depth + 1);
      return of === undefined || plain.size === undefined
        ? undefined
        : { size: of.size * plain.size, align: of.align };
    }
    case "struct":
      return structLayout(plain.fields, plain.pack, depth);
    case "union":
      return unionLayout(
        plain.arms.flatMap((arm) => (arm.field === undefined ? [] : [arm.field])),
        depth,
      );
    case "pipe":
    case "unknown":
      return undefined;
    default:
      return plain satisfies never;
  }
}

function structLayout(
  fields: readonly Field[],
  pack: number,
  depth: number,
): { size: number; align: number } | undefined {
  let size = 0;
  let align = 1;
  for (const field of fields) {
    const inner = layout(field.type, depth + 1);
    if (inner === undefined) return undefined;
    const step = pack === 0 ? inner.align : Math.min(pack, inner.align);
    size = Math.ceil(size / step) * step + inner.size;
    align = Math.max(align, step);
  }
  return { size: Math.ceil(size / align) * align, align };
}

function unionLayout(fields: readonly Field[], depth: number): { size: number; align: number } | undefined {
  let size = 0;
  let align = 1;
  for (const field of fields) {
    const inner = layout(field.type, depth + 1);
    if (inner === undefined) return undefined;
    size = Math.max(size, inner.size);
    align = Math.max(align, inner.align);
  }
  return { size: Math.ceil(size / align) * align, align };
}
