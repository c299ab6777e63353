import { statSync } from "node:fs";
import { join } from "node:path";
import { ComError, HResult, toHex } from "../../base/index.ts";
import { ntHash } from "../ntlm/hash.ts";
import type { Account, AccountStore } from "./account.ts";
import {
  type AccountFile,
  type StoredAccount,
  hashBytes,
  isAccountName,
  parseAccountFile,
} from "./file-format.ts";
import {
  isMissing,
  makePrivateFolder,
  readPrivateFile,
  replacePrivateFile,
  stampOf,
  withFileLock,
} from "./private-file.ts";
import { firstRid, newMachineSid, ridFor } from "./sid.ts";

/** What may be told about an account; the secret stays inside. */
export interface AccountInfo {
  readonly name: string;
  readonly sid: string;
  readonly description?: string;
  readonly disabled?: boolean;
}

export interface AccountOptions {
  readonly description?: string;
  readonly disabled?: boolean;
}

/** The file as it was last read, and what tells whether it still is. */
interface Loaded {
  readonly stamp: string;
  readonly file: AccountFile;
  readonly byName: ReadonlyMap<string, Account>;
}

/**
 * The accounts of one machine in accounts.json under its home folder. Several programs may share it: changes are made
 * one at a time under a lock, written as a whole, and seen by every reader at its next lookup. The file holds NT hashes,
 * as good as passwords: mode 0600, and a file that others can read is refused.
 */
export class FileAccountStore implements AccountStore {
  readonly path: string;
  readonly #home: string;
  readonly #machineName: string | undefined;
  #cache:
    | { readonly stamp: string; readonly file: AccountFile; readonly byName: Map<string, Account> }
    | undefined;

  /** `home` need not exist yet. `machineName` becomes the domain of identities; the client's own claim when left out. */
  constructor(home: string, machineName?: string) {
    this.#home = home;
    this.#machineName = machineName;
    this.path = join(home, "accounts.json");
  }

  /**
   * The account of that name. The domain does not matter: like a Windows machine outside of a domain, this one takes any
   * domain name for its own. Throws E_ACCESSDENIED (gate "file permissions") when the file is open to others.
   */
  lookup(_domain: string, user: string): Account | undefined {
    return this.#load()?.byName.get(user.toLowerCase());
  }

  /** All accounts in the order they were made. */
  list(): AccountInfo[] {
    return (this.#load()?.file.accounts ?? []).map(withoutSecret);
  }

  /** The machine's own security identifier; undefined until the first account is made or `ensureMachineSid` called. */
  get machineSid(): string | undefined {
    return this.#load()?.file.machineSid;
  }

  /** Makes the file, and the machine's identifier, if there is none. */
  async ensureMachineSid(): Promise<string> {
    return this.machineSid ?? (await this.#change((file) => file)).machineSid;
  }

  /** Adds an account. Throws ERROR_ALREADY_EXISTS, or E_INVALIDARG for a name Windows would not allow. */
  async add(name: string, password: string, options: AccountOptions = {}): Promise<AccountInfo> {
    if (!isAccountName(name))
      throw new ComError(HResult.E_INVALIDARG, `not an account name: ${JSON.stringify(name)}`);
    const hash = toHex(ntHash(password));
    const changed = await this.#change((file) => {
      if (findIndex(file, name) >= 0) {
        throw new ComError(HResult.ERROR_ALREADY_EXISTS, `there is an account ${name} already`);
      }
      const rid = ridFor(name, file.nextRid);
      const account: StoredAccount = {
        name,
        sid: `${file.machineSid}-${rid}`,
        ntHash: hash,
        ...(options.description === undefined ? {} : { description: options.description }),
        ...(options.disabled === true ? { disabled: true } : {}),
      };
      const nextRid = rid === file.nextRid ? file.nextRid + 1 : file.nextRid;
      return { ...file, nextRid, accounts: [...file.accounts, account] };
    });
    return withoutSecret(changed.accounts[findIndex(changed, name)] as StoredAccount);
  }

  /** Removes an account; its identifier is never given out again. Throws when there is none of that name. */
  async remove(name: string): Promise<void> {
    await this.#change((file) => {
      const index = mustFind(file, name);
      return { ...file, accounts: file.accounts.toSpliced(index, 1) };
    });
  }

  /** Sets a new password. Throws when there is no account of that name. */
  async changePassword(name: string, password: string): Promise<void> {
    const hash = toHex(ntHash(password));
    await this.#replace(name, (account) => ({ ...account, ntHash: hash }));
  }

  /** Lets an account log on, or not. Throws when there is no account of that name. */
  async setDisabled(name: string, disabled: boolean): Promise<void> {
    await this.#replace(name, ({ disabled: _was, ...account }) =>
      disabled ? { ...account, disabled } : account,
    );
  }

  async #replace(name: string, change: (account: StoredAccount) => StoredAccount): Promise<void> {
    await this.#change((file) => {
      const index = mustFind(file, name);
      return { ...file, accounts: file.accounts.with(index, change(file.accounts[index] as StoredAccount)) };
    });
  }

  /** Reads, changes and writes the file while no other program does. */
  async #change(edit: (file: AccountFile) => AccountFile): Promise<AccountFile> {
    await makePrivateFolder(this.#home);
    return withFileLock(this.path, async () => {
      const edited = edit(this.#load()?.file ?? emptyFile());
      await replacePrivateFile(this.path, `${JSON.stringify(edited, undefined, 2)}\n`);
      this.#cache = undefined;
      return edited;
    });
  }

  /** The file as it is now; read anew only when it was replaced. */
  #load(): Loaded | undefined {
    if (this.#cache !== undefined && this.#cache.stamp === currentStamp(this.path)) return this.#cache;
    const read = readPrivateFile(this.path);
    if (read === undefined) {
      this.#cache = undefined;
      return undefined;
    }
    const file = parseAccountFile(read.text, this.path);
    const byName = new Map(
      file.accounts.map((account) => [account.name.toLowerCase(), this.#account(account)]),
    );
    this.#cache = { stamp: read.stamp, file, byName };
    return this.#cache;
  }

  #account(stored: StoredAccount): Account {
    return {
      name: stored.name,
      ntHash: hashBytes(stored),
      sid: stored.sid,
      disabled: stored.disabled ?? false,
      ...(this.#machineName === undefined ? {} : { domain: this.#machineName }),
    };
  }
}

function withoutSecret({ ntHash: _secret, ...info }: StoredAccount): AccountInfo {
  return info;
}

function emptyFile(): AccountFile {
  return { version: 1, machineSid: newMachineSid(), nextRid: firstRid, accounts: [] };
}

function currentStamp(path: string): string | undefined {
  try {
    return stampOf(statSync(path));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw ComError.from(error);
  }
}

function findIndex(file: AccountFile, name: string): number {
  return file.accounts.findIndex((account) => account.name.toLowerCase() === name.toLowerCase());
}

function mustFind(file: AccountFile, name: string): number {
  const index = findIndex(file, name);
  if (index < 0) throw new ComError(HResult.ERROR_FILE_NOT_FOUND, `there is no account ${name}`);
  return index;
}
