import {
  type AuthenticateMessage,
  type Credentials,
  createSession,
  decodeAuthenticate,
  decodeChallenge,
  exchangesKey,
  hashOfCredentials,
  type NtlmSession,
  Rc4,
  responseKind,
  verifyResponse,
} from "../auth.ts";

/** Which way a message went. */
export type Way = "toServer" | "toClient";

/** Where in a PDU's bytes the signature and the sealed part are. */
export interface ProtectedPdu {
  readonly bytes: Uint8Array;
  readonly sealStart: number;
  readonly sealEnd: number;
  readonly signatureAt: number;
  readonly seal: boolean;
}

/**
 * Watches an NTLM logon from outside and, when one of the given passwords fits, verifies and opens what it protects
 * ([MS-NLMP] 3.4). Every message of a direction must be shown in order: the key streams run on.
 */
export class NtlmObserver {
  readonly #credentials: readonly Credentials[];
  #serverChallenge: Uint8Array | undefined;
  #sessions: Readonly<Record<Way, NtlmSession>> | undefined;
  /** Messages seen of each direction: the sequence number of the next; Infinity once some were not captured. */
  #next: Record<Way, number> = { toServer: 0, toClient: 0 };

  constructor(credentials: readonly Credentials[]) {
    this.#credentials = credentials;
  }

  /** True when a password fitted and signatures can be checked. */
  get open(): boolean {
    return this.#sessions !== undefined;
  }

  /** One of the three messages. Malformed ones are passed over: they are told of elsewhere. */
  message(token: Uint8Array): void {
    if (token[8] === 1) this.#sessions = undefined;
    else if (token[8] === 2) this.#serverChallenge = decodeChallenge(token).serverChallenge.slice();
    else if (token[8] === 3) this.#authenticate(decodeAuthenticate(token));
  }

  /** The signature of SPNEGO's list of mechanisms: it takes a sequence number, and the key streams start anew after it. */
  listSignature(way: Way, list: Uint8Array, signature: Uint8Array): boolean {
    const session = this.#sessions?.[way];
    if (session === undefined) return false;
    const bytes = new Uint8Array(list.length + signature.length);
    bytes.set(list);
    bytes.set(signature, list.length);
    const { length } = list;
    const range = { start: 0, end: length, sealStart: length, sealEnd: length, signatureAt: length };
    const right = session.unprotect(bytes, range, false);
    session.reset();
    this.#next[way]++;
    return right;
  }

  /**
   * Checks the signature of a PDU and unseals it in place; whether it was right. Undefined when messages before it were not
   * captured: the key stream is lost then.
   */
  unprotect(way: Way, pdu: ProtectedPdu): boolean | undefined {
    const session = this.#sessions?.[way];
    if (session === undefined) return undefined;
    const { bytes, sealStart, sealEnd, signatureAt, seal } = pdu;
    if (sequenceOf(bytes, signatureAt) > this.#next[way]) this.#next[way] = Infinity;
    if (this.#next[way]++ === Infinity) return undefined;
    return session.unprotect(bytes, { start: 0, end: signatureAt, sealStart, sealEnd, signatureAt }, seal);
  }

  #authenticate(message: AuthenticateMessage): void {
    const key = this.#sessionKey(message);
    if (key === undefined) return;
    this.#next = { toServer: 0, toClient: 0 };
    // Each role reads one direction.
    this.#sessions = {
      toServer: createSession("server", message.flags, key),
      toClient: createSession("client", message.flags, key),
    };
  }

  /** The exported session key ([MS-NLMP] 3.1.5.1.2), if one of the passwords made this response. */
  #sessionKey(message: AuthenticateMessage): Uint8Array | undefined {
    const kind = responseKind(message);
    const challenge = this.#serverChallenge;
    if (kind === "anonymous" || challenge === undefined) return undefined;
    for (const credentials of this.#credentials) {
      if (!isOf(message, credentials)) continue;
      const proof = verifyResponse(message, kind, challenge, hashOfCredentials(credentials));
      if (proof === undefined) continue;
      if (!exchangesKey(message.flags)) return proof.keyExchangeKey;
      const key = message.encryptedSessionKey.slice();
      new Rc4(proof.keyExchangeKey).apply(key, 0, key.length);
      return key;
    }
    return undefined;
  }
}

/** Users match without regard to case; an empty user or domain in the credentials fits all. */
function isOf(message: AuthenticateMessage, { user, domain }: Credentials): boolean {
  const same = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
  const domainFits = domain === undefined || domain === "" || same(domain, message.domain);
  return domainFits && (user === "" || same(user, message.user));
}

/** The sequence number of a signature stands in clear at its end ([MS-NLMP] 2.2.2.9.2). */
function sequenceOf(bytes: Uint8Array, signatureAt: number): number {
  if (signatureAt + 16 > bytes.length) return 0;
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(signatureAt + 12, true);
}
