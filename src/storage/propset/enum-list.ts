import { HResult } from "../../base/index.ts";
import { type IUnknown, implement, pointerTo, withStatus } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";

/** A list that is given out piece by piece, as it was when it was asked for: every IEnum… with Next, Skip, Reset and Clone. */
export class EnumList<T, I extends IUnknown> {
  readonly #list: readonly T[];
  readonly #interface: Interface<I>;
  #at: number;

  constructor(list: readonly T[], enumerator: Interface<I>, at = 0) {
    this.#list = list;
    this.#interface = enumerator;
    this.#at = at;
    implement(this, enumerator);
  }

  /** S_FALSE when there are fewer. */
  Next(celt: number): { rgelt: readonly T[]; pceltFetched: number } {
    const rgelt = this.#list.slice(this.#at, this.#at + celt);
    this.#at += rgelt.length;
    const answer = { rgelt, pceltFetched: rgelt.length };
    return rgelt.length < celt ? withStatus(HResult.S_FALSE, answer) : answer;
  }

  /** S_FALSE when there are fewer. */
  Skip(celt: number): void {
    const wanted = this.#at + celt;
    this.#at = Math.min(wanted, this.#list.length);
    // oxlint-disable-next-line typescript/no-confusing-void-expression -- a status without a value
    return wanted > this.#list.length ? withStatus(HResult.S_FALSE, undefined) : undefined;
  }

  Reset(): void {
    this.#at = 0;
  }

  Clone(): I {
    return pointerTo(new EnumList(this.#list, this.#interface, this.#at), this.#interface);
  }
}
