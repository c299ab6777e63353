import { AceFlag, AceType, type SecurityDescriptor, deniesConditionally } from "./security-descriptor.ts";
import { WellKnownSid } from "./sid.ts";

/** Who asks, as far as access is concerned. */
export interface Caller {
  /** `DOMAIN\user` or `user`; undefined for an anonymous caller. */
  readonly account: string | undefined;
  /** Its security identifier in text form, when the account store knows one. */
  readonly sid?: string;
  /** A process of the machine's owner, on the local endpoint: it is the owner. */
  readonly local: boolean;
}

/** The machine's owner, as whom every process of the machine runs. */
export const machineOwner: Caller = { account: undefined, local: true };

/** Rights that every kind of object has ([MS-DTYP] 2.4.3). */
export const StandardRights = {
  delete: 0x1_0000,
  readControl: 0x2_0000,
  writeDac: 0x4_0000,
  writeOwner: 0x8_0000,
  accessSystemSecurity: 0x100_0000,
} as const;

/** What the generic rights mean for a kind of object (GENERIC_MAPPING). */
export interface GenericMapping {
  readonly read: number;
  readonly write: number;
  readonly execute: number;
  readonly all: number;
}

/** The identifiers by which a caller is found in a list: its own and those of its groups. The machine's owner is its administrator. */
export function sidsOf({ local, account, sid }: Caller): ReadonlySet<string> {
  const { everyone, administrators, users, guests, network, interactive, authenticatedUsers } = WellKnownSid;
  if (local) {
    return new Set([everyone, administrators, users, interactive, WellKnownSid.local, authenticatedUsers]);
  }
  if (account === undefined) return new Set([WellKnownSid.anonymous]);
  if (sid?.endsWith("-501") === true) return new Set([sid, everyone, guests, network]);
  const own = sid === undefined ? [] : [sid];
  const group = sid?.startsWith("S-1-5-21-") && sid.endsWith("-500") ? [administrators] : [];
  return new Set([...own, everyone, users, network, authenticatedUsers, ...group]);
}

/** What a caller may with an object, every right it can have ([MS-DTYP] 2.5.3.2, MAXIMUM_ALLOWED): the first entry that speaks of a right decides over it. One that denies under a condition denies. */
export function grantedRights(
  descriptor: SecurityDescriptor,
  caller: Caller,
  mapping: GenericMapping,
): number {
  const sids = sidsOf(caller);
  const administers = sids.has(WellKnownSid.administrators);
  // What an administrator's privileges give: take ownership, and the audit list.
  const privileges = administers ? StandardRights.writeOwner | StandardRights.accessSystemSecurity : 0;
  const { dacl, owner } = descriptor;
  if (dacl === undefined || dacl === null) return mapping.all | privileges;
  const owns = owner !== undefined && sids.has(owner);
  let granted = 0;
  let denied = 0;
  let ownerRights = false;
  for (const ace of dacl) {
    const { type, flags, mask, sid } = ace;
    if ((flags & AceFlag.inheritOnly) !== 0) continue;
    if (deniesConditionally(ace)) {
      denied |= mapped(mask, mapping) & ~granted;
      continue;
    }
    if (sid === WellKnownSid.ownerRights) {
      if (!owns) continue;
      ownerRights = true;
    } else if (!sids.has(sid)) continue;
    const rights = mapped(mask, mapping);
    if (type === AceType.allow) granted |= rights & ~denied;
    else if (type === AceType.deny) denied |= rights & ~granted;
  }
  // An owner may always see and change the list, unless the list says what owners may.
  if (owns && !ownerRights) granted |= StandardRights.readControl | StandardRights.writeDac;
  return (granted | privileges) >>> 0;
}

/** A mask with the generic rights put into those they mean. */
function mapped(mask: number, mapping: GenericMapping): number {
  let rights = mask & 0x0fff_ffff;
  if ((mask & 0x8000_0000) !== 0) rights |= mapping.read;
  if ((mask & 0x4000_0000) !== 0) rights |= mapping.write;
  if ((mask & 0x2000_0000) !== 0) rights |= mapping.execute;
  if ((mask & 0x1000_0000) !== 0) rights |= mapping.all;
  return rights;
}
