import { toHex } from "../../base/index.ts";
import { Variant, vtName } from "../../automation/index.ts";
import type { Json } from "./decoded.ts";

/** Deeper values are left out: a decoded structure may be nested further than a person can read. */
const MAX_DEPTH = 64;

/** Prints an object in a way of its own; undefined for all it does not know. */
export type ShapePrinter = (value: object) => Json;

/** Any decoded value as JSON: 64-bit numbers past 2^53 and bytes as hexadecimal digits. */
export function toJson(value: unknown, depth = 0, shape?: ShapePrinter): Json {
  switch (typeof value) {
    case "bigint":
      return value >= -9007199254740991n && value <= 9007199254740991n ? Number(value) : hex64(value);
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "string":
    case "boolean":
      return value;
    case "object":
      if (value === null) return null;
      return depth > MAX_DEPTH ? "..." : objectToJson(value, depth, shape);
    default:
      return undefined;
  }
}

/** A 64-bit identifier (OXID, OID, set id). */
export function hex64(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16).padStart(16, "0")}`;
}

function objectToJson(value: object, depth: number, shape: ShapePrinter | undefined): Json {
  const next = (member: unknown): Json => toJson(member, depth + 1, shape);
  if (value instanceof Variant) return { vt: vtName(value.vt), value: next(value.value) };
  if (value instanceof Uint8Array) return toHex(value);
  if (ArrayBuffer.isView(value)) return Array.from(value as Iterable<unknown> & ArrayBufferView, next);
  if (Array.isArray(value)) return value.map(next);
  const printed = shape?.(value);
  if (printed !== undefined) return printed;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, next(member)]));
}
