/**
 * Offsets of the fields of a call's packets, for code that works on them in place, and the words that start them. The codecs of
 * pdu/ are the readable form; this is the fast one.
 */
import { PfcFlag } from "../pdu/packet-type.ts";

export const At = {
  type: 2,
  flags: 3,
  drep: 4,
  fragLength: 8,
  authLength: 10,
  callId: 12,
  allocHint: 16,
  contextId: 20,
  opnum: 22,
  cancelCount: 22,
  status: 24,
  stub: 24,
  object: 24,
} as const;

/** The bits of the first two bytes of a data representation that must be zero: EBCDIC; VAX, Cray and IBM floating point. */
export const FOREIGN_DREP = 0xffef;

export const WHOLE: number = PfcFlag.first | PfcFlag.last;

/** The first four header bytes as one little-endian number. */
export function headWord(type: number, flags: number): number {
  return (5 | (type << 16) | (flags << 24)) >>> 0;
}
