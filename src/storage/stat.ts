import { GUID_NULL, type Guid } from "../base/index.ts";
import type { STATSTG } from "../com/gen/objidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";

/** Kinds of elements (STGTY). */
export const Stgty = { STORAGE: 1, STREAM: 2, LOCKBYTES: 3, PROPERTY: 4 } as const;

/** STATFLAG_NONAME: the name is not wanted. */
export const noName = 1;

/** 100 ns steps from 1601 to 1970. */
const unixEpoch = 116_444_736_000_000_000n;

export function filetimeOf(milliseconds: number): bigint {
  return BigInt(Math.round(milliseconds * 10_000)) + unixEpoch;
}

export function splitFiletime(value: bigint): FILETIME {
  if (value === 0n) return { dwLowDateTime: 0, dwHighDateTime: 0 };
  return { dwLowDateTime: Number(value & 0xffff_ffffn), dwHighDateTime: Number(value >> 32n) };
}

export function joinFiletime(value: FILETIME): bigint {
  return (BigInt(value.dwHighDateTime >>> 0) << 32n) | BigInt(value.dwLowDateTime >>> 0);
}

/** What a STATSTG is made of; what is left out is zero. */
export interface StatParts {
  readonly name: string | null;
  readonly type: number;
  readonly size?: number;
  readonly modified?: bigint;
  readonly created?: bigint;
  readonly accessed?: bigint;
  readonly mode?: number;
  readonly locks?: number;
  readonly clsid?: Guid;
  readonly stateBits?: number;
}

export function makeStat(parts: StatParts): STATSTG {
  return {
    pwcsName: parts.name,
    type: parts.type,
    cbSize: BigInt(parts.size ?? 0),
    mtime: splitFiletime(parts.modified ?? 0n),
    ctime: splitFiletime(parts.created ?? 0n),
    atime: splitFiletime(parts.accessed ?? 0n),
    grfMode: parts.mode ?? 0,
    grfLocksSupported: parts.locks ?? 0,
    clsid: parts.clsid ?? GUID_NULL,
    grfStateBits: parts.stateBits ?? 0,
    reserved: 0,
  };
}
