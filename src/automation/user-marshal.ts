import { type ByteWriter, ComError, HResult } from "../base/index.ts";
import { type MarshalContext, type UserMarshal, plainContext } from "../ndr/index.ts";
import { type Decimal, checkDecimal } from "./decimal.ts";
import type { RecordValue } from "./record/value.ts";
import { type WireBrecord, fromWireRecord, toWireRecord } from "./record/wire.ts";
import { typedAs } from "./safearray-marshal.ts";
import type { SafeArray } from "./safearray.ts";
import { Variant } from "./variant.ts";
import { mapVariantPointers } from "./variant-pointers.ts";
import { VT, validateVarType, vtName } from "./vt.ts";

/*
 * VARIANT: what stands on the wire (generated from oaidl.idl) and what a program sees.
 */

interface WireVariant {
  readonly clSize: number;
  readonly rpcReserved: number;
  readonly vt: number;
  readonly wReserved1: number;
  readonly wReserved2: number;
  readonly wReserved3: number;
  readonly _varUnion: { readonly tag: number; readonly [arm: string]: unknown };
}

/** The union's member by type, and by type with BYREF. */
const arms: Readonly<Record<number, readonly [plain: string, byRef: string]>> = {
  [VT.I8]: ["llVal", "pllVal"],
  [VT.I4]: ["lVal", "plVal"],
  [VT.UI1]: ["bVal", "pbVal"],
  [VT.I2]: ["iVal", "piVal"],
  [VT.R4]: ["fltVal", "pfltVal"],
  [VT.R8]: ["dblVal", "pdblVal"],
  [VT.BOOL]: ["boolVal", "pboolVal"],
  [VT.ERROR]: ["scode", "pscode"],
  [VT.CY]: ["cyVal", "pcyVal"],
  [VT.DATE]: ["date", "pdate"],
  [VT.BSTR]: ["bstrVal", "pbstrVal"],
  [VT.UNKNOWN]: ["punkVal", "ppunkVal"],
  [VT.DISPATCH]: ["pdispVal", "ppdispVal"],
  [VT.VARIANT]: ["", "pvarVal"],
  [VT.I1]: ["cVal", "pcVal"],
  [VT.UI2]: ["uiVal", "puiVal"],
  [VT.UI4]: ["ulVal", "pulVal"],
  [VT.UI8]: ["ullVal", "pullVal"],
  [VT.INT]: ["intVal", "pintVal"],
  [VT.UINT]: ["uintVal", "puintVal"],
  [VT.DECIMAL]: ["decVal", "pdecVal"],
  [VT.RECORD]: ["brecVal", "brecVal"],
};

/** VARIANT. Its size in quadwords is written when everything it points to stands. ([MS-OAUT] 2.2.29.2) */
export const VARIANT_UserMarshal: UserMarshal<Variant, WireVariant | null> = {
  littleEndian: true,
  toWire(value, context) {
    const variant = Variant.from(value);
    validateVarType(variant.vt);
    return {
      clSize: 0,
      rpcReserved: 0,
      vt: variant.vt,
      wReserved1: 0,
      wReserved2: 0,
      wReserved3: 0,
      _varUnion: toUnion(variant, context),
    };
  },
  fromWire(wire, context = plainContext) {
    if (wire === null) return Variant.empty;
    validateVarType(wire.vt);
    return new Variant(wire.vt, fromUnion(wire, context));
  },
  mapPointers: mapVariantPointers,
  finish(writer: ByteWriter, start: number) {
    writer.patchU32(start, (writer.pos - start + 7) >>> 3);
  },
};

/** All arrays share one arm, and so one discriminant: the type bits are masked away. */
function discriminant(vt: number): number {
  return vt & VT.ARRAY ? vt & ~VT.TYPEMASK : vt;
}

function armOf(vt: number): string {
  const byRef = (vt & VT.BYREF) !== 0;
  if (vt & VT.ARRAY) return byRef ? "pparray" : "parray";
  const name = arms[vt & VT.TYPEMASK]?.[byRef ? 1 : 0];
  if (name === undefined || name === "") {
    throw new ComError(HResult.DISP_E_BADVARTYPE, `${vtName(vt)} does not travel in a VARIANT`);
  }
  return name;
}

/** A record is a pointer already: by reference it looks as it does by value. */
function isBoxed(vt: number): boolean {
  return (vt & VT.BYREF) !== 0 && (vt & ~VT.BYREF) !== VT.RECORD;
}

function toUnion(variant: Variant, context: MarshalContext): WireVariant["_varUnion"] {
  const { vt } = variant;
  if (vt === VT.EMPTY || vt === VT.NULL) return { tag: vt };
  const value = isBoxed(vt) ? (variant.value as { value: unknown }).value : variant.value;
  const arm = toArm(vt & ~VT.BYREF, value, context);
  return { tag: discriminant(vt), [armOf(vt)]: isPointerToPointer(vt) ? { to: arm } : arm };
}

function fromUnion(wire: WireVariant, context: MarshalContext): unknown {
  const { vt } = wire;
  if (discriminant(vt) !== wire._varUnion.tag) {
    throw new ComError(
      HResult.RPC_X_BAD_STUB_DATA,
      `a ${vtName(vt)} with the union of ${vtName(wire._varUnion.tag)}`,
    );
  }
  if (vt === VT.EMPTY) return undefined;
  if (vt === VT.NULL) return null;
  const arm = wire._varUnion[armOf(vt)];
  const value = fromArm(
    vt & ~VT.BYREF,
    isPointerToPointer(vt) ? ((arm as { to: unknown } | null)?.to ?? null) : arm,
    context,
  );
  return isBoxed(vt) ? { value } : value;
}

/** A reference to an interface pointer: either may be null. */
function isPointerToPointer(vt: number): boolean {
  return vt === (VT.UNKNOWN | VT.BYREF) || vt === (VT.DISPATCH | VT.BYREF);
}

function toArm(vt: number, value: unknown, context: MarshalContext): unknown {
  if (vt & VT.ARRAY)
    return value === null || value === undefined ? null : typedAs(value as SafeArray, vt & VT.TYPEMASK);
  switch (vt) {
    case VT.I1:
      return unsignedChar(value);
    case VT.CY:
      return { int64: value };
    case VT.DECIMAL:
      return toWireDecimal(checkDecimal(value as Decimal));
    case VT.RECORD:
      return toWireRecord(value as RecordValue | null, context);
    default:
      return value;
  }
}

function fromArm(vt: number, value: unknown, context: MarshalContext): unknown {
  if (value === null) return null;
  if (vt & VT.ARRAY) return typedAs(value as SafeArray, vt & VT.TYPEMASK);
  switch (vt) {
    case VT.I1:
      return ((value as number) << 24) >> 24;
    case VT.CY:
      return (value as { int64: bigint }).int64;
    case VT.DECIMAL:
      return fromWireDecimal(value as WireDecimal);
    case VT.RECORD:
      return fromWireRecord(value as WireBrecord, context);
    default:
      return value;
  }
}

/** A CHAR of the IDL has no sign, a VT_I1 has one. */
function unsignedChar(value: unknown): number {
  if (typeof value === "number" && (value << 24) >> 24 === value) return value & 0xff;
  throw new ComError(HResult.E_INVALIDARG, `${String(value)} is no VT_I1`);
}

interface WireDecimal {
  readonly wReserved: number;
  readonly scale: number;
  readonly sign: number;
  readonly Hi32: number;
  readonly Lo64: bigint;
}

function toWireDecimal(decimal: Decimal): WireDecimal {
  return {
    wReserved: 0,
    scale: decimal.scale,
    sign: decimal.negative ? 0x80 : 0,
    Hi32: Number((decimal.value >> 64n) & 0xffffffffn),
    Lo64: decimal.value & 0xffffffffffffffffn,
  };
}

function fromWireDecimal(wire: WireDecimal): Decimal {
  if (wire.scale > 28 || (wire.sign & 0x7f) !== 0) {
    throw new ComError(
      HResult.RPC_X_BAD_STUB_DATA,
      `a DECIMAL of the scale ${wire.scale} and the sign ${wire.sign}`,
    );
  }
  return { negative: wire.sign === 0x80, scale: wire.scale, value: (BigInt(wire.Hi32) << 64n) | wire.Lo64 };
}
