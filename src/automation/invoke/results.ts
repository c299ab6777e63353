import { type Identity, IUnknown, isPointer, pointerTo } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";
import { type Decimal } from "../decimal.ts";
import { isPlain, makeDispatchable } from "../dispatchable.ts";
import { IDispatch } from "../gen/oaidl.ts";
import type { RecordInfo } from "../record/info.ts";
import { RecordValue } from "../record/value.ts";
import { SafeArray } from "../safearray.ts";
import { Variant } from "../variant.ts";
import { VT } from "../vt.ts";

/**
 * The VARIANT of what an implementation without types gave: objects and functions of JavaScript become callable, also inside arrays. `home` is the
 * object they come from.
 */
export function naturalResult(value: unknown, home: Identity | undefined): Variant {
  if (typeof value === "function") return dispatchVariant(value, home);
  if (Array.isArray(value)) {
    const elements = value.map((element) => naturalResult(element, home));
    return new Variant(VT.ARRAY | VT.VARIANT, new SafeArray(VT.VARIANT, elements));
  }
  const variant = Variant.from(value);
  return variant.vt === VT.DISPATCH ? dispatchVariant(variant.value, home) : variant;
}

/** The same for a field: a pointer that the object keeps is not given away with it. */
export function fieldResult(value: unknown, home: Identity | undefined): Variant {
  if (!isPointer(value)) return naturalResult(value, home);
  return new Variant(VT.DISPATCH, value.QueryInterface(IUnknown));
}

function dispatchVariant(value: unknown, home: Identity | undefined): Variant {
  if (typeof value !== "function" && (typeof value !== "object" || value === null))
    return new Variant(VT.DISPATCH, value);
  makeDispatchable(value, home);
  return new Variant(VT.DISPATCH, asPointer(value, IDispatch, home));
}

/** An implementation object as a pointer, so that the caller gets the same whether it is near or far. */
export function asPointer(value: object, iface: Interface<IUnknown>, home: Identity | undefined): object {
  return isPointer(value) || home?.host === undefined ? value : pointerTo(value, iface, home.host);
}

/** The VARIANT of a value of a declared type, as the contract has it. */
export function typedResult(
  vt: number,
  value: unknown,
  home: Identity | undefined,
  record?: RecordInfo,
): Variant {
  if (value instanceof Variant) return value;
  if (vt === VT.RECORD && record !== undefined && !(value instanceof RecordValue))
    return new Variant(vt, new RecordValue(record, (value ?? null) as RecordValue["fields"]));
  if (vt === VT.EMPTY) return Variant.empty;
  if (vt === VT.VARIANT) return naturalResult(value, home);
  if (vt & VT.ARRAY)
    return value === null || value === undefined ? new Variant(vt, null) : Variant.from(value);
  if (
    (vt === VT.DISPATCH || vt === VT.UNKNOWN) &&
    typeof value === "object" &&
    value !== null &&
    !isPointer(value)
  ) {
    if (isPlain(value)) makeDispatchable(value, home);
    return new Variant(vt, asPointer(value, vt === VT.DISPATCH ? IDispatch : IUnknown, home));
  }
  return new Variant(vt, fromContract(vt, value));
}

interface WireDecimal {
  readonly scale: number;
  readonly sign: number;
  readonly Hi32: number;
  readonly Lo64: bigint;
}

/** CY and DECIMAL are structures in a contract. */
function fromContract(vt: number, value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value !== "object" || value === null) return value;
  if (vt === VT.CY && "int64" in value) return value.int64;
  if (vt === VT.DECIMAL && "Lo64" in value) {
    const { scale, sign, Hi32, Lo64 } = value as WireDecimal;
    return { negative: (sign & 0x80) !== 0, scale, value: (BigInt(Hi32) << 64n) | Lo64 } satisfies Decimal;
  }
  return value;
}

export function toContract(vt: number, value: unknown): unknown {
  if (vt === VT.CY) return { int64: value };
  if (vt !== VT.DECIMAL) return value;
  const { negative, scale, value: digits } = value as Decimal;
  return {
    wReserved: 0,
    scale,
    sign: negative ? 0x80 : 0,
    Hi32: Number(digits >> 64n),
    Lo64: BigInt.asUintN(64, digits),
  };
}
