import type { FILETIME } from "../com/gen/wtypesbase.ts";

/** 100-nanosecond intervals from 1601 to 1970. */
const epoch = 116_444_736_000_000_000n;

/** A moment as a FILETIME number. */
export function fileTimeOf(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 10_000)) + epoch;
}

export function toFileTime(value: bigint): FILETIME {
  return {
    dwLowDateTime: Number(value & 0xffff_ffffn),
    dwHighDateTime: Number((value >> 32n) & 0xffff_ffffn),
  };
}

export function fromFileTime({ dwLowDateTime, dwHighDateTime }: FILETIME): bigint {
  return (BigInt(dwHighDateTime >>> 0) << 32n) | BigInt(dwLowDateTime >>> 0);
}
