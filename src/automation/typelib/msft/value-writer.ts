import { ByteWriter, ComError, HResult, toHex } from "../../../base/index.ts";
import type { Decimal, Variant } from "../../variant.ts";
import { vtName } from "../../vt.ts";
import type { CodePage } from "../code-page.ts";
import type { CustomData } from "../model.ts";
import { TypeCode } from "../type-code.ts";
import { type GuidTable, fill } from "./intern.ts";

const INLINE_BITS = 26;

/** The segments of constants and of custom data. */
export class ValueWriter {
  readonly values: ByteWriter = new ByteWriter();
  readonly customRecords: ByteWriter = new ByteWriter();
  readonly #known = new Map<string, number>();
  readonly #codePage: CodePage;
  readonly #guids: GuidTable;

  constructor(codePage: CodePage, guids: GuidTable) {
    this.#codePage = codePage;
    this.#guids = guids;
  }

  /** The word that stands for a constant: the value itself when it fits, else the offset of its bytes. */
  word(value: Variant): number {
    const bits = smallBits(value);
    if (bits !== undefined && bits < 2 ** INLINE_BITS && value.vt < 32) {
      return (0x80000000 | (value.vt << INLINE_BITS) | bits) >>> 0;
    }
    const bytes = this.#encode(value, bits);
    const key = toHex(bytes);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const at = this.values.pos;
    this.values.raw(bytes);
    this.#known.set(key, at);
    return at;
  }

  #encode(value: Variant, bits: number | undefined): Uint8Array {
    const writer = new ByteWriter(32);
    writer.u16(value.vt);
    if (bits !== undefined) {
      writer.u32(bits);
    } else {
      this.#encodeLarge(writer, value);
    }
    fill(writer);
    return writer.finish();
  }

  #encodeLarge(writer: ByteWriter, value: Variant): void {
    switch (value.vt) {
      case TypeCode.R4:
        writer.reserve(4);
        writer.view.setFloat32(writer.pos, value.value as number, true);
        writer.pos += 4;
        return;
      case TypeCode.R8:
      case TypeCode.DATE:
        writer.f64(value.value as number);
        return;
      case TypeCode.I8:
      case TypeCode.UI8:
      case TypeCode.CY:
        writer.u64(BigInt.asUintN(64, value.value as bigint));
        return;
      case TypeCode.DECIMAL: {
        const { scale, negative, value: digits } = value.value as Decimal;
        writer.u8(scale);
        writer.u8(negative ? 0x80 : 0);
        writer.u32(Number((digits >> 64n) & 0xffffffffn));
        writer.u64(digits & 0xffffffffffffffffn);
        return;
      }
      case TypeCode.BSTR: {
        if (value.value === null) {
          writer.u32(0xffffffff);
          return;
        }
        const bytes = this.#codePage.encode(value.value as string);
        writer.u32(bytes.length);
        writer.raw(bytes);
        return;
      }
      default:
        throw new ComError(HResult.E_INVALIDARG, `a constant cannot be a ${vtName(value.vt)}`);
    }
  }

  /** Records custom data; the word leads to the last of them, which leads to the one before. */
  custom(list: readonly CustomData[]): number {
    let head = -1;
    for (const { guid, value } of list) {
      const at = this.customRecords.pos;
      const guidAt = this.#guids.add(guid, -1);
      const word = this.word(value);
      this.customRecords.u32(guidAt);
      this.customRecords.u32(word);
      this.customRecords.u32(head >>> 0);
      head = at;
    }
    return head;
  }
}

/** Integers up to 32 bits as unsigned bits of their width. */
function smallBits({ vt, value }: Variant): number | undefined {
  switch (vt) {
    case TypeCode.EMPTY:
    case TypeCode.NULL:
    case TypeCode.UNKNOWN:
    case TypeCode.DISPATCH:
      return 0;
    case TypeCode.BOOL:
      return value === true ? 0xffff : 0;
    case TypeCode.I1:
    case TypeCode.UI1:
      return (value as number) & 0xff;
    case TypeCode.I2:
    case TypeCode.UI2:
      return (value as number) & 0xffff;
    case TypeCode.I4:
    case TypeCode.UI4:
    case TypeCode.INT:
    case TypeCode.UINT:
    case TypeCode.ERROR:
    case TypeCode.HRESULT:
    case TypeCode.PTR:
      return (value as number) >>> 0;
    default:
      return undefined;
  }
}
