import { randomBytes, randomFillSync } from "node:crypto";
import { ComError } from "./error.ts";
import { HResult } from "./hresult.ts";

declare const guidBrand: unique symbol;

/**
 * A globally unique identifier in its canonical text form: lower case, hyphens, no braces.
 * Two equal GUIDs are the same string, so `===`, `Map` and `switch` work on them.
 * Used as IID, CLSID, LIBID, APPID, CATID, IPID and causality id. ([MS-DTYP] 2.3.4)
 */
export type Guid = string & { readonly [guidBrand]: "Guid" };

/** The nil GUID: GUID_NULL, CLSID_NULL, IID_NULL. */
export const GUID_NULL: Guid = "00000000-0000-0000-0000-000000000000" as Guid;

const canonical = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const accepted =
  /^(?:\{([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})\}|([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}))$/i;

/** Reads a GUID with or without braces, in either case (CLSIDFromString, IIDFromString). Throws CO_E_CLASSSTRING. */
export function parseGuid(text: string): Guid {
  const guid = tryParseGuid(text);
  if (guid === undefined) {
    throw new ComError(HResult.CO_E_CLASSSTRING, `"${text.slice(0, 80)}" is not a GUID`);
  }
  return guid;
}

/** As {@link parseGuid}, but answers `undefined` for anything that is not a GUID. */
export function tryParseGuid(text: string): Guid | undefined {
  if (text.length === 36 && canonical.test(text)) return text as Guid;
  const match = accepted.exec(text.trim());
  return match ? ((match[1] ?? match[2])?.toLowerCase() as Guid) : undefined;
}

/** Marks a canonical GUID literal as one, checked (for constants in source code). */
export function guid(literal: string): Guid {
  return parseGuid(literal);
}

/** The form of the registry and of StringFromGUID2: upper case within braces. */
export function formatGuid(value: Guid): string {
  return `{${value.toUpperCase()}}`;
}

/** A new random GUID (CoCreateGuid; RFC 9562 version 4). */
export function newGuid(): Guid {
  const bytes = randomBytes(16);
  bytes[7] = ((bytes[7] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return guidFromBytes(bytes, 0);
}

let lastTicks = 0n;
let clockSequence = -1;
const node = new Uint8Array(6);

function hex(value: bigint, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** A new time-based GUID (UuidCreateSequential; RFC 9562 version 1) with a random node, never the machine's address. */
export function newSequentialGuid(nowMilliseconds: number = Date.now()): Guid {
  if (clockSequence < 0) {
    randomFillSync(node);
    node[0] = (node[0] ?? 0) | 1; // the multicast bit: not a real interface address
    clockSequence = randomBytes(2).readUInt16LE(0) & 0x3fff;
  }
  let ticks = BigInt(Math.trunc(nowMilliseconds)) * 10_000n + 0x01b21dd213814000n;
  if (ticks <= lastTicks) ticks = lastTicks + 1n;
  lastTicks = ticks;
  const low = hex(ticks & 0xffffffffn, 8);
  const mid = hex((ticks >> 32n) & 0xffffn, 4);
  const high = hex(((ticks >> 48n) & 0x0fffn) | 0x1000n, 4);
  const sequence = (clockSequence | 0x8000).toString(16).padStart(4, "0");
  let tail = "";
  for (const byte of node) tail += hexByte[byte];
  return `${low}-${mid}-${high}-${sequence}-${tail}` as Guid;
}

const hexByte: readonly string[] = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, "0"));

/** Reads the 16 bytes of the wire and of structures in memory: three little-endian numbers, then eight bytes. */
export function guidFromBytes(b: Uint8Array, offset = 0, littleEndian = true): Guid {
  if (offset + 16 > b.length) {
    throw new ComError(HResult.RPC_X_BAD_STUB_DATA, `a GUID needs 16 bytes, ${b.length - offset} are left`);
  }
  // One call that makes one flat string: pieces put together would be five times as slow, and calls read GUIDs all the time.
  const [p0, p1, p2, p3, p4, p5, p6, p7] = littleEndian ? littlePlaces : bigPlaces;
  const hi = (place: number): number => digits[(b[offset + place] as number) >> 4] as number;
  const lo = (place: number): number => digits[(b[offset + place] as number) & 15] as number;
  // prettier-ignore
  return String.fromCharCode(
    hi(p0), lo(p0), hi(p1), lo(p1), hi(p2), lo(p2), hi(p3), lo(p3), hyphen,
    hi(p4), lo(p4), hi(p5), lo(p5), hyphen, hi(p6), lo(p6), hi(p7), lo(p7), hyphen,
    hi(8), lo(8), hi(9), lo(9), hyphen,
    hi(10), lo(10), hi(11), lo(11), hi(12), lo(12), hi(13), lo(13), hi(14), lo(14), hi(15), lo(15),
  ) as Guid;
}

const hyphen = 45;
const digits = Uint8Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const littlePlaces = [3, 2, 1, 0, 5, 4, 7, 6] as const;
const bigPlaces = [0, 1, 2, 3, 4, 5, 6, 7] as const;

const nibble = new Uint8Array(128);
for (let i = 0; i < 16; i++) nibble[i.toString(16).charCodeAt(0)] = i;
const order = [6, 4, 2, 0, 11, 9, 16, 14, 19, 21, 24, 26, 28, 30, 32, 34];

/** Writes the 16 little-endian bytes of a GUID at `offset`. */
export function guidToBytes(value: Guid, target: Uint8Array = new Uint8Array(16), offset = 0): Uint8Array {
  for (let i = 0; i < 16; i++) {
    const at = order[i] as number;
    target[offset + i] =
      ((nibble[value.charCodeAt(at)] as number) << 4) | (nibble[value.charCodeAt(at + 1)] as number);
  }
  return target;
}
