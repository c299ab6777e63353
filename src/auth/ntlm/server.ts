import {
  type Clock,
  ComError,
  HResult,
  type Logger,
  silentLogger,
  systemClock,
  filetimeOf,
  millisecondsOfFiletime,
} from "../../base/index.ts";
import type { Account, AccountStore } from "../accounts/account.ts";
import { rc4 } from "../crypto/rc4.ts";
import { badToken, logonRefused, notNegotiated } from "../failure.ts";
import {
  ImpersonationLevel,
  AuthnService,
  type Identity,
  type ServerContextOptions,
  type ServerMechanism,
} from "../mechanism.ts";
import { ntlmOid } from "../spnego/oids.ts";
import { SecStatus } from "../status.ts";
import { type AuthenticateMessage, decodeAuthenticate, micLength, micOffset } from "./authenticate.ts";
import { AvFlag, AvId, type AvPair, avFlags, avText, avValue, textPair, timestampPair } from "./av-pair.ts";
import { encodeChallenge } from "./challenge.ts";
import { NtlmContext } from "./context.ts";
import { NtlmFlag, has } from "./flags.ts";
import { type RandomSource, exchangesKey, requireStrength, systemRandom } from "./flow.ts";
import { GuessLimit, type GuessLimits, defaultGuessLimits } from "./guess-limit.ts";
import { messageIntegrityCode } from "./keys.ts";
import { decodeNegotiate } from "./negotiate.ts";
import { type Proof, type ResponseKind, equal, responseKind, verifyResponse } from "./verify.ts";
import { ourVersion } from "./version.ts";

/** Who the server is and what it lets in. Everything weak is off until asked for by name. */
export interface NtlmServerOptions {
  readonly accounts: AccountStore;
  /** NetBIOS name of this machine. */
  readonly machineName: string;
  /** NetBIOS name of the domain; the machine stands for itself when left out. */
  readonly domainName?: string;
  readonly dnsMachineName?: string;
  readonly dnsDomainName?: string;
  /** Let in clients that do not say who they are; identity.anonymous is then true. */
  readonly allowAnonymous?: boolean;
  /** Accept NTLMv1 responses (with and without extended session security); DES, breakable by anyone with an afternoon. */
  readonly allowNtlm1?: boolean;
  /** Accept a lone LMv2 response: sound, but it carries neither time, nor integrity code, nor channel bindings. */
  readonly allowLm2?: boolean;
  /** Refuse clients that send no message integrity code (impacket and old clients send none). */
  readonly requireMic?: boolean;
  /** Refuse clients that name no channel bindings when the connection has them. */
  readonly requireChannelBindings?: boolean;
  /** Least key length for protected levels; 128 when left out. */
  readonly minimumKeyBits?: 128 | 56 | 40;
  /** Greatest difference between the client's stated time and ours, milliseconds; 36 hours when left out, as Windows. */
  readonly maxTimeSkew?: number;
  /** How many wrong passwords are listened to; 20 a minute for an account from one address, 200 for an address, when left out. */
  readonly guessLimits?: GuessLimits;
  /** Tells whether a client may have meant us by this service principal name; asked when the client names one. */
  readonly acceptTarget?: (target: string) => boolean;
  readonly clock?: Clock;
  /** Gets a line for each refused logon, with the reason the wire does not hear. */
  readonly logger?: Logger;
  readonly random?: RandomSource;
}

const defaultMaxTimeSkew = 36 * 3_600_000;

/** NTLM for a server ([MS-NLMP] 3.2). */
export function ntlmServer(options: NtlmServerOptions): ServerMechanism {
  const guesses = new GuessLimit(options.guessLimits ?? defaultGuessLimits, options.clock ?? systemClock);
  return {
    service: AuthnService.ntlm,
    oids: [ntlmOid],
    createContext: (context) => new NtlmServerContext(options, context, guesses),
  };
}

/** What was said before the client's last message. */
interface Opening {
  readonly negotiate: Uint8Array;
  readonly challenge: Uint8Array;
  readonly serverChallenge: Uint8Array;
  readonly flags: number;
}

/** The server's side of one logon: NEGOTIATE in, CHALLENGE out, AUTHENTICATE in. A challenge is good for one answer. */
class NtlmServerContext extends NtlmContext {
  readonly #options: NtlmServerOptions;
  readonly #context: ServerContextOptions;
  readonly #random: RandomSource;
  readonly #guesses: GuessLimit;
  #opening: Opening | undefined;
  #answered = false;
  #identity: Identity | undefined;

  constructor(options: NtlmServerOptions, context: ServerContextOptions, guesses: GuessLimit) {
    super();
    this.#guesses = guesses;
    this.#options = options;
    this.#context = context;
    this.#random = options.random ?? systemRandom;
  }

  override get identity(): Identity | undefined {
    return this.#identity;
  }

  step(token?: Uint8Array): Uint8Array | undefined | Promise<undefined> {
    return this.attempt(() => {
      if (token === undefined) throw badToken("an NTLM server waits for the client's NEGOTIATE message");
      // The messages are needed after this call: for the integrity code, and while an account is looked up.
      const own = token.slice();
      if (this.#opening === undefined) return this.#challenge(own);
      if (this.#answered) throw badToken("a second answer to one NTLM challenge");
      this.#answered = true;
      return this.#authenticate(this.#opening, own);
    });
  }

  #challenge(negotiate: Uint8Array): Uint8Array {
    const asked = decodeNegotiate(negotiate).flags;
    const flags = this.#grant(asked);
    const { allowNtlm1 = false, minimumKeyBits = 128, machineName, domainName } = this.#options;
    requireStrength(flags, this.#context.level, minimumKeyBits, allowNtlm1);
    const serverChallenge = this.#random(8);
    const challenge = encodeChallenge({
      flags,
      targetName: has(flags, NtlmFlag.requestTarget) ? (domainName ?? machineName) : "",
      serverChallenge,
      targetInfo: this.#targetInfo(),
      version: has(flags, NtlmFlag.version) ? ourVersion : undefined,
    });
    this.#opening = { negotiate, challenge, serverChallenge, flags };
    return challenge.slice();
  }

  /** What we take of what the client offers ([MS-NLMP] 3.2.5.1.1). */
  #grant(asked: number): number {
    const taken =
      NtlmFlag.requestTarget |
      NtlmFlag.sign |
      NtlmFlag.seal |
      NtlmFlag.alwaysSign |
      NtlmFlag.extendedSessionSecurity |
      NtlmFlag.identify |
      NtlmFlag.version |
      NtlmFlag.key128 |
      NtlmFlag.keyExchange |
      NtlmFlag.key56;
    let flags = (asked & taken) | NtlmFlag.ntlm | NtlmFlag.targetInfo;
    if (has(asked, NtlmFlag.unicode)) flags |= NtlmFlag.unicode;
    else if (has(asked, NtlmFlag.oem)) flags |= NtlmFlag.oem;
    else throw badToken("NTLM NEGOTIATE message: neither Unicode nor OEM names offered");
    if (has(asked, NtlmFlag.requestTarget)) {
      flags |= this.#options.domainName === undefined ? NtlmFlag.targetTypeServer : NtlmFlag.targetTypeDomain;
    }
    return flags >>> 0;
  }

  #targetInfo(): AvPair[] {
    const { machineName, domainName, dnsMachineName, dnsDomainName, clock = systemClock } = this.#options;
    return [
      textPair(AvId.nbDomainName, domainName ?? machineName),
      textPair(AvId.nbComputerName, machineName),
      textPair(AvId.dnsDomainName, dnsDomainName ?? dnsMachineName ?? machineName),
      textPair(AvId.dnsComputerName, dnsMachineName ?? machineName),
      timestampPair(filetimeOf(clock.now())),
    ];
  }

  #authenticate(opening: Opening, token: Uint8Array): undefined | Promise<undefined> {
    const message = decodeAuthenticate(token);
    const kind = responseKind(message);
    this.#checkKind(kind, message);
    if (kind === "anonymous") return this.#acceptAnonymous(opening, message);
    this.#checkGuesses(message);
    const account = this.#options.accounts.lookup(message.domain, message.user);
    if (!(account instanceof Promise)) return this.#verify(opening, token, message, kind, account);
    return account
      .then((found) => this.#verify(opening, token, message, kind, found))
      .catch((error: unknown) => {
        this.kill();
        throw error;
      });
  }

  #checkKind(kind: ResponseKind, message: AuthenticateMessage): void {
    const { allowAnonymous = false, allowNtlm1 = false, allowLm2 = false } = this.#options;
    if (kind === "anonymous" && !allowAnonymous) {
      this.#refuse("anonymous logons are not allowed", message, HResult.E_ACCESSDENIED);
    }
    if (kind === "ntlmv1" && !allowNtlm1) this.#refuse("NTLMv1 responses are not allowed", message);
    if (kind === "lmv2" && !allowLm2) this.#refuse("lone LMv2 responses are not allowed", message);
  }

  /** Beyond the limit nothing is looked at, so that the right guess does not show either. */
  #checkGuesses(message: AuthenticateMessage): void {
    const wait = this.#guesses.wait(message.user, this.#remote);
    if (wait === 0) return;
    const seconds = Math.ceil(wait / 1000);
    this.#refuse(`too many wrong passwords; no logon is looked at for ${seconds} s`, message);
  }

  get #remote(): string {
    return this.#context.remote ?? "";
  }

  #acceptAnonymous(opening: Opening, message: AuthenticateMessage): undefined {
    this.#exchangeKey(opening, message, new Uint8Array(16));
    this.#identity = { account: "", domain: "", anonymous: true, service: AuthnService.ntlm };
    return undefined;
  }

  #verify(
    opening: Opening,
    token: Uint8Array,
    message: AuthenticateMessage,
    kind: Exclude<ResponseKind, "anonymous">,
    account: Account | undefined,
  ): undefined {
    // An unknown user costs the same work as a wrong password.
    const hash = account?.ntHash ?? this.#random(16);
    const proof = verifyResponse(message, kind, opening.serverChallenge, hash);
    if (account === undefined || proof === undefined) {
      this.#guesses.failed(message.user, this.#remote);
      this.#log(account === undefined ? "there is no such account" : "the password is wrong", message);
      throw logonRefused("unknown user name or wrong password");
    }
    if (account.disabled === true) this.#refuse("the account is disabled", message);
    this.#checkClaims(proof, message);
    const agreed = this.#keyOf(opening, message, proof.keyExchangeKey);
    this.#checkMic(opening, token, message, proof, agreed.key);
    this.establish("server", agreed.flags, agreed.key);
    this.#guesses.succeeded(message.user, this.#remote);
    this.#identity = identityOf(account, message);
    return undefined;
  }

  /** What the client said under its proof: time, channel bindings, target. */
  #checkClaims(proof: Proof, message: AuthenticateMessage): void {
    const { maxTimeSkew = defaultMaxTimeSkew, clock = systemClock, acceptTarget } = this.#options;
    if (proof.timestamp !== undefined && proof.timestamp !== 0n) {
      const skew = Math.abs(millisecondsOfFiletime(proof.timestamp) - clock.now());
      if (skew > maxTimeSkew) this.#refuse("the client's time is too far from ours", message);
    }
    this.#checkBindings(proof.pairs ?? [], message);
    const target = avText(proof.pairs ?? [], AvId.targetName);
    if (acceptTarget !== undefined && target !== undefined && target !== "" && !acceptTarget(target)) {
      this.#refuse(`the client meant another service (${target})`, message);
    }
  }

  #checkBindings(pairs: readonly AvPair[], message: AuthenticateMessage): void {
    const expected = this.#context.channelBindings;
    if (expected === undefined) return;
    const named = avValue(pairs, AvId.channelBindings);
    const absent = named === undefined || named.every((byte) => byte === 0);
    const wrong = absent ? this.#options.requireChannelBindings === true : !equal(expected, named);
    if (wrong) {
      this.#refuse("the client's channel bindings are not ours", message, SecStatus.SEC_E_BAD_BINDINGS);
    }
  }

  #checkMic(
    opening: Opening,
    token: Uint8Array,
    message: AuthenticateMessage,
    proof: Proof,
    key: Uint8Array,
  ): void {
    const announced = (avFlags(proof.pairs ?? []) & AvFlag.micPresent) !== 0;
    if (!announced) {
      if (this.#options.requireMic === true) this.#refuse("the client sends no integrity code", message);
      return;
    }
    const { mic } = message;
    const zeroed = token.slice();
    zeroed.fill(0, micOffset, micOffset + micLength);
    const expected = messageIntegrityCode(key, opening.negotiate, opening.challenge, zeroed);
    if (mic === undefined || !equal(expected, mic)) {
      this.#log("the integrity code over the logon does not match", message);
      throw new ComError(
        SecStatus.SEC_E_MESSAGE_ALTERED,
        "the messages of the logon were changed on the way",
        {
          gate: "logon",
        },
      );
    }
  }

  /** The flags both sides stand by and the key they lead to. */
  #keyOf(
    opening: Opening,
    message: AuthenticateMessage,
    keyExchangeKey: Uint8Array,
  ): { flags: number; key: Uint8Array } {
    const flags = (message.flags & opening.flags) >>> 0;
    const { allowNtlm1 = false, minimumKeyBits = 128 } = this.#options;
    requireStrength(flags, this.#context.level, minimumKeyBits, allowNtlm1);
    if (!exchangesKey(flags)) return { flags, key: keyExchangeKey };
    if (message.encryptedSessionKey.length !== 16) {
      throw notNegotiated("key exchange was agreed on, but no session key of 16 bytes was sent");
    }
    return { flags, key: rc4(keyExchangeKey, message.encryptedSessionKey) };
  }

  #exchangeKey(opening: Opening, message: AuthenticateMessage, keyExchangeKey: Uint8Array): void {
    const { flags, key } = this.#keyOf(opening, message, keyExchangeKey);
    this.establish("server", flags, key);
  }

  #log(reason: string, message: AuthenticateMessage): void {
    const { user, domain, workstation } = message;
    const { remote } = this.#context;
    const fields = { gate: "logon", user, domain, workstation, remote, reason };
    (this.#options.logger ?? silentLogger).warn(fields, "logon refused");
  }

  #refuse(reason: string, message: AuthenticateMessage, code?: number): never {
    this.#log(reason, message);
    throw logonRefused(reason, code);
  }
}

function identityOf(account: Account, message: AuthenticateMessage): Identity {
  return {
    account: account.name,
    domain: account.domain ?? message.domain,
    ...(account.sid === undefined ? {} : { sid: account.sid }),
    ...(message.workstation === "" ? {} : { workstation: message.workstation }),
    anonymous: false,
    service: AuthnService.ntlm,
    impersonation:
      (message.flags & NtlmFlag.identify) === 0
        ? ImpersonationLevel.impersonate
        : ImpersonationLevel.identify,
  };
}
