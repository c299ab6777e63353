import type { Json } from "../session/decoded.ts";

/** The eight bytes that start a verification trailer ([MS-RPCE] 2.2.2.13.1). */
const signature = [0x8a, 0xe3, 0x13, 0x71, 0x02, 0xf4, 0x36, 0x71];

/** What stands in a request behind its arguments: a verification trailer, or bytes nobody asked for. */
export function trailerJson(stub: Uint8Array, from: number): { readonly [key: string]: Json } {
  for (let at = (from + 3) & ~3; at + 8 <= stub.length; at += 4) {
    if (signature.every((byte, i) => stub[at + i] === byte)) return { verificationTrailer: stub.length - at };
  }
  return from < stub.length ? { unreadBytes: stub.length - from } : {};
}
