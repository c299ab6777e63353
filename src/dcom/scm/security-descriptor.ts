import { ByteReader, ComError, HResult } from "../../base/index.ts";
import type { AccessEntry, AccessList } from "./access.ts";

/*
 * LaunchPermission and AccessPermission as Windows keeps them: self-relative security descriptors ([MS-DTYP] 2.4.6). Only what decides
 * over callers from other machines is read.
 */

/** COM_RIGHTS_*: an old descriptor has only `execute`, newer ones say for whom. */
const Rights = { execute: 1, executeRemote: 4, activateRemote: 16 } as const;
const AceType = { allow: 0, deny: 1 } as const;
const daclPresent = 0x4;
const inheritOnly = 0x8;
const maxAces = 4096;

/** The access list of a self-relative security descriptor; accounts are SIDs in text form. Throws E_INVALIDARG for bytes that are none. */
export function readSecurityDescriptor(bytes: Uint8Array): AccessList {
  try {
    return { entries: readDacl(new ByteReader(bytes)) };
  } catch (error) {
    throw new ComError(HResult.E_INVALIDARG, "a security descriptor cannot be read", { cause: error });
  }
}

function readDacl(reader: ByteReader): AccessEntry[] {
  const revision = reader.u8();
  if (revision !== 1) throw new ComError(HResult.E_INVALIDARG, `revision ${revision}`);
  reader.skip(1);
  const control = reader.u16();
  reader.skip(12); // owner, group, SACL
  const offset = reader.u32();
  if ((control & daclPresent) === 0 || offset === 0) return [{ allow: true, account: "*" }]; // no list: everybody
  reader.rewind(offset, reader.end);
  reader.skip(4); // revision, size
  const count = reader.u16();
  reader.skip(2);
  if (count > maxAces) throw new ComError(HResult.E_INVALIDARG, `${count} entries`);
  const entries: AccessEntry[] = [];
  for (let i = 0; i < count; i++) {
    const entry = readAce(reader);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

function readAce(reader: ByteReader): AccessEntry | undefined {
  const start = reader.pos;
  const type = reader.u8();
  const flags = reader.u8();
  const size = reader.u16();
  const mask = reader.u32();
  const account = readSid(reader);
  if (size < 8) throw new ComError(HResult.E_INVALIDARG, "an entry without room for itself");
  reader.pos = start;
  reader.skip(size);
  if ((flags & inheritOnly) !== 0 || !concernsRemote(mask)) return undefined;
  if (type === AceType.allow) return { allow: true, account };
  return type === AceType.deny ? { allow: false, account } : undefined;
}

function concernsRemote(mask: number): boolean {
  if ((mask & (Rights.executeRemote | Rights.activateRemote)) !== 0) return true;
  return mask === Rights.execute;
}

/** A SID in text form ([MS-DTYP] 2.4.2). */
function readSid(reader: ByteReader): string {
  const revision = reader.u8();
  const count = reader.u8();
  if (count > 15) throw new ComError(HResult.E_INVALIDARG, `${count} subauthorities`);
  const authority = reader.u16be() * 0x1_0000_0000 + reader.u16be() * 0x1_0000 + reader.u16be();
  const parts = Array.from({ length: count }, () => reader.u32());
  return ["S", revision, authority, ...parts].join("-");
}
