import { ByteReader, ByteWriter, ComError, HResult } from "../../base/index.ts";
import { readSid, writeSid } from "./sid.ts";

/** Kinds of entries of an access control list ([MS-DTYP] 2.4.4.1); others are kept as they came. */
export const AceType = { allow: 0, deny: 1, audit: 2, alarm: 3, label: 17 } as const;

export const AceFlag = {
  objectInherit: 0x1,
  containerInherit: 0x2,
  noPropagate: 0x4,
  inheritOnly: 0x8,
  inherited: 0x10,
  auditSuccess: 0x40,
  auditFailure: 0x80,
} as const;

/** Bits of a descriptor's control field that say something of their own; the others follow from what is there. */
export const DescriptorControl = {
  daclInheritRequired: 0x100,
  saclInheritRequired: 0x200,
  daclInherited: 0x400,
  saclInherited: 0x800,
  daclProtected: 0x1000,
  saclProtected: 0x2000,
} as const;

const kept = 0x3f00;
const daclPresent = 0x4;
const saclPresent = 0x10;
const selfRelative = 0x8000;

/** One entry: whom it concerns and which rights. */
export interface Ace {
  readonly type: number;
  readonly flags: number;
  readonly mask: number;
  /** In text form; empty for a kind that is not known here. */
  readonly sid: string;
  /** What follows (a condition), or all of an entry of another kind. */
  readonly rest?: Uint8Array;
}

/** ACCESS_DENIED_OBJECT, ACCESS_DENIED_CALLBACK, ACCESS_DENIED_CALLBACK_OBJECT. */
const conditionalDenials: ReadonlySet<number> = new Set([6, 10, 12]);

/** Whether an entry denies in a way that is not read here, for parts of an object or under a condition. It must not count for nothing. */
export function deniesConditionally({ type }: Ace): boolean {
  return conditionalDenials.has(type);
}

/** Whose an object is, and who may what with it ([MS-DTYP] 2.4.6). Parts that are undefined are not there. */
export interface SecurityDescriptor {
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  /** `null`: there is a list, and it lets everybody do everything. */
  readonly dacl?: readonly Ace[] | null | undefined;
  readonly sacl?: readonly Ace[] | null | undefined;
  /** Bits of `DescriptorControl`. */
  readonly control: number;
}

/** Most entries of one list. Stops a descriptor that makes each check slow. */
const maxAces = 4096;

/** A self-relative security descriptor ([MS-DTYP] 2.4.6). Throws E_INVALIDARG for bytes that are none. */
export function decodeSecurityDescriptor(bytes: Uint8Array): SecurityDescriptor {
  try {
    return readDescriptor(new ByteReader(bytes));
  } catch (error) {
    throw new ComError(HResult.E_INVALIDARG, "a security descriptor cannot be read", { cause: error });
  }
}

function readDescriptor(reader: ByteReader): SecurityDescriptor {
  const revision = reader.u8();
  if (revision !== 1) throw new ComError(HResult.E_INVALIDARG, `revision ${revision}`);
  reader.skip(1);
  const control = reader.u16();
  const [owner, group, sacl, dacl] = [reader.u32(), reader.u32(), reader.u32(), reader.u32()];
  const sidAt = (offset: number): string | undefined =>
    offset === 0 ? undefined : readSid(at(reader, offset));
  const listAt = (offset: number, bit: number): readonly Ace[] | null | undefined =>
    (control & bit) === 0 ? undefined : offset === 0 ? null : readAcl(at(reader, offset));
  return {
    owner: sidAt(owner),
    group: sidAt(group),
    dacl: listAt(dacl, daclPresent),
    sacl: listAt(sacl, saclPresent),
    control: control & kept,
  };
}

function at(reader: ByteReader, offset: number): ByteReader {
  reader.rewind(offset, reader.end);
  return reader;
}

function readAcl(reader: ByteReader): Ace[] {
  reader.skip(4); // revision, size
  const count = reader.u16();
  reader.skip(2);
  if (count > maxAces) throw new ComError(HResult.E_INVALIDARG, `${count} entries`);
  return Array.from({ length: count }, () => readAce(reader));
}

const known: ReadonlySet<number> = new Set(Object.values(AceType));

function readAce(reader: ByteReader): Ace {
  const start = reader.pos;
  const type = reader.u8();
  const flags = reader.u8();
  const size = reader.u16();
  if (size < 8) throw new ComError(HResult.E_INVALIDARG, "an entry without room for itself");
  const mask = reader.u32();
  const sid = known.has(type) ? readSid(reader) : "";
  const left = start + size - reader.pos;
  if (left < 0) throw new ComError(HResult.E_INVALIDARG, "an entry longer than it says");
  return { type, flags, mask, sid, ...(left > 0 && { rest: reader.raw(left).slice() }) };
}

/** The self-relative form. Throws E_INVALIDARG for a SID that is none. */
export function encodeSecurityDescriptor(descriptor: SecurityDescriptor): Uint8Array {
  const { owner, group, sacl, dacl, control } = descriptor;
  const parts = [sidBytes(owner), sidBytes(group), aclBytes(sacl), aclBytes(dacl)];
  const writer = new ByteWriter(256);
  writer.u8(1);
  writer.u8(0);
  const present = (dacl === undefined ? 0 : daclPresent) | (sacl === undefined ? 0 : saclPresent);
  writer.u16((control & kept) | present | selfRelative);
  let offset = 20;
  for (const part of parts) {
    writer.u32(part === undefined ? 0 : offset);
    offset += part?.length ?? 0;
  }
  for (const part of parts) if (part !== undefined) writer.raw(part);
  return writer.finish();
}

function sidBytes(sid: string | undefined): Uint8Array | undefined {
  if (sid === undefined) return undefined;
  const writer = new ByteWriter(28);
  writeSid(writer, sid);
  return writer.finish();
}

function aclBytes(list: readonly Ace[] | null | undefined): Uint8Array | undefined {
  if (list === undefined || list === null) return undefined;
  if (list.length > maxAces) throw new ComError(HResult.E_INVALIDARG, `${list.length} entries`);
  const entries = list.map(aceBytes);
  const size = entries.reduce((sum, entry) => sum + entry.length, 8);
  if (size > 0xffff) throw new ComError(HResult.E_INVALIDARG, `an access list of ${size} bytes`);
  const writer = new ByteWriter(size);
  writer.u8(2); // ACL_REVISION
  writer.u8(0);
  writer.u16(size);
  writer.u16(list.length);
  writer.u16(0);
  for (const entry of entries) writer.raw(entry);
  return writer.finish();
}

function aceBytes({ type, flags, mask, sid, rest }: Ace): Uint8Array {
  const writer = new ByteWriter(36);
  writer.u32(mask);
  if (sid !== "") writeSid(writer, sid);
  if (rest !== undefined) writer.raw(rest);
  const body = writer.finish();
  const entry = new ByteWriter(body.length + 4);
  entry.u8(type);
  entry.u8(flags);
  entry.u16(body.length + 4);
  entry.raw(body);
  return entry.finish();
}
