import { codePageOf } from "./code-page.ts";

/*
 * The hash of a name, which type libraries are searched by. ([MS-OAUT] 2.2.51)
 */

/** The upper half of the table for US English, where letters with accents hash as without. ([MS-OAUT] 2.2.51.5) */
const englishUpper = Uint8Array.from([
  127, 127, 130, 70, 132, 133, 134, 135, 127, 137, 83, 139, 140, 127, 127, 127, 127, 145, 146, 147, 148, 149,
  150, 150, 152, 153, 83, 155, 140, 127, 127, 85, 160, 161, 162, 163, 164, 165, 166, 167, 168, 169, 65, 171,
  172, 150, 174, 175, 176, 177, 50, 51, 180, 181, 182, 183, 184, 49, 79, 187, 188, 189, 190, 191, 65, 65, 65,
  65, 65, 65, 65, 67, 69, 69, 69, 69, 73, 73, 73, 73, 68, 78, 79, 79, 79, 79, 79, 215, 79, 85, 85, 85, 85, 85,
  222, 223, 65, 65, 65, 65, 65, 65, 65, 67, 69, 69, 69, 69, 73, 73, 73, 73, 68, 78, 79, 79, 79, 79, 79, 247,
  79, 85, 85, 85, 85, 85, 222, 85,
]);

interface Folding {
  /** What stands in the high word of the hash. */
  readonly mask: number;
  /** English and the East Asian tables take W for V and Y for U. */
  readonly english: boolean;
}

const plain = (mask: number): Folding => ({ mask, english: false });
const english: Folding = { mask: 0x100000, english: true };

/** By primary language. */
const foldings: Readonly<Record<number, Folding>> = {
  0x01: plain(0xd00000),
  0x04: { mask: 0x600000, english: true },
  0x05: plain(0x200000),
  0x08: plain(0x800000),
  0x0d: plain(0xe00000),
  0x0e: plain(0x200000),
  0x0f: plain(0x900000),
  0x11: { mask: 0x400000, english: true },
  0x12: { mask: 0x500000, english: true },
  0x15: plain(0x200000),
  0x19: plain(0x300000),
  0x1b: plain(0x200000),
  0x1f: plain(0xa00000),
  0x29: plain(0xd00000),
};

/** LHashValOfNameSys: the hash of a name in a language, without regard to case. Exact for names in ASCII and in US English. */
export function hashOfName(name: string, lcid: number): number {
  const folding = foldings[lcid & 0x3ff] ?? english;
  let hash = 0x0deadbee;
  for (const byte of codePageOf(lcid).encode(name)) {
    hash = (Math.imul(hash, 37) + fold(byte, folding)) >>> 0;
  }
  return folding.mask | ((hash % 65_599) & 0xffff);
}

function fold(byte: number, folding: Folding): number {
  if (byte >= 0x80) return folding.english ? (englishUpper[byte - 0x80] ?? byte) : byte;
  const upper = byte >= 0x61 && byte <= 0x7a ? byte - 0x20 : byte;
  if (upper === 0x2f) return 0;
  if (!folding.english) return upper;
  if (upper === 0x57) return 0x56;
  return upper === 0x59 ? 0x55 : upper;
}
