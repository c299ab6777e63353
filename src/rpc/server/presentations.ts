import type { Limits } from "../../base/index.ts";
import {
  ContextResult,
  type PresentationContext,
  type PresentationResult,
  RejectReason,
} from "../pdu/presentation.ts";
import {
  BindTimeFeature,
  ENCODINGS,
  NDR20,
  NDR64,
  type SyntaxId,
  featuresOf,
  sameSyntax,
} from "../pdu/syntax.ts";
import type { Dispatcher } from "./dispatcher.ts";

/** A presentation context of a connection: an interface, an encoding, and who serves it. */
export interface ServerPresentation {
  readonly id: number;
  readonly syntax: SyntaxId;
  readonly transferSyntax: SyntaxId;
  readonly ndr64: boolean;
  readonly dispatcher: Dispatcher;
}

/** An offer that could be accepted: which encoding of its dispatcher's list it is, and which offer of the packet. */
interface Choice extends Omit<ServerPresentation, "ndr64"> {
  readonly rank: number;
  readonly at: number;
}

const NO_SYNTAX: SyntaxId = {
  uuid: "00000000-0000-0000-0000-000000000000" as SyntaxId["uuid"],
  version: [0, 0],
};
const ndr20Alone: readonly SyntaxId[] = [NDR20];
const SUPPORTED_FEATURES =
  BindTimeFeature.securityContextMultiplexing | BindTimeFeature.keepConnectionOnOrphan;

/** The presentation contexts of one connection. */
export class Presentations {
  readonly #find: (syntax: SyntaxId) => Dispatcher | undefined;
  readonly #limits: Limits;
  readonly #contexts = new Map<number, ServerPresentation>();
  #last: ServerPresentation | undefined;

  constructor(find: (syntax: SyntaxId) => Dispatcher | undefined, limits: Limits) {
    this.#find = find;
    this.#limits = limits;
  }

  get(id: number): ServerPresentation | undefined {
    if (this.#last?.id === id) return this.#last;
    const found = this.#contexts.get(id);
    if (found !== undefined) this.#last = found;
    return found;
  }

  /**
   * Answers the contexts of a bind or alter_context, or `undefined` when they contradict the protocol: none, one without encodings,
   * two of features, or a known id for something else ([MS-RPCE] 3.3.1.5.3). Features count in a bind only. One packet opens one context, as with
   * Windows: the one with the encoding its dispatcher likes best ([MS-RPCE] 3.3.1.5.6).
   */
  negotiate(offered: readonly PresentationContext[], isBind: boolean): PresentationResult[] | undefined {
    if (offered.length === 0) return undefined;
    const results: PresentationResult[] = [];
    let features = 0;
    let best: Choice | undefined;
    for (const offer of offered) {
      const first = offer.transferSyntaxes[0];
      if (first === undefined) return undefined;
      const asked = isBind ? featuresOf(first) : undefined;
      if (asked !== undefined) {
        if (++features > 1) return undefined;
        results.push(granted(asked & SUPPORTED_FEATURES));
        continue;
      }
      const choice = this.#choose(offer);
      if (choice === undefined) return undefined;
      if ("result" in choice) {
        results.push(choice);
        continue;
      }
      if (best === undefined || choice.rank < best.rank) best = { ...choice, at: results.length };
      results.push(rejected(RejectReason.transferSyntaxesNotSupported));
    }
    if (best !== undefined) results[best.at] = this.#open(best);
    return results;
  }

  /** How one offer could be accepted, else its rejection, or `undefined` when it contradicts what its id stands for. */
  #choose(offer: PresentationContext): Choice | PresentationResult | undefined {
    const { id, abstractSyntax: syntax } = offer;
    const offers = (wanted: SyntaxId): boolean =>
      offer.transferSyntaxes.some((one) => sameSyntax(one, wanted));
    const known = this.#contexts.get(id);
    if (known !== undefined && !sameSyntax(known.syntax, syntax)) return undefined;
    const dispatcher = known?.dispatcher ?? this.#find(syntax);
    if (dispatcher === undefined) return rejected(RejectReason.abstractSyntaxNotSupported);
    const encodings = dispatcher.transferSyntaxes ?? ndr20Alone;
    if (known !== undefined && !offers(known.transferSyntax)) {
      return ENCODINGS.some(offers) ? undefined : rejected(RejectReason.transferSyntaxesNotSupported);
    }
    const rank = encodings.findIndex(known === undefined ? offers : isOf(known));
    const transferSyntax = encodings[rank];
    if (transferSyntax === undefined) return rejected(RejectReason.transferSyntaxesNotSupported);
    return { id, syntax, transferSyntax, dispatcher, rank, at: 0 };
  }

  #open({ id, syntax, transferSyntax, dispatcher }: Choice): PresentationResult {
    if (!this.#contexts.has(id)) {
      if (this.#contexts.size >= this.#limits.maxPresentationContexts) {
        return rejected(RejectReason.localLimitExceeded);
      }
      const ndr64 = sameSyntax(transferSyntax, NDR64);
      this.#contexts.set(id, { id, syntax, transferSyntax, ndr64, dispatcher });
    }
    return { result: ContextResult.acceptance, reason: RejectReason.notSpecified, transferSyntax };
  }
}

const isOf =
  ({ transferSyntax }: ServerPresentation) =>
  (syntax: SyntaxId): boolean =>
    sameSyntax(syntax, transferSyntax);

function granted(features: number): PresentationResult {
  return { result: ContextResult.negotiateAck, reason: features, transferSyntax: NO_SYNTAX };
}

function rejected(reason: number): PresentationResult {
  return { result: ContextResult.providerRejection, reason, transferSyntax: NO_SYNTAX };
}
