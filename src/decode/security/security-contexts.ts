import { setBounded } from "../bounded-map.ts";
import type { Credentials } from "../auth.ts";
import type { AuthVerifier } from "../rpc.ts";
import { openGssFrame } from "../tokens/gss-frame.ts";
import { isNtlm } from "../tokens/ntlm.ts";
import { SPNEGO_OID } from "../tokens/oids.ts";
import { isNegotiation, parseNegotiation } from "../tokens/spnego.ts";
import { NtlmObserver, type Way } from "./ntlm-observer.ts";

/** One security context of a connection, as far as it can be followed from outside. */
interface Watched {
  readonly ntlm: NtlmObserver;
  /** The list of mechanisms SPNEGO signs. */
  mechanismList: Uint8Array;
}

/** A PDU's signature checked, and its bytes unsealed. */
export interface Opened {
  readonly verified: boolean;
  readonly bytes: Uint8Array;
}

/** Bytes of the verifier before its value. */
const TRAILER_BYTES = 8;
const LEVEL_CALL = 3;
const LEVEL_PRIVACY = 6;

/** The security contexts of one connection by auth_context_id; opens what the given passwords can open. */
export class SecurityContexts {
  readonly #credentials: readonly Credentials[];
  readonly #contexts = new Map<number, Watched>();
  readonly #limit: number;

  constructor(credentials: readonly Credentials[], limit: number) {
    this.#credentials = credentials;
    this.#limit = limit;
  }

  /**
   * Shows a handshake token; whether SPNEGO's signature in it is right, when it has one and the key is known. Malformed tokens
   * are passed over: they are told of where the PDU is explained.
   */
  token(way: Way, verifier: AuthVerifier): boolean | undefined {
    if (this.#credentials.length === 0) return undefined;
    try {
      return this.#read(way, this.#context(verifier.contextId), verifier.value);
    } catch {
      this.#contexts.delete(verifier.contextId);
      return undefined;
    }
  }

  /**
   * Checks and unseals a request, response or fault. Undefined when there is no key for it, when PDUs before it
   * are missing, or when its level protects nothing.
   * @param sealStart where the stub begins in `bytes`.
   */
  open(way: Way, verifier: AuthVerifier, bytes: Uint8Array, sealStart: number): Opened | undefined {
    const context = this.#contexts.get(verifier.contextId);
    if (context?.ntlm.open !== true || verifier.level < LEVEL_CALL) return undefined;
    const copy = bytes.slice();
    const signatureAt = copy.length - verifier.value.length;
    const sealEnd = signatureAt - TRAILER_BYTES;
    const seal = verifier.level === LEVEL_PRIVACY;
    const verified = context.ntlm.unprotect(way, { bytes: copy, sealStart, sealEnd, signatureAt, seal });
    return verified === undefined ? undefined : { verified, bytes: copy };
  }

  #context(id: number): Watched {
    const known = this.#contexts.get(id);
    if (known !== undefined) return known;
    const made: Watched = { ntlm: new NtlmObserver(this.#credentials), mechanismList: new Uint8Array() };
    setBounded(this.#contexts, id, made, this.#limit);
    return made;
  }

  #read(way: Way, context: Watched, token: Uint8Array): boolean | undefined {
    if (isNtlm(token)) {
      context.ntlm.message(token);
      return undefined;
    }
    const frame = openGssFrame(token);
    const inner = frame === undefined ? token : frame.oid === SPNEGO_OID ? frame.inner : undefined;
    if (inner === undefined || !isNegotiation(inner)) return undefined;
    const { mechanismList, token: nested, mic } = parseNegotiation(inner);
    if (mechanismList !== undefined) context.mechanismList = mechanismList.slice();
    if (nested !== undefined) this.#read(way, context, nested);
    if (mic === undefined || !context.ntlm.open) return undefined;
    return context.ntlm.listSignature(way, context.mechanismList, mic);
  }
}
