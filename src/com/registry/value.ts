import { ByteWriter, ComError, HResult, decodeUtf16 } from "../../base/index.ts";

/** Types of registry values ([MS-RRP] 3.1.1.5). Others are kept as they are: a number and bytes. */
export const RegistryType = {
  NONE: 0,
  SZ: 1,
  EXPAND_SZ: 2,
  BINARY: 3,
  DWORD: 4,
  DWORD_BIG_ENDIAN: 5,
  LINK: 6,
  MULTI_SZ: 7,
  RESOURCE_LIST: 8,
  FULL_RESOURCE_DESCRIPTOR: 9,
  RESOURCE_REQUIREMENTS_LIST: 10,
  QWORD: 11,
} as const;

/** A value as the registry keeps it: a type and bytes, whatever they are. The key's default value has the name "". */
export interface RegistryValue {
  readonly name: string;
  readonly type: number;
  readonly data: Uint8Array;
}

/** A value's data in JavaScript. */
export type RegistryData = string | number | bigint | readonly string[] | Uint8Array;

/**
 * A value's data by its type: strings for SZ, EXPAND_SZ (not expanded) and LINK, numbers for DWORD, bigint for QWORD, a list for MULTI_SZ, else the
 * bytes. Data that does not fit its type comes back as bytes.
 */
export function dataOf(value: RegistryValue): RegistryData {
  const { type, data } = value;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  switch (type) {
    case RegistryType.SZ:
    case RegistryType.EXPAND_SZ:
    case RegistryType.LINK:
      return textOf(data);
    case RegistryType.MULTI_SZ:
      return listOf(data);
    case RegistryType.DWORD:
      return data.length === 4 ? view.getUint32(0, true) : data;
    case RegistryType.DWORD_BIG_ENDIAN:
      return data.length === 4 ? view.getUint32(0, false) : data;
    case RegistryType.QWORD:
      return data.length === 8 ? view.getBigUint64(0, true) : data;
    default:
      return data;
  }
}

/** The bytes of data: strings get their terminator, lists the empty string at their end. Throws E_INVALIDARG where type and data do not fit. */
export function bytesOf(type: number, data: RegistryData): Uint8Array {
  if (data instanceof Uint8Array) return data.slice();
  const writer = new ByteWriter(32);
  switch (type) {
    case RegistryType.SZ:
    case RegistryType.EXPAND_SZ:
    case RegistryType.LINK:
      if (typeof data !== "string") break;
      writer.utf16(`${data}\0`);
      return writer.finish();
    case RegistryType.MULTI_SZ:
      if (!Array.isArray(data)) break;
      writer.utf16([...(data as readonly string[]).map((text) => `${text}\0`), "\0"].join(""));
      return writer.finish();
    case RegistryType.DWORD:
      if (typeof data !== "number") break;
      writer.u32(data >>> 0);
      return writer.finish();
    case RegistryType.DWORD_BIG_ENDIAN:
      if (typeof data !== "number") break;
      writer.u32be(data >>> 0);
      return writer.finish();
    case RegistryType.QWORD:
      if (typeof data !== "bigint" && typeof data !== "number") break;
      writer.u64(BigInt.asUintN(64, BigInt(data)));
      return writer.finish();
    default:
      break;
  }
  throw new ComError(HResult.E_INVALIDARG, `${typeof data} data does not fit registry type ${type}`);
}

/** The type data gets when none is named. */
export function typeFor(data: RegistryData): number {
  if (typeof data === "string") return RegistryType.SZ;
  if (typeof data === "number") return RegistryType.DWORD;
  if (typeof data === "bigint") return RegistryType.QWORD;
  return data instanceof Uint8Array ? RegistryType.BINARY : RegistryType.MULTI_SZ;
}

/** Text up to its terminator; a missing terminator is forgiven, as an odd last byte is. */
function textOf(data: Uint8Array): string {
  const text = decodeUtf16(data, 0, data.length >>> 1);
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

function listOf(data: Uint8Array): readonly string[] {
  const parts = decodeUtf16(data, 0, data.length >>> 1).split("\0");
  const end = parts.indexOf("");
  return end < 0 ? parts : parts.slice(0, end);
}

/** Puts the environment's variables in: `%SystemRoot%` (ExpandEnvironmentStrings). Unknown ones stay. */
export function expandText(text: string, environment: NodeJS.ProcessEnv = process.env): string {
  return text.replaceAll(/%([^%]+)%/g, (whole, name: string) => environment[name] ?? whole);
}
