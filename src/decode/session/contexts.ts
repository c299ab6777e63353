import { setBounded } from "../bounded-map.ts";
import type { PresentationContext, PresentationResult, SyntaxId } from "../rpc.ts";

/** A presentation context as far as the capture tells. */
export interface Context {
  readonly id: number;
  readonly abstractSyntax: SyntaxId;
  /** The encoding agreed on; undefined while no answer was seen. */
  readonly transferSyntax?: SyntaxId | undefined;
  readonly rejected?: boolean | undefined;
}

/** More than any connection uses; the oldest are forgotten. */
const MAX_CONTEXTS = 4096;
const MAX_PENDING = 256;

/** The presentation contexts of one association: offered by bind and alter_context, settled by their answers. */
export class ContextTable {
  readonly #contexts = new Map<number, Context>();
  /** What a bind or alter_context offered, by its call id. */
  readonly #pending = new Map<number, readonly PresentationContext[]>();

  get(id: number): Context | undefined {
    return this.#contexts.get(id);
  }

  offer(callId: number, offered: readonly PresentationContext[]): void {
    setBounded(this.#pending, callId, offered, MAX_PENDING);
    for (const { id, abstractSyntax } of offered) {
      const known = this.#contexts.get(id);
      if (known?.transferSyntax !== undefined && known.abstractSyntax.uuid === abstractSyntax.uuid) continue;
      setBounded(this.#contexts, id, { id, abstractSyntax }, MAX_CONTEXTS);
    }
  }

  /** What was offered with this call id, if the bind was captured. */
  offered(callId: number): readonly PresentationContext[] {
    return this.#pending.get(callId) ?? [];
  }

  /** Applies the results, which stand in the order of the offer. */
  answer(callId: number, results: readonly PresentationResult[]): void {
    const offered = this.offered(callId);
    for (const [i, { result, transferSyntax }] of results.entries()) {
      const offer = offered[i];
      if (offer === undefined) return;
      const { id, abstractSyntax } = offer;
      if (result === 0) this.#contexts.set(id, { id, abstractSyntax, transferSyntax });
      else if (this.#contexts.get(id)?.transferSyntax === undefined) {
        this.#contexts.set(id, { id, abstractSyntax, rejected: true });
      }
    }
  }
}
