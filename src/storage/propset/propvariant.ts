import { type Decimal, SafeArray } from "../../automation/index.ts";
import type { PROPVARIANT, PROPVARIANT_u } from "../../automation/gen/propidlbase.ts";
import { ComError, HResult, joinFiletime, splitFiletime } from "../../base/index.ts";
import { type ClipboardValue, PropType, type PropertyValue } from "./types.ts";

/** Which arm of the union a type is in, and how a value goes in and out. */
interface Arm {
  readonly name: string;
  readonly to?: (value: never) => unknown;
  readonly from?: (value: never) => unknown;
}

const clip = {
  to: (value: ClipboardValue) => ({
    cbSize: value.data.length + 4,
    ulClipFmt: value.format,
    pClipData: value.data,
  }),
  from: (value: { ulClipFmt: number; pClipData: Uint8Array | null } | null): ClipboardValue => ({
    format: value?.ulClipFmt ?? 0,
    data: value?.pClipData ?? new Uint8Array(0),
  }),
};
const blob = {
  name: "blob",
  to: (value: Uint8Array) => ({ cbSize: value.length, pBlobData: value }),
  from: (value: { pBlobData: Uint8Array | null }) => value.pBlobData ?? new Uint8Array(0),
};
const cy = { to: (int64: bigint) => ({ int64 }), from: (value: { int64: bigint }) => value.int64 };
const time = { to: splitFiletime, from: joinFiletime };

const arms: Readonly<Record<number, Arm>> = {
  [PropType.I1]: { name: "cVal" },
  [PropType.UI1]: { name: "bVal" },
  [PropType.I2]: { name: "iVal" },
  [PropType.UI2]: { name: "uiVal" },
  [PropType.I4]: { name: "lVal" },
  [PropType.UI4]: { name: "ulVal" },
  [PropType.INT]: { name: "intVal" },
  [PropType.UINT]: { name: "uintVal" },
  [PropType.I8]: { name: "hVal" },
  [PropType.UI8]: { name: "uhVal" },
  [PropType.R4]: { name: "fltVal" },
  [PropType.R8]: { name: "dblVal" },
  [PropType.BOOL]: { name: "boolVal" },
  [PropType.ERROR]: { name: "scode" },
  [PropType.CY]: { name: "cyVal", ...cy },
  [PropType.DATE]: { name: "date" },
  [PropType.FILETIME]: { name: "filetime", ...time },
  [PropType.CLSID]: { name: "puuid" },
  [PropType.CF]: { name: "pclipdata", ...clip },
  [PropType.BSTR]: { name: "bstrVal" },
  [PropType.BLOB]: blob,
  [PropType.BLOB_OBJECT]: blob,
  [PropType.LPSTR]: { name: "pszVal" },
  [PropType.LPWSTR]: { name: "pwszVal" },
  [PropType.STREAM]: { name: "pStream" },
  [PropType.STREAMED_OBJECT]: { name: "pStream" },
  [PropType.STORAGE]: { name: "pStorage" },
  [PropType.STORED_OBJECT]: { name: "pStorage" },
  [PropType.VERSIONED_STREAM]: { name: "pVersionedStream" },
};

/** Arms of vectors; the arrays of the wire's structures are typed where numbers are. */
const vectors: Readonly<Record<number, Arm>> = {
  [PropType.I1]: {
    name: "cac",
    to: (values: number[]) => Uint8Array.from(values, (value) => value & 0xff),
    from: signed,
  },
  [PropType.UI1]: { name: "caub", to: (values: number[]) => Uint8Array.from(values) },
  [PropType.I2]: { name: "cai", to: (values: number[]) => Int16Array.from(values) },
  [PropType.UI2]: { name: "caui", to: (values: number[]) => Uint16Array.from(values) },
  [PropType.I4]: { name: "cal", to: (values: number[]) => Int32Array.from(values) },
  [PropType.UI4]: { name: "caul", to: (values: number[]) => Uint32Array.from(values) },
  [PropType.I8]: { name: "cah", to: (values: bigint[]) => BigInt64Array.from(values) },
  [PropType.UI8]: { name: "cauh", to: (values: bigint[]) => BigUint64Array.from(values) },
  [PropType.R4]: { name: "caflt", to: (values: number[]) => Float32Array.from(values) },
  [PropType.R8]: { name: "cadbl", to: (values: number[]) => Float64Array.from(values) },
  [PropType.DATE]: { name: "cadate", to: (values: number[]) => Float64Array.from(values) },
  [PropType.ERROR]: { name: "cascode", to: (values: number[]) => Uint32Array.from(values) },
  [PropType.BOOL]: { name: "cabool" },
  [PropType.CY]: each("cacy", cy),
  [PropType.FILETIME]: each("cafiletime", time),
  [PropType.CLSID]: { name: "cauuid" },
  [PropType.CF]: each("caclipdata", clip),
  [PropType.BSTR]: { name: "cabstr" },
  [PropType.LPSTR]: { name: "calpstr" },
  [PropType.LPWSTR]: { name: "calpwstr" },
  [PropType.VARIANT]: each("capropvar", { to: toPropVariant, from: fromPropVariant }),
};

function signed(values: Iterable<number>): number[] {
  return Array.from(values, (value) => (value << 24) >> 24);
}

function each(
  name: string,
  one: { readonly to: (value: never) => unknown; readonly from: (value: never) => unknown },
): Arm {
  return {
    name,
    to: (values: unknown[]) => values.map((value) => one.to(value as never)),
    from: (values: Iterable<unknown>) => Array.from(values, (value) => one.from(value as never)),
  };
}

function unsupported(vt: number): ComError {
  return new ComError(HResult.DISP_E_BADVARTYPE, `a property cannot travel as type ${vt}`);
}

/** A property as the interfaces' methods take it. */
export function toPropVariant({ vt, value }: PropertyValue): PROPVARIANT {
  const made = (u: unknown): PROPVARIANT => ({
    vt,
    wReserved1: 0,
    wReserved2: 0,
    wReserved3: 0,
    u: u as PROPVARIANT_u,
  });
  if (vt === PropType.EMPTY || vt === PropType.NULL) return made({ tag: vt });
  if (vt === PropType.DECIMAL) return decimalToPropVariant(value as Decimal);
  if ((vt & PropType.ARRAY) !== 0) return made({ tag: vt, parray: value });
  const type = vt & PropType.TYPEMASK;
  if ((vt & PropType.VECTOR) !== 0) {
    const arm = vectors[type];
    if (arm === undefined) throw unsupported(vt);
    const values = value as readonly unknown[];
    const pElems = arm.to === undefined ? values : arm.to(values as never);
    return made({ tag: vt, [arm.name]: { cElems: values.length, pElems } });
  }
  const arm = arms[type];
  if (arm === undefined) throw unsupported(vt);
  return made({ tag: vt, [arm.name]: arm.to === undefined ? value : arm.to(value as never) });
}

/** Sign, scale and the high part of a DECIMAL lie in the reserved fields. */
function decimalToPropVariant(value: Decimal): PROPVARIANT {
  return {
    vt: PropType.DECIMAL,
    wReserved1: value.scale,
    wReserved2: value.negative ? 0x80 : 0,
    wReserved3: Number(value.value >> 64n),
    u: { tag: PropType.DECIMAL, hVal: BigInt.asIntN(64, value.value) },
  };
}

/** Throws DISP_E_BADVARTYPE for a type that is none of a property's. */
export function fromPropVariant(variant: PROPVARIANT): PropertyValue {
  const { vt } = variant;
  const u = variant.u as unknown as Record<string, unknown>;
  if (vt === PropType.EMPTY) return { vt, value: undefined };
  if (vt === PropType.NULL) return { vt, value: null };
  if (vt === PropType.DECIMAL) {
    const low = BigInt.asUintN(64, u["hVal"] as bigint);
    const value = (BigInt(variant.wReserved3) << 64n) | low;
    return { vt, value: { negative: (variant.wReserved2 & 0x80) !== 0, scale: variant.wReserved1, value } };
  }
  if ((vt & PropType.ARRAY) !== 0 && u["parray"] instanceof SafeArray) return { vt, value: u["parray"] };
  const type = vt & PropType.TYPEMASK;
  if ((vt & PropType.VECTOR) !== 0) {
    const arm = vectors[type];
    if (arm === undefined) throw unsupported(vt);
    const { pElems } = u[arm.name] as { pElems: Iterable<unknown> | null };
    const values = pElems ?? [];
    return { vt, value: arm.from === undefined ? Array.from(values) : arm.from(values as never) };
  }
  const arm = arms[vt];
  if (arm === undefined) throw unsupported(vt);
  const value = u[arm.name];
  return { vt, value: arm.from === undefined ? value : arm.from(value as never) };
}
