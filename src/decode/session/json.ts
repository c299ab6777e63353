import { toHex } from "../../base/index.ts";
import { Variant, vtName } from "../../automation/index.ts";
import type { Json } from "./decoded.ts";

/** Deeper values are left out: a decoded structure may be nested further than a person can read. */
const MAX_DEPTH = 64;

/** Any decoded value as JSON: 64-bit numbers past 2^53 and bytes as hexadecimal digits. */
export function toJson(value: unknown, depth = 0): Json {
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
      return depth > MAX_DEPTH ? "..." : objectToJson(value, depth);
    default:
      return undefined;
  }
}

/** A 64-bit identifier (OXID, OID, set id). */
export function hex64(value: bigint): string {
  return `0x${BigInt.asUintN(64, value).toString(16).padStart(16, "0")}`;
}

function objectToJson(value: object, depth: number): Json {
  if (value instanceof Variant) return { vt: vtName(value.vt), value: toJson(value.value, depth + 1) };
  if (value instanceof Uint8Array) return toHex(value);
  if (ArrayBuffer.isView(value))
    return Array.from(value as Iterable<unknown> & ArrayBufferView, (item) => toJson(item));
  if (Array.isArray(value)) return value.map((item) => toJson(item, depth + 1));
  const out: Record<string, Json> = {};
  for (const [key, member] of Object.entries(value)) out[key] = toJson(member, depth + 1);
  return out;
}
