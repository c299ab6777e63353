/**
 * The contract between the rpc layer and whatever proves identities: NTLM and SPNEGO now, Kerberos later.
 * A context is a pure state machine without I/O: it eats the peer's tokens and answers with its own; once complete it
 * protects PDUs in place. (The roles of GSS_Init_sec_context and its kin, RFC 2743; their use in RPC, [MS-RPCE] 2.2.1.1.7.)
 */

/** How much of a call is protected ([MS-RPCE] 2.2.1.1.8). */
export const AuthnLevel = {
  /** Nobody is asked who they are. */
  none: 1,
  /** The peer proves itself once per connection; calls are not protected. */
  connect: 2,
  /** As `packet` on connection-oriented transports. */
  call: 3,
  /** Each PDU is proven to come from the peer. */
  packet: 4,
  /** Each PDU is signed. */
  integrity: 5,
  /** Each PDU is signed and its stub data encrypted. */
  privacy: 6,
} as const;
export type AuthenticationLevel = 1 | 2 | 3 | 4 | 5 | 6;

const levelNames = new Map<number, string>(Object.entries(AuthnLevel).map(([name, level]) => [level, name]));

/** A level by name, for messages: `privacy`; `level 9` for one that is none. */
export function authnLevelName(level: number): string {
  return levelNames.get(level) ?? `level ${level}`;
}

/** Who does the proving: the authentication type on the wire ([MS-RPCE] 2.2.1.1.7). */
export const AuthnService = { none: 0, spnego: 9, ntlm: 10, kerberos: 16, netlogon: 68 } as const;

/** What the server may do in the client's name ([MS-RPCE] 2.2.1.1.9). */
export const ImpersonationLevel = { anonymous: 1, identify: 2, impersonate: 3, delegate: 4 } as const;
export type ImpersonationLevelValue = 1 | 2 | 3 | 4;

/** Who the client turned out to be. */
export interface Identity {
  /** Account name as the account store spells it; empty when anonymous. */
  readonly account: string;
  /** Domain (or machine) the account belongs to, as the client named it. */
  readonly domain: string;
  /** Security identifier in text form, when the account store knows one. */
  readonly sid?: string;
  /** NetBIOS name the client gave for its machine; a claim, not proven. */
  readonly workstation?: string;
  readonly anonymous: boolean;
  /** The mechanism that proved it (AuthnService). */
  readonly service: number;
  /** What the server may do in the client's name, when the mechanism tells. */
  readonly impersonation?: ImpersonationLevelValue;
}

/** What a client proves itself with. All fields empty (user "") means anonymous. */
export interface Credentials {
  readonly user: string;
  readonly password?: string;
  /** The NT hash (MD4 of the UTF-16LE password) instead of the password: 16 bytes or 32 hexadecimal digits. */
  readonly ntHash?: Uint8Array | string;
  readonly domain?: string;
}

/** One security context, client or server side. Not safe to share between connections. */
export interface SecurityContext {
  /** Authentication type on the wire (AuthnService). */
  readonly service: number;
  /** True once both sides are satisfied; only then may `protect` and `unprotect` be called. */
  readonly complete: boolean;
  /**
   * Feeds the peer's token and answers the token to send, if any. A client's first call has no token. A client that is
   * complete after it answered a token expects no reply to it (rpc sends AUTH3); one that is not complete expects one
   * (rpc sends ALTER_CONTEXT). On a server it may be asynchronous: accounts are looked up. The token is not kept.
   * Throws (or rejects with) a ComError: SEC_E_INVALID_TOKEN for malformed tokens, ERROR_LOGON_FAILURE or
   * E_ACCESSDENIED with gate "logon" for a refused logon. After an error the context is dead.
   */
  step(token?: Uint8Array): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** Length of the signature in a protected PDU, bytes: auth_length of requests and responses. 16 for NTLM. */
  readonly signatureLength: number;
  /**
   * Protects a PDU in place: signs [start, end) (the whole PDU up to the signature, auth_length already filled in),
   * encrypts [sealStart, sealEnd) when the level is privacy, and writes the signature at `signatureAt`. The sequence
   * number of the direction advances: PDUs must be sent in the order they were protected. Level must be call or higher.
   */
  protect(
    pdu: Uint8Array,
    start: number,
    end: number,
    sealStart: number,
    sealEnd: number,
    signatureAt: number,
    level: AuthenticationLevel,
  ): void;
  /**
   * The reverse, in place; PDUs must come in the order they were received. Throws ComError SEC_E_MESSAGE_ALTERED with
   * gate "message signature" when the signature does not verify; the connection is then of no more use.
   */
  unprotect(
    pdu: Uint8Array,
    start: number,
    end: number,
    sealStart: number,
    sealEnd: number,
    signatureAt: number,
    level: AuthenticationLevel,
  ): void;
  /** Server: who the client is, once complete. Client: undefined. */
  readonly identity: Identity | undefined;
  /** The key both sides share once complete; a secret. The caller must not change it. */
  readonly sessionKey: Uint8Array | undefined;
  /** What SPNEGO needs of a mechanism inside it; absent on SPNEGO's own contexts. */
  readonly negotiation?: NegotiationSupport;
}

/** The services a mechanism gives to SPNEGO around it. */
export interface NegotiationSupport {
  /** True once messages can be signed. */
  readonly available: boolean;
  /** Signs the list of mechanisms; advances the sending sequence number. */
  sign(message: Uint8Array): Uint8Array;
  /** Checks the peer's signature of the list; throws ComError SEC_E_MESSAGE_ALTERED, gate "negotiation". */
  verify(message: Uint8Array, signature: Uint8Array): void;
  /**
   * Called when the exchange of signatures is done. NTLM starts its RC4 key streams anew here but keeps its sequence
   * numbers: seen in captures of Windows, and [MS-SPNG] 3.3.5.1.
   */
  reset(): void;
}

export interface ClientContextOptions {
  /** The level calls will use; decides what is asked of the peer. */
  readonly level: AuthenticationLevel;
  /** Service principal name, like "RPCSS/plc-7"; told to the server, which may check it. */
  readonly target?: string;
  /** What the server may do in our name; impersonate when left out (NTLM can tell identify from the rest, no more). */
  readonly impersonation?: ImpersonationLevelValue;
  /** MD5 of the channel bindings structure (16 bytes; see channelBindingHash), when the connection runs inside TLS. */
  readonly channelBindings?: Uint8Array;
}

export interface ServerContextOptions {
  /** The level the client asked for; the context must be able to give it. */
  readonly level: AuthenticationLevel;
  /** As on the client; when given, a client that names other bindings is refused. */
  readonly channelBindings?: Uint8Array;
  /** The client's address without its port, when it is known: wrong passwords are counted by it. */
  readonly remote?: string;
}

/** Makes client contexts for one identity. */
export interface ClientMechanism {
  readonly service: number;
  /** Object identifiers the mechanism goes by in SPNEGO, preferred first; none if it cannot be negotiated. */
  readonly oids?: readonly string[];
  createContext(options: ClientContextOptions): SecurityContext;
}

/** Makes server contexts; a server offers several mechanisms, keyed by service. */
export interface ServerMechanism {
  readonly service: number;
  readonly oids?: readonly string[];
  createContext(options: ServerContextOptions): SecurityContext;
}
