import { ComError, HResult } from "../../base/index.ts";
import { badToken } from "../failure.ts";
import { type AuthenticationLevel, AuthnService, type Identity, type SecurityContext } from "../mechanism.ts";

/** What SPNEGO's client and server have in common: everything but the negotiation is the inner mechanism's work. */
export abstract class SpnegoContext implements SecurityContext {
  readonly service: number = AuthnService.spnego;
  protected inner: SecurityContext | undefined;
  protected finished = false;
  #dead = false;

  abstract step(token?: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;

  get complete(): boolean {
    return this.finished;
  }

  get signatureLength(): number {
    return this.#mechanism.signatureLength;
  }

  get identity(): Identity | undefined {
    return this.finished ? this.inner?.identity : undefined;
  }

  get sessionKey(): Uint8Array | undefined {
    return this.finished ? this.inner?.sessionKey : undefined;
  }

  protect(
    pdu: Uint8Array,
    start: number,
    end: number,
    sealStart: number,
    sealEnd: number,
    signatureAt: number,
    level: AuthenticationLevel,
  ): void {
    this.#mechanism.protect(pdu, start, end, sealStart, sealEnd, signatureAt, level);
  }

  unprotect(
    pdu: Uint8Array,
    start: number,
    end: number,
    sealStart: number,
    sealEnd: number,
    signatureAt: number,
    level: AuthenticationLevel,
  ): void {
    this.#mechanism.unprotect(pdu, start, end, sealStart, sealEnd, signatureAt, level);
  }

  /** Runs one step; after a failure the context takes no more tokens. */
  protected attempt(run: () => Answer): Answer {
    if (this.#dead) throw badToken("the SPNEGO negotiation has failed before");
    if (this.finished) throw badToken("a SPNEGO token after the negotiation was complete");
    const fail = (error: unknown): never => {
      this.#dead = true;
      throw error;
    };
    try {
      const answer = run();
      return answer instanceof Promise ? answer.catch(fail) : answer;
    } catch (error) {
      return fail(error);
    }
  }

  get #mechanism(): SecurityContext {
    if (this.inner === undefined || !this.finished) {
      throw new ComError(HResult.E_UNEXPECTED, "the SPNEGO negotiation is not complete");
    }
    return this.inner;
  }
}

export type Answer = Uint8Array | undefined | Promise<Uint8Array | undefined>;

/** Goes on with a value now or when its promise is kept. */
export function whenKnown<T>(value: T | Promise<T>, proceed: (value: T) => Uint8Array | undefined): Answer {
  return value instanceof Promise ? value.then((known) => proceed(known)) : proceed(value);
}
