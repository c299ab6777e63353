import { type Decimal, SafeArray, vtName } from "../../automation/index.ts";
import { ByteWriter, ComError, type Guid } from "../../base/index.ts";
import { StgStatus } from "../status.ts";
import { encodeText } from "./text.ts";
import {
  type ClipboardValue,
  PropType,
  type PropertyValue,
  type VersionedStream,
  codePageUnicode,
} from "./types.ts";

type Write = (writer: ByteWriter, value: never, codePage: number) => void;

const fixed: Readonly<Record<number, Write>> = {
  [PropType.I2]: (w, value: number) => w.u16(value),
  [PropType.I4]: (w, value: number) => w.u32(value >>> 0),
  [PropType.R4]: (w, value: number) => w.u32(new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0),
  [PropType.R8]: (w, value: number) => w.f64(value),
  [PropType.CY]: (w, value: bigint) => w.u64(BigInt.asUintN(64, value)),
  [PropType.DATE]: (w, value: number) => w.f64(value),
  [PropType.ERROR]: (w, value: number) => w.u32(value >>> 0),
  [PropType.BOOL]: (w, value: boolean) => w.u16(value ? 0xffff : 0),
  [PropType.DECIMAL]: writeDecimal,
  [PropType.I1]: (w, value: number) => w.u8(value & 0xff),
  [PropType.UI1]: (w, value: number) => w.u8(value),
  [PropType.UI2]: (w, value: number) => w.u16(value),
  [PropType.UI4]: (w, value: number) => w.u32(value >>> 0),
  [PropType.I8]: (w, value: bigint) => w.u64(BigInt.asUintN(64, value)),
  [PropType.UI8]: (w, value: bigint) => w.u64(value),
  [PropType.INT]: (w, value: number) => w.u32(value >>> 0),
  [PropType.UINT]: (w, value: number) => w.u32(value >>> 0),
  [PropType.FILETIME]: (w, value: bigint) => w.u64(value),
  [PropType.CLSID]: (w, value: Guid) => w.guid(value),
};

const sized: Readonly<Record<number, Write>> = {
  [PropType.BSTR]: writeCodePageString,
  [PropType.LPSTR]: writeCodePageString,
  [PropType.LPWSTR]: writeUnicodeString,
  [PropType.BLOB]: writeBytes,
  [PropType.BLOB_OBJECT]: writeBytes,
  [PropType.STREAM]: writeCodePageString,
  [PropType.STORAGE]: writeCodePageString,
  [PropType.STREAMED_OBJECT]: writeCodePageString,
  [PropType.STORED_OBJECT]: writeCodePageString,
  [PropType.CF]: writeClipboard,
  [PropType.VERSIONED_STREAM]: (w, value: VersionedStream, codePage) => {
    w.guid(value.version as Guid);
    writeCodePageString(w, value.name, codePage);
  },
};

function writeDecimal(writer: ByteWriter, value: Decimal): void {
  writer.u16(0);
  writer.u8(value.scale);
  writer.u8(value.negative ? 0x80 : 0);
  writer.u32(Number(value.value >> 64n));
  writer.u64(BigInt.asUintN(64, value.value));
}

function writeCodePageString(writer: ByteWriter, value: string | null, codePage: number): void {
  const bytes = encodeText(value ?? "", codePage);
  const end = codePage === codePageUnicode ? 2 : 1;
  writer.u32(bytes.length + end);
  writer.raw(bytes);
  writer.zeros(end);
}

function writeUnicodeString(writer: ByteWriter, value: string | null): void {
  const text = value ?? "";
  writer.u32(text.length + 1);
  writer.reserve(text.length * 2);
  writer.utf16(text);
  writer.zeros(2);
}

function writeBytes(writer: ByteWriter, value: Uint8Array): void {
  writer.u32(value.length);
  writer.raw(value);
}

function writeClipboard(writer: ByteWriter, value: ClipboardValue): void {
  writer.u32(value.data.length + 4);
  writer.u32(value.format >>> 0);
  writer.raw(value.data);
}

/** A value with its type before it, padded to four bytes. Throws STG_E_INVALIDPARAMETER for a type no property can be of. ([MS-OLEPS] 2.15) */
export function writeTypedValue(property: PropertyValue, codePage: number): Uint8Array {
  const writer = new ByteWriter(64);
  writeTyped(writer, property, codePage);
  return writer.finish();
}

function writeTyped(writer: ByteWriter, { vt, value }: PropertyValue, codePage: number): void {
  writer.u32(vt);
  const type = vt & PropType.TYPEMASK;
  if ((vt & PropType.VECTOR) !== 0) {
    const elements = value as readonly unknown[];
    writer.u32(elements.length);
    writeElements(writer, type, elements, codePage);
  } else if ((vt & PropType.ARRAY) !== 0) {
    writeArray(writer, value as SafeArray, codePage);
  } else {
    writeScalar(writer, vt, value, codePage);
  }
  writer.align(4);
}

function writeScalar(writer: ByteWriter, vt: number, value: unknown, codePage: number): void {
  if (vt === PropType.EMPTY || vt === PropType.NULL) return;
  const write = fixed[vt] ?? sized[vt];
  if (write === undefined)
    throw new ComError(StgStatus.INVALIDPARAMETER, `no property can be of type ${vtName(vt)}`);
  write(writer, value as never, codePage);
}

function writeElements(writer: ByteWriter, vt: number, elements: Iterable<unknown>, codePage: number): void {
  for (const element of elements) {
    if (vt === PropType.VARIANT) {
      writeTyped(writer, element as PropertyValue, codePage);
    } else {
      writeScalar(writer, vt, element, codePage);
      if (!(vt in fixed)) writer.align(4);
    }
  }
}

function writeArray(writer: ByteWriter, array: SafeArray, codePage: number): void {
  writer.u32(array.vt);
  writer.u32(array.bounds.length);
  for (const { count, lower } of array.bounds) {
    writer.u32(count);
    writer.u32(lower >>> 0);
  }
  writeElements(writer, array.vt, array.data as Iterable<unknown>, codePage);
}
