import { AuthnLevel } from "../../auth/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import { BindTimeFeature, ENCODINGS, type SyntaxId, featureSyntax, formatSyntax } from "../pdu/syntax.ts";
import { BindNakReason } from "../pdu/bind-nak.ts";
import { PacketType, PfcFlag } from "../pdu/packet-type.ts";
import { type Pdu, type PduBody, decodePdu, encodePdu, makePdu } from "../pdu/pdu.ts";
import { ContextResult, type PresentationContext } from "../pdu/presentation.ts";
import type { AuthVerifier } from "../pdu/verifier.ts";
import { WHOLE } from "../wire/fields.ts";
import type { Protection } from "../wire/protection.ts";
import type { Association } from "./association.ts";
import { Binding } from "./binding.ts";
import { type Acknowledgement, acceptedOf, acknowledgementOf } from "./negotiation.ts";
import { type BindingSecurity, SecurityHandle } from "./security.ts";

interface Presentation {
  readonly id: number;
  readonly transferSyntax: SyntaxId;
  readonly bindings: Binding[];
}

/** More legs than any mechanism needs. */
const MOST_LEGS = 10;
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
    const offers = known === undefined ? this.#offers(syntax) : [contextFor(syntax, known)];
    const token = fresh ? await handle.context.step() : undefined;
    const where = formatSyntax(syntax);
    const auth = token === undefined ? undefined : handle?.verifier(token);
    const pdu = await this.#offer(offers, auth);
    const accepted = acknowledgementOf(pdu, where, token !== undefined);
    this.#learn(accepted, pdu, offers.length);
    const chosen = acceptedOf(offers, accepted.results, syntax, where);
    if (fresh) await this.#authenticate(handle, contextFor(syntax, chosen), pdu);
    const presentation = known ?? (await this.#first(syntax, offers, chosen));
    this.#presentations.set(keyOf(syntax), presentation);
    return presentation;
  }

  /** One context for each encoding, as Windows does it. */
  #offers(syntax: SyntaxId): PresentationContext[] {
    return this.#encodings.map((transferSyntax) =>
      contextFor(syntax, { id: this.#nextContextId++, transferSyntax }),
    );
  }

  get #encodings(): readonly SyntaxId[] {
    return this.#association.options.transferSyntaxes ?? ENCODINGS;
  }

  /**
   * The presentation the server chose; or, where the association insists on its first encoding, that one if the server grants it when it is the
   * only one asked for.
   */
  async #first(
    syntax: SyntaxId,
    offers: readonly PresentationContext[],
    chosen: Omit<Presentation, "bindings">,
  ): Promise<Presentation> {
    const [first] = offers;
    const insists = this.#association.options.insistOnFirst === true;
    if (!insists || first === undefined || first.id === chosen.id) return { ...chosen, bindings: [] };
    const where = formatSyntax(syntax);
    const answer = acknowledgementOf(await this.#exchange([first], undefined), where, false);
    const [result] = answer.results;
    if (result?.result !== ContextResult.acceptance) return { ...chosen, bindings: [] };
    return { id: first.id, transferSyntax: result.transferSyntax, bindings: [] };
  }

  /** Sends offers; what is too much for an old server is asked for once more, plainly. */
  async #offer(offers: PresentationContext[], auth: AuthVerifier | undefined): Promise<Pdu> {
    const { length } = offers;
    const asked = !this.#bound && this.#asksFeatures() ? [...offers, this.#featureContext(offers)] : offers;
    const pdu = await this.#exchange(asked, auth);
    if (this.#bound || asked.length === 1 || !isBewildered(pdu)) return pdu;
    this.#association.logger.debug({}, "the server refuses a bind with several contexts: once more with one");
    offers.length = Math.min(1, length);
    return this.#exchange(offers, auth);
  }

  /** Sends a bind, or an alter_context once bound, and waits for the answer. */
  async #exchange(contexts: readonly PresentationContext[], auth: AuthVerifier | undefined): Promise<Pdu> {
    const first = !this.#bound;
    const body: PduBody = {
      type: first ? PacketType.bind : PacketType.alterContext,
      maxTransmit: this.#association.fragmentBytes,
      maxReceive: this.#association.fragmentBytes,
      associationGroup: this.group,
      contexts,
    };
    const { ending } = this.#association;
    if (ending !== undefined) throw ending;
    const callId = this.#association.nextCallId();
    const bytes = encodePdu(makePdu(body, callId, this.#flags(auth !== undefined), auth));
    return new Promise<Pdu>((resolve, reject) => {
      const timer = this.#association.clock.after(this.#association.timeout, () =>
        this.#association.abort(
          new ComError(HResult.RPC_E_TIMEOUT, "the server does not answer the bind", {
            where: contexts[0] && formatSyntax(contexts[0].abstractSyntax),
          }),
        ),
      );
      this.#answer = {
        callId,
        resolve: (pdu) => (timer[Symbol.dispose](), resolve(pdu)),
        reject: (error) => (timer[Symbol.dispose](), reject(error)),
      };
      this.#association.sendPdu(bytes);
    });
  }

  #asksFeatures(): boolean {
    return this.#association.options.bindTimeFeatures ?? true;
  }

  /** Asks for bind-time features with the next id; it stays free, as with Windows. */
  #featureContext([first]: readonly PresentationContext[]): PresentationContext {
    const features = BindTimeFeature.securityContextMultiplexing | BindTimeFeature.keepConnectionOnOrphan;
    return {
      id: this.#nextContextId,
      abstractSyntax: (first as PresentationContext).abstractSyntax,
      transferSyntaxes: [featureSyntax(features)],
    };
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
    const pdu = decodePdu(bytes, start, start + length); // what cannot be read ends the connection, and with it the wait
    this.#answer = undefined;
    waiting.resolve(pdu);
    return true;
  }

  failed(error: ComError): void {
    const waiting = this.#answer;
    this.#answer = undefined;
    waiting?.reject(error);
  }

  /** What a bind_ack tells about the connection. The answer about features stands behind those to the offers. */
  #learn(accepted: Acknowledgement, pdu: Pdu, offers: number): void {
    if (this.#bound) return;
    this.#bound = true;
    this.concurrent = (pdu.header.flags & PfcFlag.concurrentMultiplexing) !== 0;
    this.headerSigning = (pdu.header.flags & PfcFlag.supportHeaderSign) !== 0;
    this.group = accepted.associationGroup;
    this.maxTransmit = Math.max(LEAST_FRAGMENT, Math.min(this.maxTransmit, accepted.maxReceive));
    const feature = accepted.results[offers];
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
      pdu = await this.#exchange([context], handle.verifier(token));
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

function contextFor(
  syntax: SyntaxId,
  presentation: Pick<Presentation, "id" | "transferSyntax">,
): PresentationContext {
  const { id, transferSyntax } = presentation;
  return { id, abstractSyntax: syntax, transferSyntaxes: [transferSyntax] };
}

/** True for the refusal of a server that does not understand the bind; others would refuse a simpler one too. */
function isBewildered({ body }: Pdu): boolean {
  if (body.type !== PacketType.bindNak) return false;
  return (
    body.reason === BindNakReason.notSpecified || body.reason === BindNakReason.protocolVersionNotSupported
  );
}

function keyOf(syntax: SyntaxId): string {
  return `${syntax.uuid}/${syntax.version[0]}.${syntax.version[1]}`;
}
