import { AuthnLevel } from "../../auth/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import { NDR20, BindTimeFeature, type SyntaxId, featureSyntax, formatSyntax } from "../pdu/syntax.ts";
import { PacketType, PfcFlag } from "../pdu/packet-type.ts";
import { type Pdu, type PduBody, decodePdu, encodePdu, makePdu } from "../pdu/pdu.ts";
import { ContextResult, type PresentationContext } from "../pdu/presentation.ts";
import type { AuthVerifier } from "../pdu/verifier.ts";
import { WHOLE } from "../wire/fields.ts";
import type { Protection } from "../wire/protection.ts";
import type { Association } from "./association.ts";
import { Binding } from "./binding.ts";
import { type Acknowledgement, acknowledgementOf, checkAccepted } from "./negotiation.ts";
import { type BindingSecurity, SecurityHandle } from "./security.ts";

interface Presentation {
  readonly id: number;
  readonly transferSyntax: SyntaxId;
  readonly bindings: Binding[];
}

/** More legs than any mechanism needs. */
const MOST_LEGS = 10;
const FEATURE_CONTEXT = 0xffff;
const LEAST_FRAGMENT = 1432; // [C706] 12.6.3.1: MustRecvFragSize

/** Opens presentation and security contexts, one exchange after the other ([MS-RPCE] 3.3.1.5.2). */
export class Binder {
  readonly #association: Association;
  readonly #presentations = new Map<string, Presentation>();
  readonly #securities: SecurityHandle[] = [];
  readonly #protections = new Map<number, Protection>();
  #turn: Promise<unknown> = Promise.resolve();
  #answer:
    | {
        readonly callId: number;
        readonly resolve: (pdu: Pdu) => void;
        readonly reject: (error: ComError) => void;
      }
    | undefined;
  #bound = false;
  #nextContextId = 0;
  #nextSecurityId = 1;
  /** The server lets several calls be outstanding. */
  concurrent = false;
  headerSigning = false;
  features = 0;
  maxTransmit: number;
  maxReceive: number;
  group: number;

  constructor(association: Association) {
    this.#association = association;
    const size = association.fragmentBytes;
    this.maxTransmit = size;
    this.maxReceive = size;
    this.group = association.options.associationGroup ?? 0;
  }

  /** The protection of a security context, by auth_context_id. */
  protection(contextId: number): Protection | undefined {
    return this.#protections.get(contextId);
  }

  /** A binding made before, if it is of the wanted kind. */
  find(syntax: SyntaxId, security: SecurityHandle | undefined): Binding | undefined {
    const presentation = this.#presentations.get(keyOf(syntax));
    return presentation?.bindings.find((binding) => binding.security === security);
  }

  /** The context that serves `security`, if there is one already. */
  securityFor(security: BindingSecurity | SecurityHandle | undefined): SecurityHandle | undefined {
    if (security === undefined || security instanceof SecurityHandle) return security;
    return this.#securities.find((handle) => handle.serves(security));
  }

  /** Waits for its turn, then binds. */
  bind(syntax: SyntaxId, security: BindingSecurity | SecurityHandle | undefined): Promise<Binding> {
    const mine = this.#turn.then(() => this.#bind(syntax, security));
    this.#turn = mine.catch(() => {});
    return mine;
  }

  async #bind(syntax: SyntaxId, security: BindingSecurity | SecurityHandle | undefined): Promise<Binding> {
    const wanted = wantsNothing(security) ? undefined : security;
    const known = this.securityFor(wanted);
    const found = wanted === undefined || known !== undefined ? this.find(syntax, known) : undefined;
    if (found !== undefined) return found;
    const handle = known ?? (wanted === undefined ? undefined : this.#newSecurity(wanted as BindingSecurity));
    const presentation = await this.#open(syntax, handle);
    const binding = new Binding(
      this.#association,
      syntax,
      presentation.transferSyntax,
      presentation.id,
      handle,
    );
    presentation.bindings.push(binding);
    return binding;
  }

  #newSecurity(wanted: BindingSecurity): SecurityHandle {
    return new SecurityHandle(wanted, this.#nextSecurityId++);
  }

  async #open(syntax: SyntaxId, handle: SecurityHandle | undefined): Promise<Presentation> {
    const known = this.#presentations.get(keyOf(syntax));
    const fresh = handle !== undefined && !handle.established;
    if (known !== undefined && !fresh) return known;
    const context: PresentationContext = {
      id: known?.id ?? this.#nextContextId++,
      abstractSyntax: syntax,
      transferSyntaxes: this.#association.options.transferSyntaxes ?? [NDR20],
    };
    const token = fresh ? await handle.context.step() : undefined;
    const where = formatSyntax(syntax);
    const pdu = await this.#exchange(context, token === undefined ? undefined : handle?.verifier(token));
    const accepted = acknowledgementOf(pdu, where, token !== undefined);
    this.#learn(accepted, pdu);
    checkAccepted(accepted.results[0], syntax, where);
    if (fresh) await this.#authenticate(handle, context, pdu);
    const transferSyntax = accepted.results[0]?.transferSyntax ?? NDR20;
    const presentation = known ?? { id: context.id, transferSyntax, bindings: [] };
    this.#presentations.set(keyOf(syntax), presentation);
    return presentation;
  }

  /** Sends a bind, or an alter_context once bound, and waits for the answer. */
  #exchange(context: PresentationContext, auth: AuthVerifier | undefined): Promise<Pdu> {
    const first = !this.#bound;
    const contexts = first && this.#asksFeatures() ? [context, featureContext(context)] : [context];
    const body: PduBody = {
      type: first ? PacketType.bind : PacketType.alterContext,
      maxTransmit: this.#association.fragmentBytes,
      maxReceive: this.#association.fragmentBytes,
      associationGroup: this.group,
      contexts,
    };
    const { ending } = this.#association;
    if (ending !== undefined) return Promise.reject(ending);
    const callId = this.#association.nextCallId();
    return new Promise<Pdu>((resolve, reject) => {
      const timer = this.#association.clock.after(this.#association.timeout, () =>
        this.#association.abort(
          new ComError(HResult.RPC_E_TIMEOUT, "the server does not answer the bind", {
            where: formatSyntax(context.abstractSyntax),
          }),
        ),
      );
      this.#answer = {
        callId,
        resolve: (pdu) => (timer[Symbol.dispose](), resolve(pdu)),
        reject: (error) => (timer[Symbol.dispose](), reject(error)),
      };
      this.#association.sendPdu(encodePdu(makePdu(body, callId, this.#flags(auth !== undefined), auth)));
    });
  }

  #asksFeatures(): boolean {
    return this.#association.options.bindTimeFeatures ?? true;
  }

  #flags(secured: boolean): number {
    const sign = secured && (this.#association.options.headerSigning ?? true) ? PfcFlag.supportHeaderSign : 0;
    return WHOLE | PfcFlag.concurrentMultiplexing | sign;
  }

  /** An answer to a bind has come. False when nobody waits for it. */
  answered(bytes: Uint8Array, start: number, length: number, callId: number): boolean {
    const waiting = this.#answer;
    if (waiting === undefined || (waiting.callId !== callId && !this.#association.options.lenientCallIds)) {
      return false;
    }
    this.#answer = undefined;
    waiting.resolve(decodePdu(bytes, start, start + length));
    return true;
  }

  failed(error: ComError): void {
    const waiting = this.#answer;
    this.#answer = undefined;
    waiting?.reject(error);
  }

  /** What a bind_ack tells about the connection. */
  #learn(accepted: Acknowledgement, pdu: Pdu): void {
    if (this.#bound) return;
    this.#bound = true;
    this.concurrent = (pdu.header.flags & PfcFlag.concurrentMultiplexing) !== 0;
    this.headerSigning = (pdu.header.flags & PfcFlag.supportHeaderSign) !== 0;
    this.group = accepted.associationGroup;
    this.maxTransmit = Math.max(LEAST_FRAGMENT, Math.min(this.maxTransmit, accepted.maxReceive));
    const feature = accepted.results[1];
    this.features = feature?.result === ContextResult.negotiateAck ? feature.reason : 0;
    this.#association.opened();
  }

  /** Goes on exchanging tokens until both sides are satisfied. */
  async #authenticate(handle: SecurityHandle, context: PresentationContext, first: Pdu): Promise<void> {
    let pdu = first;
    for (let leg = 0; leg < MOST_LEGS; leg++) {
      const token = await this.#step(handle, pdu);
      if (token === undefined) {
        handle.proven = true;
        break;
      }
      if (handle.context.complete) {
        this.#sendAuth3(handle, token, pdu.header.callId);
        break;
      }
      pdu = await this.#exchange(context, handle.verifier(token));
      acknowledgementOf(pdu, formatSyntax(context.abstractSyntax), true);
    }
    if (!handle.context.complete) {
      throw new ComError(HResult.RPC_S_SEC_PKG_ERROR, "the authentication does not come to an end", {
        gate: "logon",
      });
    }
    handle.establish();
    this.#securities.push(handle);
    if (handle.protection !== undefined) this.#protections.set(handle.contextId, handle.protection);
  }

  async #step(handle: SecurityHandle, pdu: Pdu): Promise<Uint8Array | undefined> {
    if (pdu.auth === undefined && !handle.context.complete) {
      throw new ComError(HResult.RPC_S_SEC_PKG_ERROR, "the server answers the bind without a token", {
        gate: "logon",
        remote: true,
      });
    }
    return pdu.auth === undefined ? undefined : handle.context.step(pdu.auth.value);
  }

  #sendAuth3(handle: SecurityHandle, token: Uint8Array, callId: number): void {
    const body: PduBody = { type: PacketType.auth3, pad: new Uint8Array(4) };
    const flags = this.#flags(true);
    this.#association.sendPdu(encodePdu(makePdu(body, callId, flags, handle.verifier(token))));
  }
}

function wantsNothing(security: BindingSecurity | SecurityHandle | undefined): boolean {
  return security === undefined || security.level === AuthnLevel.none;
}

function featureContext(beside: PresentationContext): PresentationContext {
  const features = BindTimeFeature.securityContextMultiplexing | BindTimeFeature.keepConnectionOnOrphan;
  return {
    id: FEATURE_CONTEXT,
    abstractSyntax: beside.abstractSyntax,
    transferSyntaxes: [featureSyntax(features)],
  };
}

function keyOf(syntax: SyntaxId): string {
  return `${syntax.uuid}/${syntax.version[0]}.${syntax.version[1]}`;
}
