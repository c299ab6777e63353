import { ComError, HResult } from "../../base/index.ts";
import { badToken } from "../failure.ts";
import {
  type AuthenticationLevel,
  AuthnLevel,
  AuthnService,
  type Identity,
  type NegotiationSupport,
  type SecurityContext,
} from "../mechanism.ts";
import {
  type MessageRange,
  type NtlmSession,
  checkRange,
  createSession,
  messageAltered,
  signatureLength,
} from "./session.ts";

/** What client and server have in common: the life of a context and the protection of messages. */
export abstract class NtlmContext implements SecurityContext {
  readonly service: number = AuthnService.ntlm;
  readonly signatureLength: number = signatureLength;
  readonly negotiation: NegotiationSupport;
  #session: NtlmSession | undefined;
  #sessionKey: Uint8Array | undefined;
  #dead = false;
  readonly #range: MessageRange = { start: 0, end: 0, sealStart: 0, sealEnd: 0, signatureAt: 0 };

  constructor() {
    this.negotiation = negotiationOf(() => this.#session);
  }

  abstract step(token?: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;

  get complete(): boolean {
    return this.#sessionKey !== undefined;
  }

  get identity(): Identity | undefined {
    return undefined;
  }

  get sessionKey(): Uint8Array | undefined {
    return this.#sessionKey;
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
    const session = this.#begin(pdu, start, end, sealStart, sealEnd, signatureAt, level);
    session.protect(pdu, this.#range, level === AuthnLevel.privacy);
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
    const session = this.#begin(pdu, start, end, sealStart, sealEnd, signatureAt, level);
    if (!session.unprotect(pdu, this.#range, level === AuthnLevel.privacy)) {
      throw messageAltered("message signature");
    }
  }

  /** Ends the logon successfully. */
  protected establish(role: "client" | "server", flags: number, key: Uint8Array): void {
    this.#session = createSession(role, flags, key);
    this.#sessionKey = key;
  }

  /** Runs one step of the logon; after a failure the context takes no more tokens. */
  protected attempt<T>(run: () => T): T {
    if (this.#dead) throw badToken("the NTLM logon has failed before");
    if (this.complete) throw badToken("an NTLM message after the logon was complete");
    try {
      return run();
    } catch (error) {
      this.#dead = true;
      throw error;
    }
  }

  /** Marks the context as failed. */
  protected kill(): void {
    this.#dead = true;
  }

  #begin(
    pdu: Uint8Array,
    start: number,
    end: number,
    sealStart: number,
    sealEnd: number,
    signatureAt: number,
    level: AuthenticationLevel,
  ): NtlmSession {
    if (level < AuthnLevel.call) {
      throw new ComError(HResult.E_INVALIDARG, `level ${level} does not protect messages`);
    }
    const range = this.#range;
    range.start = start;
    range.end = end;
    range.sealStart = sealStart;
    range.sealEnd = sealEnd;
    range.signatureAt = signatureAt;
    checkRange(pdu, range);
    return required(this.#session);
  }
}

function required(session: NtlmSession | undefined): NtlmSession {
  if (session === undefined) throw new ComError(HResult.E_UNEXPECTED, "the NTLM logon is not complete");
  return session;
}

/** Message plus room for its signature. */
function withSignature(message: Uint8Array, signature?: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(message.length + signatureLength);
  bytes.set(message);
  if (signature !== undefined) bytes.set(signature, message.length);
  return bytes;
}

/** SPNEGO's view of a context: short messages, signed and checked in a copy. */
function negotiationOf(current: () => NtlmSession | undefined): NegotiationSupport {
  const rangeOf = (n: number): MessageRange => ({
    start: 0,
    end: n,
    sealStart: 0,
    sealEnd: 0,
    signatureAt: n,
  });
  return {
    get available(): boolean {
      return current() !== undefined;
    },
    sign(message) {
      const bytes = withSignature(message);
      required(current()).protect(bytes, rangeOf(message.length), false);
      return bytes.subarray(message.length);
    },
    verify(message, signature) {
      const fits = signature.length === signatureLength;
      const bytes = withSignature(message, fits ? signature : undefined);
      if (!required(current()).unprotect(bytes, rangeOf(message.length), false) || !fits) {
        throw messageAltered("negotiation");
      }
    },
    reset() {
      required(current()).reset();
    },
  };
}
