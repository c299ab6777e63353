import { ComError, HResult } from "../../base/index.ts";
import {
  type Ace,
  AceType,
  type ClassKeys,
  type SecurityDescriptor,
  WellKnownSid,
  decodeSecurityDescriptor,
} from "../../com/index.ts";
import { type AccessEntry, parseAccessList } from "./access.ts";
import { linesOf, ole } from "./registry-catalog.ts";

/** COM_RIGHTS_*: all there are; of access, those that execute. */
const kinds = {
  launch: { value: "DefaultLaunchPermission", rights: 0x1f },
  access: { value: "DefaultAccessPermission", rights: 0x7 },
} as const;

const MULTI_SZ = 7;

/**
 * Who may launch, or access, the servers of a machine that say nothing of their own (CoGetSystemSecurityPermissions), as a security descriptor. Throws
 * E_NOTIMPL for a list that names accounts otherwise than by SID.
 */
export function getSystemSecurityPermissions(
  registry: Pick<ClassKeys, "value">,
  kind: keyof typeof kinds,
): SecurityDescriptor {
  const { value, rights } = kinds[kind];
  const found = registry.value(ole, value);
  if (found !== undefined && found.type !== MULTI_SZ) return decodeSecurityDescriptor(found.data);
  const { administrators, authenticatedUsers } = WellKnownSid;
  const owner: Ace = { type: AceType.allow, flags: 0, mask: rights, sid: administrators };
  const { entries } =
    found === undefined
      ? { entries: [{ allow: true, account: authenticatedUsers }] }
      : parseAccessList(linesOf(found.data));
  // In a list of ours a denial outweighs; in a descriptor the first entry does.
  const sorted = [...entries.filter(({ allow }) => !allow), ...entries.filter(({ allow }) => allow)];
  return {
    owner: administrators,
    group: administrators,
    dacl: [owner, ...sorted.map((entry) => aceOf(entry, rights))],
    control: 0,
  };
}

function aceOf({ allow, account }: AccessEntry, mask: number): Ace {
  const sid = account === "*" ? WellKnownSid.authenticatedUsers : account;
  if (!/^S-1-/i.test(sid)) {
    throw new ComError(
      HResult.E_NOTIMPL,
      `"${account}" is named, and a descriptor holds security identifiers`,
    );
  }
  return { type: allow ? AceType.allow : AceType.deny, flags: 0, mask, sid };
}
