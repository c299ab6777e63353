import { ComError, HResult } from "../../base/index.ts";
import { badToken } from "../failure.ts";
import {
  AuthnService,
  type SecurityContext,
  type ServerContextOptions,
  type ServerMechanism,
} from "../mechanism.ts";
import { isNtlm } from "../ntlm/fields.ts";
import { messageAltered } from "../ntlm/session.ts";
import { SecStatus } from "../status.ts";
import { type Answer, SpnegoContext, whenKnown } from "./context.ts";
import { ntlmOid } from "./oids.ts";
import {
  NegState,
  type NegTokenInit,
  type NegTokenResp,
  decodeSpnego,
  encodeNegTokenInit,
  encodeNegTokenResp,
} from "./token.ts";

/** The hint every server sends; it means nothing ([MS-SPNG] 2.2.1). */
const hintName = "not_defined_in_RFC4178@please_ignore";

/**
 * SPNEGO for a server ([MS-SPNG] 3.3): the first mechanism of the client's list that is among these is taken. A raw
 * NTLM message is accepted in place of a SPNEGO token, as Windows does ([MS-SPNG] 3.3.5.1, "reauthentication").
 */
export function spnegoServer(mechanisms: readonly ServerMechanism[]): ServerMechanism {
  const negotiable = mechanisms.filter((mechanism) => (mechanism.oids ?? []).length > 0);
  if (negotiable.length === 0) {
    throw new ComError(HResult.E_INVALIDARG, "SPNEGO needs at least one mechanism with an object identifier");
  }
  return {
    service: AuthnService.spnego,
    createContext: (options) => new SpnegoServerContext(negotiable, options),
  };
}

class SpnegoServerContext extends SpnegoContext {
  readonly #mechanisms: readonly ServerMechanism[];
  readonly #options: ServerContextOptions;
  /** The client's list as it came: what both signatures are over. */
  #mechTypes: Uint8Array = new Uint8Array(0);
  /** True when the client's preference was not taken: then its list must be signed. */
  #mustSign = false;
  #raw = false;

  constructor(mechanisms: readonly ServerMechanism[], options: ServerContextOptions) {
    super();
    this.#mechanisms = mechanisms;
    this.#options = options;
  }

  step(token?: Uint8Array): Answer {
    return this.attempt(() => {
      if (token === undefined || token.length === 0) return this.#greet();
      if (this.#raw || (this.inner === undefined && isNtlm(token))) return this.#passThrough(token);
      const decoded = decodeSpnego(token);
      if (this.inner === undefined) {
        if (decoded.kind !== "init") throw badToken("SPNEGO NegTokenResp where NegTokenInit was due");
        return this.#begin(decoded.init);
      }
      if (decoded.kind !== "resp") throw badToken("a second SPNEGO NegTokenInit");
      return this.#continue(this.inner, decoded.resp);
    });
  }

  /** A server that must speak first lists what it has. */
  #greet(): Uint8Array {
    if (this.inner !== undefined) throw badToken("the client's SPNEGO token is missing");
    return encodeNegTokenInit({ mechTypes: this.#mechanisms.flatMap(({ oids }) => oids ?? []), hintName });
  }

  #passThrough(token: Uint8Array): Answer {
    this.#raw = true;
    this.inner ??= this.#find(ntlmOid)?.createContext(this.#options);
    const { inner } = this;
    if (inner === undefined) throw badToken("a raw NTLM message, but NTLM is not offered");
    return whenKnown(inner.step(token), (answer) => {
      this.finished = inner.complete;
      return answer;
    });
  }

  #begin(init: NegTokenInit): Answer {
    const chosen = init.mechTypes.find((oid) => this.#find(oid) !== undefined);
    if (chosen === undefined) {
      throw new ComError(
        SecStatus.SEC_E_SECPKG_NOT_FOUND,
        `the client offers none of our mechanisms: ${init.mechTypes.join(", ")}`,
        { gate: "negotiation" },
      );
    }
    const inner = (this.#find(chosen) as ServerMechanism).createContext(this.#options);
    this.inner = inner;
    this.#mechTypes = init.mechTypesRaw?.slice() ?? this.#mechTypes;
    this.#mustSign = chosen !== init.mechTypes[0];
    if (this.#mustSign || init.mechToken === undefined) {
      const negState = this.#mustSign ? NegState.requestMic : NegState.acceptIncomplete;
      return encodeNegTokenResp({ negState, supportedMech: chosen });
    }
    return whenKnown(inner.step(init.mechToken), (token) =>
      inner.complete
        ? this.#finish(inner, token, init.mechListMic, chosen)
        : encodeNegTokenResp({
            negState: NegState.acceptIncomplete,
            supportedMech: chosen,
            responseToken: token,
          }),
    );
  }

  #continue(inner: SecurityContext, resp: NegTokenResp): Answer {
    const { responseToken } = resp;
    if (responseToken === undefined) throw badToken("SPNEGO NegTokenResp without the mechanism's token");
    // The token is the caller's: the signature is needed after the logon, which may take a while.
    const mechListMic = resp.mechListMic?.slice();
    return whenKnown(inner.step(responseToken), (token) =>
      inner.complete
        ? this.#finish(inner, token, mechListMic)
        : encodeNegTokenResp({ negState: NegState.acceptIncomplete, responseToken: token }),
    );
  }

  /** Checks the client's signature of its list, adds ours, and closes the negotiation (RFC 4178 5). */
  #finish(
    inner: SecurityContext,
    responseToken: Uint8Array | undefined,
    mechListMic: Uint8Array | undefined,
    supportedMech?: string,
  ): Uint8Array {
    const { negotiation } = inner;
    let ours: Uint8Array | undefined;
    if (mechListMic !== undefined && negotiation !== undefined) {
      negotiation.verify(this.#mechTypes, mechListMic);
      ours = negotiation.sign(this.#mechTypes);
      negotiation.reset();
    } else if (this.#mustSign) {
      throw messageAltered("negotiation");
    }
    this.finished = true;
    return encodeNegTokenResp({
      negState: NegState.acceptCompleted,
      supportedMech,
      responseToken,
      mechListMic: ours,
    });
  }

  #find(oid: string): ServerMechanism | undefined {
    return this.#mechanisms.find(({ oids }) => oids?.includes(oid));
  }
}
