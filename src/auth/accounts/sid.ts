import { randomBytes } from "node:crypto";

/** Relative identifiers of accounts every machine has, by lower-case name ([MS-DTYP] 2.4.2.4). */
const wellKnownRids: ReadonlyMap<string, number> = new Map([
  ["administrator", 500],
  ["guest", 501],
]);

/** The first relative identifier of accounts made later. */
export const firstRid = 1000;

/** A new machine identifier: S-1-5-21 and three random numbers ([MS-DTYP] 2.4.2). */
export function newMachineSid(): string {
  const random = randomBytes(12);
  return `S-1-5-21-${random.readUInt32LE(0)}-${random.readUInt32LE(4)}-${random.readUInt32LE(8)}`;
}

/** True for the text form of a security identifier: revision 1, an authority, up to 15 subauthorities. */
export function isSid(text: string): boolean {
  return /^S-1-\d{1,15}(-\d{1,10}){1,15}$/.test(text);
}

/** The relative identifier a new account gets: its well-known one, or the next free one. */
export function ridFor(name: string, nextRid: number): number {
  return wellKnownRids.get(name.toLowerCase()) ?? nextRid;
}
