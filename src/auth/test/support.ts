import assert from "node:assert/strict";
import { ComError, type Logger, fromHex } from "../../base/index.ts";
import {
  type Account,
  type AccountStore,
  type AuthenticationLevel,
  type ClientMechanism,
  type NtlmServerOptions,
  type SecurityContext,
  type ServerMechanism,
  ntHash,
  ntlmServer,
} from "../index.ts";

/** A table of accounts: name to password. */
export function accountsOf(
  passwords: Readonly<Record<string, string>>,
  extra: Partial<Account> = {},
): AccountStore {
  const table = new Map<string, Account>(
    Object.entries(passwords).map(([name, password]) => [
      name.toLowerCase(),
      { name, ntHash: ntHash(password), ...extra },
    ]),
  );
  return { lookup: (_domain, user) => table.get(user.toLowerCase()) };
}

export function serverOf(options: Partial<NtlmServerOptions> = {}): ServerMechanism {
  return ntlmServer({ accounts: accountsOf({ User: "Password" }), machineName: "SERVER", ...options });
}

export interface Pair {
  readonly client: SecurityContext;
  readonly server: SecurityContext;
  /** Every token in order, the client's first. */
  readonly tokens: readonly Uint8Array[];
}

/** Runs a logon to its end in memory. `change` sees each token on its way and may answer another one. */
export async function logon(
  client: ClientMechanism,
  server: ServerMechanism,
  level: AuthenticationLevel,
  options: {
    target?: string;
    bindings?: Uint8Array;
    impersonation?: 1 | 2 | 3 | 4 | undefined;
    change?: (token: Uint8Array, n: number) => Uint8Array;
  } = {},
): Promise<Pair> {
  const channelBindings = options.bindings === undefined ? {} : { channelBindings: options.bindings };
  const target = options.target === undefined ? {} : { target: options.target };
  const { impersonation } = options;
  const allowed = impersonation === undefined ? {} : { impersonation };
  const c = client.createContext({ level, ...target, ...channelBindings, ...allowed });
  const s = server.createContext({ level, ...channelBindings });
  const tokens: Uint8Array[] = [];
  let token = await c.step();
  for (let turn = 0; token !== undefined; turn++) {
    assert.ok(turn < 10, "a logon takes a few steps");
    const sent = options.change?.(token.slice(), turn) ?? token;
    tokens.push(sent);
    const side = turn % 2 === 0 ? s : c;
    // The receiver may not keep the token: what happens to it later must not matter.
    const lent = sent.slice();
    const answer = side.step(lent);
    lent.fill(0xee);
    token = await answer;
  }
  assert.ok(c.complete && s.complete, "both sides are satisfied");
  return { client: c, server: s, tokens };
}

/** Sends one message of `length` bytes, of which the middle is sealed at level privacy; throws if it does not arrive. */
export function exchange(
  from: SecurityContext,
  to: SecurityContext,
  level: AuthenticationLevel,
  length = 100,
  change?: (pdu: Uint8Array) => void,
): Uint8Array {
  const at = 5;
  const end = at + length;
  const pdu = new Uint8Array(end + 16 + 3);
  for (let i = 0; i < pdu.length; i++) pdu[i] = i * 31;
  const before = pdu.slice();
  const sealStart = at + Math.min(24, length);
  from.protect(pdu, at, end, sealStart, end, end, level);
  if (level === 6 && length > 40)
    assert.notDeepEqual(pdu.subarray(sealStart, end), before.subarray(sealStart, end));
  else if (level < 6) assert.deepEqual(pdu.subarray(0, end), before.subarray(0, end));
  const wire = pdu.slice();
  change?.(pdu);
  to.unprotect(pdu, at, end, sealStart, end, end, level);
  assert.deepEqual(pdu.subarray(0, end), before.subarray(0, end));
  assert.deepEqual(
    pdu.subarray(end + 16),
    before.subarray(end + 16),
    "nothing is written behind the signature",
  );
  return wire;
}

/** Runs `work`, which must fail with a ComError that has this gate and message. */
export async function refused(
  work: () => unknown,
  gate: string | undefined,
  message: RegExp,
  code?: number,
): Promise<ComError> {
  let failure: unknown;
  try {
    await work();
  } catch (error) {
    failure = error;
  }
  assert.ok(failure instanceof ComError, `a ComError was due, not ${String(failure)}`);
  assert.equal(failure.gate, gate);
  assert.match(failure.message, message);
  if (code !== undefined) assert.equal(failure.code, code);
  return failure;
}

/** Keeps what is logged. */
export function listener(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const hear = (fields: object, message: string): void =>
    void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { lines, debug: hear, info: hear, warn: hear, error: hear };
}

/** A random source that gives out these bytes in turn. */
export function scripted(...values: readonly string[]): (length: number) => Uint8Array {
  const queue = values.map((value) => fromHex(value));
  return (length) => {
    const bytes = queue.shift();
    assert.ok(bytes !== undefined && bytes.length === length);
    return bytes;
  };
}
