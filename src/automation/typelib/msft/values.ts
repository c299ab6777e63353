import { Variant } from "../../variant.ts";
import type { CodePage } from "../code-page.ts";
import { invalid } from "../errors.ts";
import type { Image } from "../image.ts";
import { TypeCode } from "../type-code.ts";

/** Reads a constant: inline when bit 31 is set (bits 26-30 its type, the rest its value), else a type and the bytes at that offset. */
export function readValue(values: Image, word: number, codePage: CodePage): Variant {
  if (word < 0) return fromBits((word >>> 26) & 0x1f, word & 0x3ffffff);
  const vt = values.u16(word);
  const at = word + 2;
  switch (vt) {
    case TypeCode.I8:
      return new Variant(vt, values.i64(at));
    case TypeCode.UI8:
      return new Variant(vt, values.u64(at));
    case TypeCode.CY:
      return new Variant(vt, values.i64(at));
    case TypeCode.R8:
    case TypeCode.DATE:
      return new Variant(vt, values.f64(at));
    case TypeCode.BSTR:
    case TypeCode.LPSTR:
    case TypeCode.LPWSTR:
      return new Variant(TypeCode.BSTR, readText(values, at, codePage));
    case TypeCode.DECIMAL:
      return new Variant(vt, {
        scale: values.u8(at),
        negative: values.u8(at + 1) !== 0,
        value: (BigInt(values.u32(at + 2)) << 64n) | values.u64(at + 6),
      });
    default:
      return fromBits(vt, values.u32(at));
  }
}

function readText(values: Image, at: number, codePage: CodePage): string | null {
  const length = values.i32(at);
  return length < 0 ? null : codePage.decode(values.raw(at + 4, length));
}

const scratch = new DataView(new ArrayBuffer(4));

/** A value of up to four bytes from the low bits of a word. */
function fromBits(vt: number, bits: number): Variant {
  switch (vt) {
    case TypeCode.EMPTY:
      return Variant.empty;
    case TypeCode.NULL:
      return Variant.null;
    case TypeCode.I1:
      return new Variant(vt, (bits << 24) >> 24);
    case TypeCode.UI1:
      return new Variant(vt, bits & 0xff);
    case TypeCode.I2:
      return new Variant(vt, (bits << 16) >> 16);
    case TypeCode.UI2:
      return new Variant(vt, bits & 0xffff);
    case TypeCode.BOOL:
      return new Variant(vt, (bits & 0xffff) !== 0);
    case TypeCode.I4:
    case TypeCode.INT:
      return new Variant(vt, bits | 0);
    case TypeCode.VARIANT:
      // Some compilers give the default of a VARIANT the parameter's type instead of its own.
      return new Variant(TypeCode.I4, bits | 0);
    case TypeCode.I8:
      return new Variant(vt, BigInt(bits | 0));
    case TypeCode.UI8:
      return new Variant(vt, BigInt(bits >>> 0));
    case TypeCode.R4:
      scratch.setUint32(0, bits);
      return new Variant(vt, scratch.getFloat32(0));
    case TypeCode.UI4:
    case TypeCode.UINT:
    case TypeCode.ERROR:
    case TypeCode.HRESULT:
    case TypeCode.PTR:
      return new Variant(vt, bits >>> 0);
    case TypeCode.BSTR:
    case TypeCode.UNKNOWN:
    case TypeCode.DISPATCH:
      return new Variant(vt, null);
    default:
      throw invalid(`a constant of the type ${vt}, which constants do not have`);
  }
}
