import { ComError, HResult } from "../../base/index.ts";

// Win32 errors of the NDR engine as HRESULTs ([MS-ERREF] 2.2).
const RPC_S_INVALID_TAG = 0x800706c5;
const RPC_X_INVALID_BOUND = 0x800706c6;
const RPC_X_ENUM_VALUE_OUT_OF_RANGE = 0x800706f5;

interface Refusals {
  value(where: string, wanted: string, value: unknown): never;
  nullRef(where: string): never;
  bound(where: string, count: number, wanted: number): never;
  counts(where: string, first: number, count: number, max: number): never;
  range(where: string, value: number | bigint, low: number, high: number): never;
  enumeration(where: string, value: unknown): never;
  tag(where: string, value: unknown): never;
  otherTag(where: string, value: unknown, wanted: unknown): never;
  tooMany(where: string, count: number, limit: number): never;
  tooLong(where: string, limit: number): never;
  terminator(where: string): never;
}

/** Refusals that emitted code calls; none returns. */
export const refuse: Refusals = {
  value(where: string, wanted: string, value: unknown): never {
    throw new ComError(HResult.E_INVALIDARG, `${wanted} expected, not ${show(value)}`, { where });
  },
  nullRef(where: string): never {
    throw new ComError(HResult.RPC_X_NULL_REF_POINTER, "null, but the value must be there (a ref pointer)", {
      where,
    });
  },
  bound(where: string, count: number, wanted: number): never {
    throw new ComError(RPC_X_INVALID_BOUND, `${count} elements, but the size expression says ${wanted}`, {
      where,
    });
  },
  counts(where: string, first: number, count: number, max: number): never {
    throw new ComError(
      RPC_X_INVALID_BOUND,
      `elements ${first} to ${first + count} do not lie within ${max}`,
      {
        where,
      },
    );
  },
  range(where: string, value: number | bigint, low: number, high: number): never {
    throw new ComError(RPC_X_INVALID_BOUND, `${value} is not in the range ${low} to ${high}`, { where });
  },
  enumeration(where: string, value: unknown): never {
    throw new ComError(RPC_X_ENUM_VALUE_OUT_OF_RANGE, `${show(value)} does not fit the enumeration's bits`, {
      where,
    });
  },
  tag(where: string, value: unknown): never {
    throw new ComError(RPC_S_INVALID_TAG, `the union has no arm for ${show(value)}`, { where });
  },
  otherTag(where: string, value: unknown, wanted: unknown): never {
    throw new ComError(
      RPC_S_INVALID_TAG,
      `the union's tag is ${show(value)}, its switch_is says ${show(wanted)}`,
      {
        where,
      },
    );
  },
  tooMany(where: string, count: number, limit: number): never {
    throw new ComError(
      HResult.RPC_X_BAD_STUB_DATA,
      `${count} elements are more than the limit of ${limit} (limits.maxArrayElements, limits.maxStringUnits)`,
      { where },
    );
  },
  tooLong(where: string, limit: number): never {
    throw new ComError(
      HResult.E_INVALIDARG,
      `the data is longer than the limit of ${limit} bytes, or endless`,
      {
        where,
      },
    );
  },
  terminator(where: string): never {
    throw new ComError(HResult.RPC_X_BAD_STUB_DATA, "the string does not end with a terminator", { where });
  },
};

function show(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value);
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "an array" : "an object";
    case "bigint":
      return `${value}n`;
    case "function":
    case "symbol":
      return `a ${typeof value}`;
    case "number":
    case "boolean":
    case "undefined":
    default:
      return String(value);
  }
}
