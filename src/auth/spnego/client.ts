import { ComError, HResult } from "../../base/index.ts";
import { badToken } from "../failure.ts";
import { AuthnService, type ClientContextOptions, type ClientMechanism } from "../mechanism.ts";
import { messageAltered } from "../ntlm/session.ts";
import { type Answer, SpnegoContext, whenKnown } from "./context.ts";
import {
  NegState,
  type NegTokenResp,
  decodeSpnego,
  encodeMechTypes,
  encodeNegTokenInit,
  encodeNegTokenResp,
} from "./token.ts";

/** SPNEGO over the given mechanisms, preferred first ([MS-SPNG] 3.2, RFC 4178). */
export function spnegoClient(mechanisms: readonly ClientMechanism[]): ClientMechanism {
  const negotiable = mechanisms.filter((mechanism) => (mechanism.oids ?? []).length > 0);
  if (negotiable.length === 0) {
    throw new ComError(HResult.E_INVALIDARG, "SPNEGO needs at least one mechanism with an object identifier");
  }
  return {
    service: AuthnService.spnego,
    createContext: (options) => new SpnegoClientContext(negotiable, options),
  };
}

class SpnegoClientContext extends SpnegoContext {
  readonly #mechanisms: readonly ClientMechanism[];
  readonly #options: ClientContextOptions;
  readonly #offered: readonly string[];
  #chosen: string | undefined;
  #started = false;
  #signed = false;

  constructor(mechanisms: readonly ClientMechanism[], options: ClientContextOptions) {
    super();
    this.#mechanisms = mechanisms;
    this.#options = options;
    this.#offered = mechanisms.flatMap((mechanism) => mechanism.oids ?? []);
  }

  step(token?: Uint8Array): Answer {
    return this.attempt(() => {
      if (!this.#started) return this.#open(token);
      if (token === undefined) throw badToken("the server's SPNEGO token is missing");
      const decoded = decodeSpnego(token);
      if (decoded.kind !== "resp") throw badToken("SPNEGO NegTokenInit where NegTokenResp was due");
      return this.#continue(decoded.resp);
    });
  }

  /** Offers all mechanisms with a first token of the preferred one. */
  #open(token: Uint8Array | undefined): Answer {
    if (token !== undefined && token.length > 0) throw badToken("a SPNEGO client speaks first here");
    this.#started = true;
    this.#use(this.#offered[0] as string);
    return whenKnown(this.#inner.step(), (mechToken) =>
      encodeNegTokenInit({ mechTypes: this.#offered, mechToken }),
    );
  }

  #continue(resp: NegTokenResp): Answer {
    if (resp.negState === NegState.reject) {
      throw new ComError(HResult.E_ACCESSDENIED, "the server rejected the negotiation", {
        gate: "logon",
        remote: true,
      });
    }
    const switched = this.#choose(resp.supportedMech);
    if (this.#inner.complete) return this.#finish(resp);
    if (resp.responseToken === undefined && !switched) {
      throw badToken("SPNEGO NegTokenResp without the mechanism's token");
    }
    return whenKnown(this.#inner.step(resp.responseToken), (token) => this.#reply(resp, token));
  }

  /** Takes the server's choice, told once; answers whether it is another mechanism than we began with. */
  #choose(supportedMech: string | undefined): boolean {
    if (supportedMech === undefined || this.#chosen !== undefined) return false;
    if (!this.#offered.includes(supportedMech)) {
      throw badToken(`the server chose ${supportedMech}, which was not offered`);
    }
    this.#chosen = supportedMech;
    if (supportedMech === this.#offered[0]) return false;
    this.#use(supportedMech);
    return true;
  }

  /** The mechanism's answer; with its last token goes the signature of the list. */
  #reply(resp: NegTokenResp, token: Uint8Array | undefined): Uint8Array | undefined {
    const { complete, negotiation } = this.#inner;
    if (!complete) return encodeNegTokenResp({ responseToken: token });
    if (resp.negState === NegState.acceptCompleted && token === undefined) return this.#finish(resp);
    if (negotiation?.available !== true) return encodeNegTokenResp({ responseToken: token });
    this.#signed = true;
    const mechListMic = negotiation.sign(encodeMechTypes(this.#offered));
    return encodeNegTokenResp({ responseToken: token, mechListMic });
  }

  /** The server's last word: its signature must be there when ours was, or when our preference was not taken. */
  #finish(resp: NegTokenResp): undefined {
    if (resp.negState !== NegState.acceptCompleted) {
      throw badToken(`SPNEGO NegTokenResp with state ${resp.negState} where accept-completed was due`);
    }
    const { negotiation } = this.#inner;
    const changed = this.#chosen !== undefined && this.#chosen !== this.#offered[0];
    if (resp.mechListMic !== undefined && negotiation !== undefined) {
      negotiation.verify(encodeMechTypes(this.#offered), resp.mechListMic);
      negotiation.reset();
    } else if (this.#signed || changed) {
      throw messageAltered("negotiation");
    }
    this.finished = true;
    return undefined;
  }

  get #inner(): NonNullable<SpnegoContext["inner"]> {
    if (this.inner === undefined) throw badToken("no mechanism was begun");
    return this.inner;
  }

  #use(oid: string): void {
    const mechanism = this.#mechanisms.find(({ oids }) => oids?.includes(oid));
    this.inner = mechanism?.createContext(this.#options);
  }
}
