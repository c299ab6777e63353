import { SafeArray, type SafeArrayBound, Variant } from "../../automation/index.ts";
import { ByteReader, ComError } from "../../base/index.ts";
import type { StorageLimits } from "../limits.ts";
import { StgStatus, corrupt } from "../status.ts";
import { decodeText } from "./text.ts";
import { PropType, type PropertyValue } from "./types.ts";

/** Deepest nesting of variants in vectors and arrays. */
const maxNesting = 8;

interface Context {
  readonly codePage: number;
  readonly limits: StorageLimits;
  /** Elements begin at multiples of four bytes, as the specification has it; Office packs them. */
  readonly padded: boolean;
  readonly depth: number;
}

type Read = (reader: ByteReader, context: Context) => unknown;

/** Types of fixed size: their bytes and how they are read. */
const fixed: Readonly<Record<number, readonly [size: number, read: Read]>> = {
  [PropType.I2]: [2, (r) => (r.u16() << 16) >> 16],
  [PropType.I4]: [4, (r) => r.i32()],
  [PropType.R4]: [4, (r) => new Float32Array(Uint32Array.of(r.u32()).buffer)[0]],
  [PropType.R8]: [8, (r) => r.f64()],
  [PropType.CY]: [8, (r) => BigInt.asIntN(64, r.u64())],
  [PropType.DATE]: [8, (r) => r.f64()],
  [PropType.ERROR]: [4, (r) => r.u32()],
  [PropType.BOOL]: [2, (r) => r.u16() !== 0],
  [PropType.DECIMAL]: [16, readDecimal],
  [PropType.I1]: [1, (r) => (r.u8() << 24) >> 24],
  [PropType.UI1]: [1, (r) => r.u8()],
  [PropType.UI2]: [2, (r) => r.u16()],
  [PropType.UI4]: [4, (r) => r.u32()],
  [PropType.I8]: [8, (r) => BigInt.asIntN(64, r.u64())],
  [PropType.UI8]: [8, (r) => r.u64()],
  [PropType.INT]: [4, (r) => r.i32()],
  [PropType.UINT]: [4, (r) => r.u32()],
  [PropType.FILETIME]: [8, (r) => r.u64()],
  [PropType.CLSID]: [16, (r) => r.guid()],
};

/** Types whose size stands before them. */
const sized: Readonly<Record<number, Read>> = {
  [PropType.BSTR]: readCodePageString,
  [PropType.LPSTR]: readCodePageString,
  [PropType.LPWSTR]: readUnicodeString,
  [PropType.BLOB]: readBytes,
  [PropType.BLOB_OBJECT]: readBytes,
  [PropType.STREAM]: readCodePageString,
  [PropType.STORAGE]: readCodePageString,
  [PropType.STREAMED_OBJECT]: readCodePageString,
  [PropType.STORED_OBJECT]: readCodePageString,
  [PropType.CF]: readClipboard,
  [PropType.VERSIONED_STREAM]: (r, context) => ({ version: r.guid(), name: readCodePageString(r, context) }),
};

function readDecimal(reader: ByteReader): unknown {
  reader.skip(2);
  const scale = reader.u8();
  const negative = (reader.u8() & 0x80) !== 0;
  const high = BigInt(reader.u32());
  return { negative, scale, value: (high << 64n) | reader.u64() };
}

function readCodePageString(reader: ByteReader, { codePage }: Context): string {
  return decodeText(reader.raw(reader.u32()), codePage);
}

function readUnicodeString(reader: ByteReader): string {
  return decodeText(reader.raw(reader.u32() * 2), 1200);
}

function readBytes(reader: ByteReader): Uint8Array {
  return reader.raw(reader.u32()).slice();
}

function readClipboard(reader: ByteReader): unknown {
  const size = reader.u32();
  if (size < 4) throw corrupt("a clipboard value lacks its format");
  const format = reader.i32();
  return { format, data: reader.raw(size - 4).slice() };
}

/** A value with its type before it. Throws STG_E_DOCFILECORRUPT for what is not one. ([MS-OLEPS] 2.15) */
export function readTypedValue(bytes: Uint8Array, codePage: number, limits: StorageLimits): PropertyValue {
  const attempt = (padded: boolean): PropertyValue => {
    const reader = new ByteReader(bytes);
    const value = readTyped(reader, { codePage, limits, padded, depth: 0 });
    // Packed elements read as padded ones end in the middle of what is there.
    if (padded && reader.remaining > 3 && isVector(value.vt)) throw corrupt("the elements are packed");
    return value;
  };
  try {
    return attempt(true);
  } catch (error) {
    if (bytes.length < 2 || !isVector((bytes[1] as number) << 8)) throw asCorrupt(error);
  }
  try {
    return attempt(false);
  } catch (error) {
    throw asCorrupt(error);
  }
}

function isVector(vt: number): boolean {
  return (vt & (PropType.VECTOR | PropType.ARRAY)) !== 0;
}

function asCorrupt(error: unknown): ComError {
  const known = ComError.from(error);
  return known.code === StgStatus.DOCFILECORRUPT ? known : corrupt(`a property is cut off: ${known.message}`);
}

function readTyped(reader: ByteReader, context: Context): PropertyValue {
  const vt = reader.u16();
  if (reader.u16() !== 0 && context.depth > 0) throw corrupt("a type is followed by something else");
  return { vt, value: readOf(vt, reader, context) };
}

function readOf(vt: number, reader: ByteReader, context: Context): unknown {
  if ((vt & PropType.VECTOR) !== 0) return readVector(vt & PropType.TYPEMASK, reader, context);
  if ((vt & PropType.ARRAY) !== 0) return readArray(vt & PropType.TYPEMASK, reader, context);
  const value = readScalar(vt, reader, context);
  // What pads a whole property is nobody's, and not always zero.
  if (context.padded && context.depth > 0) pad(reader);
  return value;
}

function readScalar(vt: number, reader: ByteReader, context: Context): unknown {
  if (vt === PropType.EMPTY) return undefined;
  if (vt === PropType.NULL) return null;
  const read = fixed[vt]?.[1] ?? sized[vt];
  if (read === undefined) throw corrupt(`a property is of type ${vt}`);
  return read(reader, context);
}

/** Zeros up to a multiple of four from the beginning; at the end they may lack. */
function pad(reader: ByteReader): void {
  while ((reader.pos - reader.origin) % 4 !== 0 && reader.remaining > 0) {
    if (reader.u8() !== 0) throw corrupt("a property is followed by something else than zeros");
  }
}

function readVector(vt: number, reader: ByteReader, context: Context): unknown[] {
  const elements = readElements(vt, reader.u32(), reader, context);
  if (context.padded && context.depth > 0) pad(reader);
  return elements;
}

/** Elements without a size before them are packed; others, and variants, are padded each. */
function readElements(vt: number, count: number, reader: ByteReader, context: Context): unknown[] {
  const smallest = fixed[vt]?.[0] ?? 4;
  if (count > context.limits.maxProperties || count * smallest > reader.remaining) {
    throw corrupt(`${count} elements are announced where there are ${reader.remaining} bytes`);
  }
  if (context.depth >= maxNesting) throw corrupt(`variants are nested more than ${maxNesting} deep`);
  const elements: unknown[] = [];
  const inner = { ...context, depth: context.depth + 1 };
  for (let i = 0; i < count; i++) {
    if (vt === PropType.VARIANT) elements.push(readTyped(reader, inner));
    else if (vt in fixed) elements.push(readScalar(vt, reader, inner));
    else elements.push(readOf(vt, reader, inner));
  }
  return elements;
}

function readArray(vt: number, reader: ByteReader, context: Context): SafeArray {
  const type = reader.u32();
  const dimensions = reader.u32();
  if (type !== vt || dimensions === 0 || dimensions > 31)
    throw corrupt("the header of an array is not its own");
  const bounds: SafeArrayBound[] = [];
  let total = 1;
  for (let i = 0; i < dimensions; i++) {
    const count = reader.u32();
    bounds.push({ count, lower: reader.i32() });
    total *= count;
  }
  const data = readElements(vt, total, reader, context);
  if (context.padded && context.depth > 0) pad(reader);
  return new SafeArray(vt, asOfArray(vt, data), bounds);
}

/** Elements as arrays have them everywhere: bytes are bytes, variants are Variants. */
function asOfArray(vt: number, elements: readonly unknown[]): Uint8Array | readonly unknown[] {
  if (vt === PropType.UI1) return Uint8Array.from(elements as number[]);
  if (vt !== PropType.VARIANT) return elements;
  return (elements as readonly PropertyValue[]).map((element) => new Variant(element.vt, element.value));
}
