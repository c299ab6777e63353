import { GUID_NULL, type Guid, splitFiletime } from "../base/index.ts";
import type { STATSTG } from "../com/gen/objidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";

/** Kinds of elements (STGTY). */
export const Stgty = { STORAGE: 1, STREAM: 2, LOCKBYTES: 3, PROPERTY: 4 } as const;

/** STATFLAG_NONAME: the name is not wanted. */
export const noName = 1;

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

/** Streams have no times: most are zero. */
function filetime(value = 0n): FILETIME {
  return value === 0n ? { dwLowDateTime: 0, dwHighDateTime: 0 } : splitFiletime(value);
}

export function makeStat(parts: StatParts): STATSTG {
  return {
    pwcsName: parts.name,
    type: parts.type,
    cbSize: BigInt(parts.size ?? 0),
    mtime: filetime(parts.modified),
    ctime: filetime(parts.created),
    atime: filetime(parts.accessed),
    grfMode: parts.mode ?? 0,
    grfLocksSupported: parts.locks ?? 0,
    clsid: parts.clsid ?? GUID_NULL,
    grfStateBits: parts.stateBits ?? 0,
    reserved: 0,
  };
}
