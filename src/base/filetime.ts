/** The moment 1970 begins as a FILETIME: 100-nanosecond steps since 1601 ([MS-DTYP] 2.3.3). */
export const FILETIME_OF_1970 = 116_444_736_000_000_000n;

/** A FILETIME in its two halves, as structures hold it. */
export interface FiletimeParts {
  readonly dwLowDateTime: number;
  readonly dwHighDateTime: number;
}

/** Milliseconds since 1970 as a FILETIME: 100-nanosecond steps since 1601. */
export function filetimeOf(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 10_000)) + FILETIME_OF_1970;
}

/** Milliseconds since 1970 of a FILETIME; what is less than a millisecond is cut off. */
export function millisecondsOfFiletime(value: bigint): number {
  return Number((value - FILETIME_OF_1970) / 10_000n);
}

export function splitFiletime(value: bigint): FiletimeParts {
  return {
    dwLowDateTime: Number(value & 0xffff_ffffn),
    dwHighDateTime: Number((value >> 32n) & 0xffff_ffffn),
  };
}

export function joinFiletime({ dwLowDateTime, dwHighDateTime }: FiletimeParts): bigint {
  return (BigInt(dwHighDateTime >>> 0) << 32n) | BigInt(dwLowDateTime >>> 0);
}
