import { ComError } from "../../base/index.ts";
import { StgStatus } from "../status.ts";

/** Longest name of an element, UTF-16 code units. */
export const maxNameUnits = 31;

/** Throws STG_E_INVALIDNAME for what no element may be called. ([MS-CFB] 2.6.1) */
export function checkName(name: string): void {
  if (name.length === 0 || name.length > maxNameUnits || /[/\\:!\0]/.test(name)) {
    throw new ComError(
      StgStatus.INVALIDNAME,
      `"${name.slice(0, 64)}" cannot name an element: 1 to ${maxNameUnits} characters without / \\ : !`,
    );
  }
}

/**
 * Letters that got an upper case partner after Unicode 3.0.1, whose simple mapping is the format's: they stand for themselves. Ranges, inclusive.
 */
const younger: readonly (readonly [number, number])[] = [
  [0x0180, 0x0180],
  [0x0195, 0x0195],
  [0x019a, 0x019a],
  [0x019b, 0x019b],
  [0x019e, 0x019e],
  [0x01bf, 0x01bf],
  [0x0221, 0x0221],
  [0x0237, 0x0242],
  [0x0246, 0x024f],
  [0x0250, 0x0252],
  [0x025c, 0x025c],
  [0x0261, 0x0261],
  [0x0264, 0x0266],
  [0x026a, 0x026c],
  [0x0271, 0x0271],
  [0x027d, 0x027d],
  [0x0282, 0x0282],
  [0x0287, 0x0287],
  [0x0289, 0x0289],
  [0x028c, 0x028c],
  [0x029d, 0x029e],
  [0x0345, 0x0345],
  [0x0370, 0x037f],
  [0x03d7, 0x03d9],
  [0x03f2, 0x03ff],
  [0x048a, 0x048b],
  [0x04c5, 0x04c6],
  [0x04c9, 0x04ca],
  [0x04cd, 0x04cf],
  [0x04f6, 0x04f7],
  [0x04fa, 0x0530],
  [0x10d0, 0x10ff],
  [0x13f8, 0x13fd],
  [0x1c80, 0x1d8e],
  [0x1efa, 0x1eff],
  [0x214e, 0x214e],
  [0x2184, 0x2184],
  [0x2c30, 0x2dff],
  [0xa640, 0xabbf],
];

const upper = new Map<number, number>();

function upperUnit(unit: number): number {
  if (unit < 0x80) return unit >= 0x61 && unit <= 0x7a ? unit - 32 : unit;
  let found = upper.get(unit);
  if (found === undefined) upper.set(unit, (found = simpleUpper(unit)));
  return found;
}

function simpleUpper(unit: number): number {
  if (younger.some(([first, last]) => unit >= first && unit <= last)) return unit;
  const mapped = String.fromCharCode(unit).toUpperCase();
  return mapped.length === 1 ? mapped.charCodeAt(0) : unit;
}

/** Names that are their own key: no small letters, nothing beyond ASCII. */
const plain = /^[ -`{-~]*$/;

/** What two names have in common when they are the same to the format: upper case, unit by unit. */
export function nameKey(name: string): string {
  if (plain.test(name)) return name;
  let key = "";
  for (let i = 0; i < name.length; i++) key += String.fromCharCode(upperUnit(name.charCodeAt(i)));
  return key;
}

/** The order of siblings: the shorter name first, then upper case code units. ([MS-CFB] 2.6.4) */
export function compareKeys(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}
