import { createHmac } from "node:crypto";
import type {
  AuthenticationLevel,
  ClientContextOptions,
  ClientMechanism,
  Identity,
  SecurityContext,
  ServerMechanism,
} from "../../auth/index.ts";
import { ComError, HResult } from "../../base/index.ts";

const KEY = "the fake mechanism's key";
const SIGNATURE = 16;

/**
 * A mechanism for tests: `legs` tokens go back and forth (3 as NTLM, 4 as SPNEGO), the client's last one names the user; packets are
 * signed with a sequence number and sealed by exclusive or.
 */
class FakeContext implements SecurityContext {
  readonly service: number;
  readonly signatureLength = SIGNATURE;
  readonly sessionKey = undefined;
  complete = false;
  identity: Identity | undefined;
  readonly #isClient: boolean;
  readonly #user: string;
  readonly #legs: number;
  readonly #slow: boolean;
  #leg = 0;
  #sent = 0;
  #received = 0;

  constructor(service: number, isClient: boolean, user: string, legs: number, slow: boolean) {
    this.service = service;
    this.#isClient = isClient;
    this.#user = user;
    this.#legs = legs;
    this.#slow = slow;
    if (!isClient) this.#leg = 1;
  }

  step(token?: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined> {
    if (!this.#slow) return this.#step(token);
    return new Promise((resolve) => setImmediate(resolve)).then(() => this.#step(token));
  }

  /** Token n is `n:user`; the client sends the odd ones. */
  #step(token: Uint8Array | undefined): Uint8Array | undefined {
    const text = token === undefined ? "0:" : Buffer.from(token).toString("latin1");
    const [number, user] = text.split(":");
    if (Number(number) !== this.#leg) throw new ComError(0x80090308, `token ${text}, not ${this.#leg}`);
    if (!this.#isClient && user === "nobody" && this.#leg >= 3) {
      throw new ComError(HResult.ERROR_LOGON_FAILURE, "no such user", { gate: "logon" });
    }
    if (!this.#isClient) {
      this.identity = { account: user ?? "", domain: "TEST", anonymous: false, service: this.service };
    }
    const answer = this.#leg + 1;
    this.complete = answer >= this.#legs;
    if (answer > this.#legs) return undefined;
    this.#leg += 2;
    return Buffer.from(`${answer}:${this.#user}`, "latin1");
  }

  #checksum(pdu: Uint8Array, start: number, end: number, mine: boolean): Uint8Array {
    const hmac = createHmac("md5", KEY);
    hmac.update(String(mine ? this.#sent++ : this.#received++));
    hmac.update(mine === this.#isClient ? "to server" : "to client");
    return hmac.update(pdu.subarray(start, end)).digest();
  }

  protect(
    pdu: Uint8Array,
    start: number,
    end: number,
    sealStart: number,
    sealEnd: number,
    at: number,
    level: AuthenticationLevel,
  ): void {
    const checksum = this.#checksum(pdu, start, end, true);
    if (level === 6) seal(pdu, sealStart, sealEnd);
    pdu.set(checksum, at);
  }

  unprotect(
    pdu: Uint8Array,
    start: number,
    end: number,
    sealStart: number,
    sealEnd: number,
    at: number,
    level: AuthenticationLevel,
  ): void {
    if (level === 6) seal(pdu, sealStart, sealEnd);
    const checksum = this.#checksum(pdu, start, end, false);
    if (!Buffer.from(pdu.subarray(at, at + SIGNATURE)).equals(checksum)) {
      throw new ComError(0x8009030f, "bad checksum", { gate: "message signature" });
    }
  }
}

function seal(pdu: Uint8Array, start: number, end: number): void {
  for (let i = start; i < end; i++) pdu[i] = (pdu[i] ?? 0) ^ 0x5a;
}

export interface FakeOptions {
  readonly user?: string;
  readonly legs?: number;
  readonly slow?: boolean;
  readonly service?: number;
}

export function fakeMechanism(
  options: FakeOptions = {},
): ClientMechanism & ServerMechanism & { contexts: number } {
  const { user = "ann", legs = 3, slow = false, service = 10 } = options;
  const make = (isClient: boolean): SecurityContext => new FakeContext(service, isClient, user, legs, slow);
  const mechanism = {
    service,
    contexts: 0,
    createContext(wanted: ClientContextOptions): SecurityContext {
      void wanted;
      mechanism.contexts++;
      return make(true);
    },
  };
  return mechanism;
}

export function fakeServerMechanism(options: FakeOptions = {}): ServerMechanism {
  const { legs = 3, slow = false, service = 10 } = options;
  return { service, createContext: () => new FakeContext(service, false, "", legs, slow) };
}
