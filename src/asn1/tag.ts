/**
 * Identifier octets (ITU-T X.690 8.1.2). A tag is one byte: class, constructed bit, number up to 30. The protocols here
 * (SPNEGO, Kerberos, LDAP) use no greater number; the long form is refused.
 */
export const Tag = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  enumerated: 0x0a,
  utf8String: 0x0c,
  sequence: 0x30,
  set: 0x31,
  generalizedTime: 0x18,
  generalString: 0x1b,
} as const;

/** Set in the identifier of a value made of other values. */
export const constructed = 0x20;

/** Identifier of a context-specific tag `[number]`: constructed (explicit, or an implicit sequence) unless told otherwise. */
export function contextTag(number: number, isConstructed = true): number {
  return 0x80 | (isConstructed ? constructed : 0) | number;
}

/** Identifier of an `[APPLICATION number]` tag. */
export function applicationTag(number: number, isConstructed = true): number {
  return 0x40 | (isConstructed ? constructed : 0) | number;
}

const names = new Map<number, string>(Object.entries(Tag).map(([name, tag]) => [tag, name]));
const classes = ["universal ", "application ", "", "private "];

/** A tag for a message: "sequence", "[1]", "[application 0]". */
export function describeTag(tag: number): string {
  return names.get(tag) ?? `[${classes[tag >> 6]}${tag & 0x1f}]${tag & constructed ? "" : " primitive"}`;
}
