/** An account as the security mechanisms see it. */
export interface Account {
  /** The name as it is spelled in the store. */
  readonly name: string;
  /** MD4 of the UTF-16LE password: a secret as good as the password itself. */
  readonly ntHash: Uint8Array;
  /** Security identifier in text form ("S-1-5-21-…-1000"). */
  readonly sid?: string;
  /** The domain or machine the account belongs to; as the client named it when absent. */
  readonly domain?: string;
  /** A disabled account keeps its password but cannot log on. */
  readonly disabled?: boolean;
}

/** Where accounts come from: a file, a directory, a table in a test. */
export interface AccountStore {
  /** The account, or undefined when there is none. `domain` may be empty. Names compare without case. */
  lookup(domain: string, user: string): Promise<Account | undefined> | Account | undefined;
}
