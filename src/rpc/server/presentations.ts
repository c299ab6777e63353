import type { Limits } from "../../base/index.ts";
import {
  ContextResult,
  type PresentationContext,
  type PresentationResult,
  RejectReason,
} from "../pdu/presentation.ts";
import { BindTimeFeature, NDR20, NDR64, type SyntaxId, featuresOf, sameSyntax } from "../pdu/syntax.ts";
import type { Dispatcher } from "./dispatcher.ts";

/** A presentation context of a connection: an interface, an encoding, and who serves it. */
export interface ServerPresentation {
  readonly id: number;
  readonly syntax: SyntaxId;
  readonly transferSyntax: SyntaxId;
  readonly dispatcher: Dispatcher;
}

const NO_SYNTAX: SyntaxId = {
  uuid: "00000000-0000-0000-0000-000000000000" as SyntaxId["uuid"],
  version: [0, 0],
};
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
   * two of features, or a known id for something else ([MS-RPCE] 3.3.1.5.3). Features count in a bind only.
   */
  negotiate(offered: readonly PresentationContext[], isBind: boolean): PresentationResult[] | undefined {
    if (offered.length === 0) return undefined;
    const results: PresentationResult[] = [];
    let features = 0;
    let taken = false;
    for (const context of offered) {
      const first = context.transferSyntaxes[0];
      if (first === undefined) return undefined;
      const asked = isBind ? featuresOf(first) : undefined;
      if (asked !== undefined && ++features > 1) return undefined;
      const result =
        asked === undefined
          ? this.#add(context, !taken)
          : {
              result: ContextResult.negotiateAck,
              reason: asked & SUPPORTED_FEATURES,
              transferSyntax: NO_SYNTAX,
            };
      if (result === undefined) return undefined;
      if (result.result === ContextResult.acceptance) taken = true;
      results.push(result);
    }
    return results;
  }

  /** `open` is false once another context of the packet was accepted: one packet opens one context, as with Windows. */
  #add(offered: PresentationContext, open: boolean): PresentationResult | undefined {
    const chosen = offered.transferSyntaxes.find((syntax) => sameSyntax(syntax, NDR20));
    const known = this.#contexts.get(offered.id);
    if (known !== undefined) {
      if (!sameSyntax(known.syntax, offered.abstractSyntax)) return undefined;
      if (chosen !== undefined) return accepted(chosen);
      const other = offered.transferSyntaxes.some((syntax) => sameSyntax(syntax, NDR64));
      return other ? undefined : rejected(RejectReason.transferSyntaxesNotSupported);
    }
    const dispatcher = this.#find(offered.abstractSyntax);
    if (dispatcher === undefined) return rejected(RejectReason.abstractSyntaxNotSupported);
    if (chosen === undefined || !open) return rejected(RejectReason.transferSyntaxesNotSupported);
    if (this.#contexts.size >= this.#limits.maxPresentationContexts) {
      return rejected(RejectReason.localLimitExceeded);
    }
    const { id, abstractSyntax } = offered;
    this.#contexts.set(id, { id, syntax: abstractSyntax, transferSyntax: chosen, dispatcher });
    return accepted(chosen);
  }
}

function accepted(transferSyntax: SyntaxId): PresentationResult {
  return { result: ContextResult.acceptance, reason: RejectReason.notSpecified, transferSyntax };
}

function rejected(reason: number): PresentationResult {
  return { result: ContextResult.providerRejection, reason, transferSyntax: NO_SYNTAX };
}
