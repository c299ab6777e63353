import { ComError, HResult } from "../../base/index.ts";
import {
  type Ace,
  AceFlag,
  AceType,
  decodeSecurityDescriptor,
  deniesConditionally,
} from "../../com/index.ts";
import type { AccessEntry, AccessList } from "./access.ts";

/*
 * LaunchPermission and AccessPermission as Windows keeps them: self-relative security descriptors ([MS-DTYP] 2.4.6). Only what decides
 * over callers from other machines is read.
 */

/** COM_RIGHTS_*: an old descriptor has only `execute`, newer ones say for whom. */
const Rights = { execute: 1, executeRemote: 4, activateRemote: 16 } as const;

/**
 * The access list of a self-relative security descriptor; accounts are SIDs in text form. Throws E_INVALIDARG for bytes that are none, and for a denial
 * that cannot be read: it must not silently deny nothing.
 */
export function readSecurityDescriptor(bytes: Uint8Array): AccessList {
  const { dacl } = decodeSecurityDescriptor(bytes);
  if (dacl === undefined || dacl === null) return { entries: [{ allow: true, account: "*" }] }; // no list: everybody
  return { entries: dacl.map(entryOf).filter((entry) => entry !== undefined) };
}

function entryOf(ace: Ace): AccessEntry | undefined {
  const { type, flags, mask, sid } = ace;
  if ((flags & AceFlag.inheritOnly) !== 0 || !concernsRemote(mask)) return undefined;
  if (deniesConditionally(ace)) {
    throw new ComError(HResult.E_INVALIDARG, `an entry of kind ${type} denies under a condition`);
  }
  if (type === AceType.allow) return { allow: true, account: sid };
  return type === AceType.deny ? { allow: false, account: sid } : undefined;
}

function concernsRemote(mask: number): boolean {
  if ((mask & (Rights.executeRemote | Rights.activateRemote)) !== 0) return true;
  return mask === Rights.execute;
}
