import { type ByteWriter, ComError, HResult } from "../base/index.ts";
import type { UserMarshal } from "../ndr/index.ts";
import { type Decimal, Variant } from "./variant.ts";
import { VT, vtName } from "./vt.ts";

/*
 * The [wire_marshal] types of Automation: what stands on the wire (generated from oaidl.idl) and what a program sees.
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
};

/** VARIANT. Its size in quadwords is written when everything it points to stands. ([MS-OAUT] 2.2.29.2) */
export const VARIANT_UserMarshal: UserMarshal<Variant, WireVariant | null> = {
  toWire(value) {
    const variant = value ?? Variant.empty;
    return {
      clSize: 0,
      rpcReserved: 0,
      vt: variant.vt,
      wReserved1: 0,
      wReserved2: 0,
      wReserved3: 0,
      _varUnion: toUnion(variant),
    };
  },
  fromWire(wire) {
    return wire === null ? Variant.empty : new Variant(wire.vt, fromUnion(wire));
  },
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

function toUnion(variant: Variant): WireVariant["_varUnion"] {
  const { vt } = variant;
  if (vt === VT.EMPTY || vt === VT.NULL) return { tag: vt };
  const byRef = (vt & VT.BYREF) !== 0;
  const value = byRef ? (variant.value as { value: unknown }).value : variant.value;
  return { tag: discriminant(vt), [armOf(vt)]: toArm(vt & ~VT.BYREF, value) };
}

function fromUnion(wire: WireVariant): unknown {
  const { vt } = wire;
  if (discriminant(vt) !== wire._varUnion.tag) {
    throw new ComError(
      HResult.RPC_X_BAD_STUB_DATA,
      `a ${vtName(vt)} with the union of ${vtName(wire._varUnion.tag)}`,
    );
  }
  if (vt === VT.EMPTY) return undefined;
  if (vt === VT.NULL) return null;
  const value = fromArm(vt & ~VT.BYREF, wire._varUnion[armOf(vt)]);
  return vt & VT.BYREF ? { value } : value;
}

function toArm(vt: number, value: unknown): unknown {
  if (vt & VT.ARRAY) return value;
  switch (vt) {
    case VT.CY:
      return { int64: value };
    case VT.DECIMAL:
      return toWireDecimal(value as Decimal);
    default:
      return value;
  }
}

function fromArm(vt: number, value: unknown): unknown {
  if (vt & VT.ARRAY) return value;
  switch (vt) {
    case VT.CY:
      return value === null ? null : (value as { int64: bigint }).int64;
    case VT.DECIMAL:
      return value === null ? null : fromWireDecimal(value as WireDecimal);
    default:
      return value;
  }
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
  return { negative: wire.sign === 0x80, scale: wire.scale, value: (BigInt(wire.Hi32) << 64n) | wire.Lo64 };
}
