import { endianness } from "node:os";
import { type ByteReader, type ByteWriter, type Guid, guidToBytes, parseGuid } from "../../base/index.ts";
import { refuse } from "./refuse.ts";

/** The typed array of each number type. */
export const arrayTypes: {
  readonly i8: Int8ArrayConstructor;
  readonly u8: Uint8ArrayConstructor;
  readonly char: Uint8ArrayConstructor;
  readonly wchar: Uint16ArrayConstructor;
  readonly i16: Int16ArrayConstructor;
  readonly u16: Uint16ArrayConstructor;
  readonly i32: Int32ArrayConstructor;
  readonly u32: Uint32ArrayConstructor;
  readonly hresult: Uint32ArrayConstructor;
  readonly i64: BigInt64ArrayConstructor;
  readonly u64: BigUint64ArrayConstructor;
  readonly f32: Float32ArrayConstructor;
  readonly f64: Float64ArrayConstructor;
} = {
  i8: Int8Array,
  u8: Uint8Array,
  char: Uint8Array,
  wchar: Uint16Array,
  i16: Int16Array,
  u16: Uint16Array,
  i32: Int32Array,
  u32: Uint32Array,
  hresult: Uint32Array,
  i64: BigInt64Array,
  u64: BigUint64Array,
  f32: Float32Array,
  f64: Float64Array,
};

export type NumberName = keyof typeof arrayTypes;
type TypedArray = InstanceType<(typeof arrayTypes)[NumberName]>;

const hostLittle = endianness() === "LE";

/** Elements of an array value; anything with a length and indices will do. */
export function lengthOf(value: unknown, where: string): number {
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return (value as unknown as ArrayLike<unknown>).length;
  return refuse.value(where, "an array", value);
}

/** Up to this size V8 keeps a typed array's elements inside the object; asking for its buffer then costs more than a loop. */
const onHeap = 64;

/** Writes numbers at `f` as a block. */
export function putNumbers(
  w: ByteWriter,
  f: number,
  value: ArrayLike<number | bigint>,
  name: NumberName,
  where: string,
): void {
  const Type = arrayTypes[name];
  const list = (value instanceof Type ? value : convert(value, name, where)) as TypedArray;
  const size = Type.BYTES_PER_ELEMENT;
  if (list instanceof Uint8Array) w.bytes.set(list, f);
  else if (list.length * size <= onHeap) putEach(w.view, f, list, name, size);
  else {
    w.bytes.set(new Uint8Array(list.buffer, list.byteOffset, list.byteLength), f);
    if (!hostLittle) swap(w.bytes.subarray(f, f + list.byteLength), size);
  }
}

function putEach(d: DataView, f: number, list: TypedArray, name: NumberName, size: number): void {
  for (const x of list) {
    if (typeof x === "bigint") d.setBigUint64(f, x, true);
    else if (name === "f64") d.setFloat64(f, x, true);
    else if (name === "f32") d.setFloat32(f, x, true);
    else if (size === 4) d.setInt32(f, x, true);
    else if (size === 2) d.setInt16(f, x, true);
    else d.setInt8(f, x);
    f += size;
  }
}

const ranges: Readonly<Partial<Record<NumberName, readonly [number, number]>>> = {
  i8: [-0x80, 0x7f],
  u8: [0, 0xff],
  char: [0, 0xff],
  wchar: [0, 0xffff],
  i16: [-0x8000, 0x7fff],
  u16: [0, 0xffff],
  i32: [-0x8000_0000, 0x7fff_ffff],
  u32: [-0x8000_0000, 0xffff_ffff],
  hresult: [-0x8000_0000, 0xffff_ffff],
};

function convert(value: ArrayLike<number | bigint>, name: NumberName, where: string): TypedArray {
  const Type = arrayTypes[name] as unknown as new (n: number) => Record<number, number | bigint> & TypedArray;
  const range = ranges[name];
  const list = new Type(value.length);
  for (let i = 0; i < value.length; i++) {
    const x = value[i];
    if (
      range !== undefined &&
      !(Number.isInteger(x) && (x as number) >= range[0] && (x as number) <= range[1])
    ) {
      refuse.value(`${where}[${i}]`, name, x);
    }
    if (name === "i64") list[i] = toI64(x, where);
    else if (name === "u64") list[i] = toU64(x, where);
    else if (typeof x === "number") list[i] = x;
    else refuse.value(`${where}[${i}]`, name, x);
  }
  return list;
}

/** A typed array with its own memory from the block at `f`. */
export function getNumbers(
  r: ByteReader,
  f: number,
  count: number,
  name: NumberName,
  little: boolean,
): TypedArray {
  const Type = arrayTypes[name] as unknown as new (n: number) => TypedArray;
  const list = new Type(count);
  const size = arrayTypes[name].BYTES_PER_ELEMENT;
  if (count * size <= onHeap) {
    getEach(r.view, f, list, name, size, little);
    return list;
  }
  const block = new Uint8Array(list.buffer);
  block.set(r.bytes.subarray(f, f + count * size));
  if (little !== hostLittle) swap(block, size);
  return list;
}

function getEach(
  d: DataView,
  f: number,
  list: TypedArray,
  name: NumberName,
  size: number,
  little: boolean,
): void {
  for (let i = 0; i < list.length; i++, f += size) {
    if (size === 1) list[i] = d.getInt8(f);
    else if (size === 2) list[i] = d.getInt16(f, little);
    else if (name === "f32") list[i] = d.getFloat32(f, little);
    else if (size === 4) list[i] = d.getInt32(f, little);
    else if (name === "f64") list[i] = d.getFloat64(f, little);
    else (list as BigInt64Array)[i] = d.getBigInt64(f, little);
  }
}

/** Bytes, copied out of the message. */
export function getBytes(bytes: Uint8Array, f: number, count: number): Uint8Array {
  const copy = new Uint8Array(count);
  if (count > 32) copy.set(bytes.subarray(f, f + count));
  else for (let i = 0; i < count; i++) copy[i] = bytes[f + i] as number;
  return copy;
}

function swap(block: Uint8Array, size: number): void {
  if (size === 1) return;
  const buffer = Buffer.from(block.buffer, block.byteOffset, block.byteLength);
  if (size === 2) buffer.swap16();
  else if (size === 4) buffer.swap32();
  else buffer.swap64();
}

/** A 64-bit integer: a bigint in range, or a whole number. */
export function toI64(value: unknown, where: string): bigint {
  if (typeof value === "bigint" && BigInt.asIntN(64, value) === value) return value;
  if (Number.isSafeInteger(value)) return BigInt(value as number);
  return refuse.value(where, "i64 (a bigint)", value);
}

export function toU64(value: unknown, where: string): bigint {
  if (typeof value === "bigint" && BigInt.asUintN(64, value) === value) return value;
  if (Number.isSafeInteger(value) && (value as number) >= 0) return BigInt(value as number);
  return refuse.value(where, "u64 (a bigint)", value);
}

/** A number while that is exact, else a bigint (`__int3264` of NDR64). */
export function toSafe(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

const canonicalGuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** A GUID at `f`; any form of it that {@link parseGuid} reads. */
export function putGuid(w: ByteWriter, f: number, value: unknown, where: string): void {
  if (typeof value !== "string") return refuse.value(where, "a GUID", value);
  guidToBytes(canonicalGuid.test(value) ? (value as Guid) : parseGuid(value), w.bytes, f);
}
