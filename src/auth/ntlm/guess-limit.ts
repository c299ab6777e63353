import type { Clock } from "../../base/index.ts";

/** How many wrong passwords are listened to before logons are refused unseen. Stops the guessing of passwords over the network. */
export interface GuessLimits {
  /** For one account from one address. Others at other addresses can still log on: nobody locks them out. */
  readonly perAccount: number;
  /** From one address, for all accounts together. */
  readonly perAddress: number;
  /** Milliseconds in which they count. */
  readonly window: number;
}

export const defaultGuessLimits: GuessLimits = { perAccount: 20, perAddress: 200, window: 60_000 };

/** Most accounts and addresses remembered; the oldest are forgotten first. Stops made-up names from filling memory. */
const mostRemembered = 10_000;

/** Remembers wrong passwords. */
export class GuessLimit {
  readonly #limits: GuessLimits;
  readonly #clock: Clock;
  readonly #failures = new Map<string, number[]>();

  constructor(limits: GuessLimits, clock: Clock) {
    this.#limits = limits;
    this.#clock = clock;
  }

  /** Milliseconds until a logon of this account from this address is looked at again; 0 for now. */
  wait(user: string, remote: string): number {
    const { perAccount, perAddress } = this.#limits;
    return Math.max(
      this.#waitFor(accountKey(user, remote), perAccount),
      this.#waitFor(addressKey(remote), perAddress),
    );
  }

  failed(user: string, remote: string): void {
    this.#add(accountKey(user, remote), this.#limits.perAccount);
    this.#add(addressKey(remote), this.#limits.perAddress);
  }

  /** The right password clears the account's record; the address keeps its own. */
  succeeded(user: string, remote: string): void {
    this.#failures.delete(accountKey(user, remote));
  }

  #waitFor(key: string, most: number): number {
    const times = this.#failures.get(key);
    if (times === undefined || times.length < most) return 0;
    return Math.max(0, (times[0] as number) + this.#limits.window - this.#clock.monotonic());
  }

  #add(key: string, most: number): void {
    const now = this.#clock.monotonic();
    const recent = (this.#failures.get(key) ?? []).filter((at) => at + this.#limits.window > now);
    this.#failures.delete(key);
    this.#failures.set(key, [...recent, now].slice(-most));
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > mostRemembered && oldest !== undefined) this.#failures.delete(oldest);
  }
}

function accountKey(user: string, remote: string): string {
  return `${remote}\n${user.slice(0, 256).toLowerCase()}`;
}

function addressKey(remote: string): string {
  return remote;
}
