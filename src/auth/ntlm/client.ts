import { type Clock, systemClock, filetimeOf } from "../../base/index.ts";
import { rc4 } from "../crypto/rc4.ts";
import { badToken, notNegotiated } from "../failure.ts";
import {
  AuthnLevel,
  AuthnService,
  type ClientContextOptions,
  type ClientMechanism,
  type Credentials,
  ImpersonationLevel,
} from "../mechanism.ts";
import { ntlmOid } from "../spnego/oids.ts";
import { type AuthenticateMessage, encodeAuthenticate, micOffset } from "./authenticate.ts";
import { AvFlag, AvId, type AvPair, avFlags, avTimestamp, flagsPair, textPair } from "./av-pair.ts";
import { type ChallengeMessage, decodeChallenge } from "./challenge.ts";
import { NtlmContext } from "./context.ts";
import { NtlmFlag, has } from "./flags.ts";
import { type RandomSource, exchangesKey, requireStrength, systemRandom } from "./flow.ts";
import { hashOfCredentials, ntlmV2Hash } from "./hash.ts";
import { messageIntegrityCode } from "./keys.ts";
import { encodeNegotiate } from "./negotiate.ts";
import { respondV1, respondV1Extended } from "./v1.ts";
import { respondLmV2, respondV2 } from "./v2.ts";
import { ourVersion } from "./version.ts";

export interface NtlmClientOptions {
  /** NetBIOS name of our machine, told to the server; empty when left out. */
  readonly workstation?: string;
  /** Least key length accepted from the server for protected levels; 128 when left out. */
  readonly minimumKeyBits?: 128 | 56 | 40;
  /** Answer with NTLMv1 and accept sessions without extended session security: only for servers that know no better. */
  readonly useNtlm1?: boolean;
  readonly clock?: Clock;
  readonly random?: RandomSource;
}

/** What the answer to a challenge is made of. */
interface Answer {
  readonly lmResponse: Uint8Array;
  readonly ntResponse: Uint8Array;
  readonly keyExchangeKey: Uint8Array;
  readonly withMic: boolean;
}

/**
 * NTLM for a client with these credentials ([MS-NLMP] 3.1). The password is hashed at once and not kept. Anonymous when
 * the user is empty and no secret is given.
 */
export function ntlmClient(credentials: Credentials, options: NtlmClientOptions = {}): ClientMechanism {
  const anonymous =
    credentials.user === "" && credentials.password === undefined && credentials.ntHash === undefined;
  const logon: Logon = {
    user: credentials.user,
    domain: credentials.domain ?? "",
    hash: anonymous ? undefined : hashOfCredentials(credentials),
  };
  return {
    service: AuthnService.ntlm,
    oids: [ntlmOid],
    createContext: (context) => new NtlmClientContext(logon, options, context),
  };
}

interface Logon {
  readonly user: string;
  readonly domain: string;
  /** Undefined: anonymous. */
  readonly hash: Uint8Array | undefined;
}

/** The client's side of one logon: NEGOTIATE out, CHALLENGE in, AUTHENTICATE out. */
class NtlmClientContext extends NtlmContext {
  readonly #logon: Logon;
  readonly #options: NtlmClientOptions;
  readonly #context: ClientContextOptions;
  readonly #random: RandomSource;
  #negotiate: Uint8Array | undefined;

  constructor(logon: Logon, options: NtlmClientOptions, context: ClientContextOptions) {
    super();
    this.#logon = logon;
    this.#options = options;
    this.#context = context;
    this.#random = options.random ?? systemRandom;
  }

  step(token?: Uint8Array): Uint8Array {
    return this.attempt(() => {
      if (this.#negotiate === undefined) {
        if (token !== undefined && token.length > 0) throw badToken("an NTLM client speaks first");
        this.#negotiate = encodeNegotiate({ flags: this.#offer(), version: ourVersion });
        // The context keeps its own copy for the integrity code; the caller may do with the token as it likes.
        return this.#negotiate.slice();
      }
      if (token === undefined) throw badToken("the NTLM CHALLENGE message is missing");
      return this.#answer(this.#negotiate, token);
    });
  }

  #offer(): number {
    const { level, impersonation } = this.#context;
    let flags =
      NtlmFlag.unicode |
      NtlmFlag.requestTarget |
      NtlmFlag.sign |
      NtlmFlag.ntlm |
      NtlmFlag.alwaysSign |
      NtlmFlag.extendedSessionSecurity |
      NtlmFlag.version |
      NtlmFlag.key128 |
      NtlmFlag.keyExchange |
      NtlmFlag.key56;
    if (level === AuthnLevel.privacy) flags |= NtlmFlag.seal;
    if (impersonation !== undefined && impersonation <= ImpersonationLevel.identify) {
      flags |= NtlmFlag.identify;
    }
    if (this.#logon.hash === undefined) flags |= NtlmFlag.anonymous;
    return flags >>> 0;
  }

  #answer(negotiate: Uint8Array, token: Uint8Array): Uint8Array {
    const challenge = decodeChallenge(token);
    const granted = this.#granted(challenge);
    const answer = this.#respond(challenge, granted);
    const exported = exchangesKey(granted) ? this.#random(16) : answer.keyExchangeKey;
    const message: AuthenticateMessage = {
      flags: granted,
      lmResponse: answer.lmResponse,
      ntResponse: answer.ntResponse,
      domain: this.#logon.domain,
      user: this.#logon.user,
      workstation: this.#options.workstation ?? "",
      encryptedSessionKey: exchangesKey(granted) ? rc4(answer.keyExchangeKey, exported) : new Uint8Array(0),
      version: ourVersion,
    };
    const bytes = encodeAuthenticate(message);
    if (answer.withMic) bytes.set(messageIntegrityCode(exported, negotiate, token, bytes), micOffset);
    this.establish("client", granted, exported);
    return bytes;
  }

  /** What we offered and the server took; throws when that is too little. */
  #granted(challenge: ChallengeMessage): number {
    const granted = (challenge.flags & (this.#offer() | NtlmFlag.targetInfo | NtlmFlag.anonymous)) >>> 0;
    if (!has(granted, NtlmFlag.unicode)) throw notNegotiated("the server does not speak Unicode");
    const { minimumKeyBits = 128, useNtlm1 = false } = this.#options;
    requireStrength(granted, this.#context.level, minimumKeyBits, useNtlm1);
    return (granted | (this.#offer() & NtlmFlag.anonymous)) >>> 0;
  }

  #respond(challenge: ChallengeMessage, granted: number): Answer {
    const { hash } = this.#logon;
    if (hash === undefined) {
      const none = { ntResponse: new Uint8Array(0), lmResponse: new Uint8Array(1) };
      return { ...none, keyExchangeKey: new Uint8Array(16), withMic: false };
    }
    if (this.#options.useNtlm1 !== true) return this.#respondV2(hash, challenge);
    const { serverChallenge } = challenge;
    const responses = has(granted, NtlmFlag.extendedSessionSecurity)
      ? respondV1Extended(hash, serverChallenge, this.#random(8))
      : respondV1(hash, serverChallenge);
    return { ...responses, withMic: false };
  }

  /** NTLMv2; an integrity code and no LM response when the server told its time ([MS-NLMP] 3.1.5.1.2). */
  #respondV2(hash: Uint8Array, challenge: ChallengeMessage): Answer {
    const key = ntlmV2Hash(hash, this.#logon.user, this.#logon.domain);
    const theirTime = avTimestamp(challenge.targetInfo ?? []);
    const nonce = this.#random(8);
    const clock = this.#options.clock ?? systemClock;
    const { response, sessionBaseKey } = respondV2(key, challenge.serverChallenge, {
      timestamp: theirTime ?? filetimeOf(clock.now()),
      nonce,
      pairs: this.#pairs(challenge.targetInfo ?? [], theirTime !== undefined),
    });
    const lmResponse =
      theirTime === undefined
        ? respondLmV2(key, challenge.serverChallenge, nonce).response
        : new Uint8Array(24);
    const withMic = theirTime !== undefined;
    return { lmResponse, ntResponse: response, keyExchangeKey: sessionBaseKey, withMic };
  }

  /** The server's pairs, then ours: integrity code present, channel bindings, the service we think we talk to. */
  #pairs(theirs: readonly AvPair[], withMic: boolean): AvPair[] {
    const ours: readonly number[] = [AvId.flags, AvId.channelBindings, AvId.targetName];
    const pairs = theirs.filter((pair) => !ours.includes(pair.id));
    const flags = avFlags(theirs) | (withMic ? AvFlag.micPresent : 0);
    if (flags !== 0) pairs.push(flagsPair(flags));
    pairs.push({ id: AvId.channelBindings, value: this.#context.channelBindings ?? new Uint8Array(16) });
    pairs.push(textPair(AvId.targetName, this.#context.target ?? ""));
    return pairs;
  }
}
