import { ByteReader, ByteWriter } from "../../base/index.ts";
import { badToken, decoding } from "../failure.ts";
import { defaultAuthLimits } from "../limits.ts";
import { utf16Bytes, utf16Text } from "./fields.ts";

/** AvId ([MS-NLMP] 2.2.2.1). */
export const AvId = {
  eol: 0,
  nbComputerName: 1,
  nbDomainName: 2,
  dnsComputerName: 3,
  dnsDomainName: 4,
  dnsTreeName: 5,
  flags: 6,
  timestamp: 7,
  singleHost: 8,
  targetName: 9,
  channelBindings: 10,
} as const;

/** Bits of MsvAvFlags. */
export const AvFlag = { constrained: 1, micPresent: 2, untrustedTarget: 4 } as const;

/** One AV_PAIR; lists are kept in the order they came, without the MsvAvEOL at the end. */
export interface AvPair {
  readonly id: number;
  readonly value: Uint8Array;
}

export function encodeAvPairs(pairs: readonly AvPair[]): Uint8Array {
  const out = new ByteWriter(256);
  for (const { id, value } of pairs) {
    out.u16(id);
    out.u16(value.length);
    out.raw(value);
  }
  out.u32(AvId.eol);
  return out.finish();
}

/** Reads up to MsvAvEOL; what stands behind it is not looked at. The values are views. */
export function decodeAvPairs(bytes: Uint8Array): AvPair[] {
  return decoding("AV_PAIR list", () => {
    const r = new ByteReader(bytes);
    const pairs: AvPair[] = [];
    for (;;) {
      if (r.remaining < 4) throw badToken("ends without MsvAvEOL");
      const id = r.u16();
      const length = r.u16();
      if (id === AvId.eol) return pairs;
      if (pairs.length >= defaultAuthLimits.maxAvPairs) {
        throw badToken(`more than ${defaultAuthLimits.maxAvPairs} pairs`);
      }
      pairs.push({ id, value: r.raw(length) });
    }
  });
}

/** The value of the first pair with this id. */
export function avValue(pairs: readonly AvPair[], id: number): Uint8Array | undefined {
  return pairs.find((pair) => pair.id === id)?.value;
}

/** A name among the pairs; they are always UTF-16. */
export function avText(pairs: readonly AvPair[], id: number): string | undefined {
  const value = avValue(pairs, id);
  return value === undefined ? undefined : utf16Text(value, `AV_PAIR ${id}`);
}

/** MsvAvFlags; 0 when absent. */
export function avFlags(pairs: readonly AvPair[]): number {
  const value = avValue(pairs, AvId.flags);
  if (value === undefined) return 0;
  if (value.length !== 4) throw badToken(`MsvAvFlags of ${value.length} bytes`);
  return new ByteReader(value).u32();
}

/** MsvAvTimestamp: a FILETIME, 100 ns since 1601. */
export function avTimestamp(pairs: readonly AvPair[]): bigint | undefined {
  const value = avValue(pairs, AvId.timestamp);
  if (value === undefined) return undefined;
  if (value.length !== 8) throw badToken(`MsvAvTimestamp of ${value.length} bytes`);
  return new ByteReader(value).u64();
}

export function textPair(id: number, text: string): AvPair {
  return { id, value: utf16Bytes(text) };
}

export function flagsPair(flags: number): AvPair {
  const out = new ByteWriter(4);
  out.u32(flags);
  return { id: AvId.flags, value: out.finish() };
}

export function timestampPair(fileTime: bigint): AvPair {
  const out = new ByteWriter(8);
  out.u64(fileTime);
  return { id: AvId.timestamp, value: out.finish() };
}
