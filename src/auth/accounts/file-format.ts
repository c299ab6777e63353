import { ComError, HResult, fromHex } from "../../base/index.ts";
import { isSid } from "./sid.ts";

/** One account as accounts.json has it. */
export interface StoredAccount {
  readonly name: string;
  readonly sid: string;
  /** 32 hexadecimal digits. The password itself is stored nowhere. */
  readonly ntHash: string;
  readonly description?: string;
  readonly disabled?: boolean;
}

/** The content of accounts.json. */
export interface AccountFile {
  readonly version: 1;
  readonly machineSid: string;
  /** Relative identifiers are given out once, also after an account is gone. */
  readonly nextRid: number;
  readonly accounts: readonly StoredAccount[];
}

/** Limits on what is read back: the file is ours, but files get damaged. */
export const accountLimits: { readonly maxFileBytes: number; readonly maxNameUnits: number } = {
  maxFileBytes: 16 * 1024 * 1024,
  maxNameUnits: 104,
};

/** Reads the text of accounts.json; throws E_FAIL naming what is wrong, never what the secrets are. */
export function parseAccountFile(text: string, path: string): AccountFile {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch {
    // The parser's own message would quote the file.
    throw damaged(path, "it is not JSON");
  }
  if (!isRecord(data) || data["version"] !== 1) throw damaged(path, "its version is not 1");
  const { machineSid, nextRid, accounts } = data;
  if (typeof machineSid !== "string" || !isSid(machineSid)) throw damaged(path, "its machineSid is no SID");
  if (!Number.isSafeInteger(nextRid)) throw damaged(path, "its nextRid is no number");
  if (!Array.isArray(accounts)) throw damaged(path, "it has no list of accounts");
  return {
    version: 1,
    machineSid,
    nextRid: nextRid as number,
    accounts: accounts.map((entry: unknown, i) => parseAccount(entry, i, path)),
  };
}

function parseAccount(entry: unknown, index: number, path: string): StoredAccount {
  if (!isRecord(entry)) throw damaged(path, `account ${index} is no object`);
  const { name, sid, ntHash, description, disabled } = entry;
  if (typeof name !== "string" || !isAccountName(name)) throw damaged(path, `account ${index} has no name`);
  if (typeof sid !== "string" || !isSid(sid)) throw damaged(path, `account ${name} has no SID`);
  if (typeof ntHash !== "string" || !/^[0-9a-f]{32}$/i.test(ntHash)) {
    throw damaged(path, `account ${name} has no NT hash`);
  }
  return {
    name,
    sid,
    ntHash,
    ...(typeof description === "string" ? { description } : {}),
    ...(disabled === true ? { disabled } : {}),
  };
}

/** Names as Windows allows them: no control characters, none of "/\[]:;|=,+*?<>, not only dots and blanks. */
export function isAccountName(name: string): boolean {
  const sound = name.length > 0 && name.length <= accountLimits.maxNameUnits;
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  return sound && !/[\u0000-\u001f"/\\[\]:;|=,+*?<>]/.test(name) && !/^[. ]+$/.test(name);
}

export function hashBytes(account: StoredAccount): Uint8Array {
  return fromHex(account.ntHash);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function damaged(path: string, what: string): ComError {
  return new ComError(HResult.E_FAIL, `the account file ${path} is damaged: ${what}`);
}
