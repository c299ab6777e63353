import { ComError, HResult } from "../../base/index.ts";
import type { Caller } from "../../com/index.ts";

/** One line of an access list: an account (`DOMAIN\user`, `user`, a SID, or `*` for everyone who has logged on) and what it may. */
export interface AccessEntry {
  readonly allow: boolean;
  readonly account: string;
}

/** Who may launch or access a server: the first form of LaunchPermission and AccessPermission. */
export interface AccessList {
  readonly entries: readonly AccessEntry[];
}

/** Most entries of one list. Stops a value that makes each activation slow. */
const maxEntries = 4096;

/**
 * Reads a list from its registry form, one entry a line: `allow ACCOUNT` or `deny ACCOUNT`. Throws E_INVALIDARG naming the line: a list
 * that cannot be read must not silently allow anything.
 */
export function parseAccessList(lines: readonly string[]): AccessList {
  if (lines.length > maxEntries)
    throw new ComError(HResult.E_INVALIDARG, `an access list of more than ${maxEntries} entries`);
  return { entries: lines.filter((line) => line.trim() !== "").map(parseEntry) };
}

function parseEntry(line: string): AccessEntry {
  const match = /^\s*(allow|deny)\s+(\S.*?)\s*$/i.exec(line);
  if (match === null) {
    throw new ComError(HResult.E_INVALIDARG, `"${line}" is not "allow ACCOUNT" or "deny ACCOUNT"`);
  }
  return { allow: match[1]?.toLowerCase() === "allow", account: match[2] ?? "" };
}

/** The registry form of a list. */
export function formatAccessList(list: AccessList): string[] {
  return list.entries.map(({ allow, account }) => `${allow ? "allow" : "deny"} ${account}`);
}

/**
 * Whether a list lets a caller in. The machine's owner on the local endpoint always may (the socket is the owner's alone); an anonymous
 * caller never. Without a list everyone who has logged on may: accounts exist because the owner added them. A denial outweighs what allows.
 */
export function permits(list: AccessList | undefined, caller: Caller): boolean {
  if (caller.local) return true;
  const { account } = caller;
  if (account === undefined) return false;
  if (list === undefined) return true;
  const { sid } = caller;
  const matching = list.entries.filter((entry) =>
    isSid(entry.account) ? sameSid(entry.account, sid) : sameAccount(entry.account, account),
  );
  return matching.length > 0 && matching.every((entry) => entry.allow);
}

/** Everyone, and everyone who has logged on: anonymous callers never come as far as here. */
const everyone: readonly string[] = ["S-1-1-0", "S-1-5-11"];

function isSid(account: string): boolean {
  return /^S-1-\d/i.test(account);
}

function sameSid(entry: string, sid: string | undefined): boolean {
  const wanted = entry.toUpperCase();
  return everyone.includes(wanted) || wanted === sid?.toUpperCase();
}

/** An entry without a domain means the account of that name in any domain the machine accepts. */
function sameAccount(entry: string, account: string): boolean {
  if (entry === "*") return true;
  const wanted = entry.toLowerCase();
  const given = account.toLowerCase();
  if (wanted === given) return true;
  return !wanted.includes("\\") && wanted === given.slice(given.lastIndexOf("\\") + 1);
}
