import { HResult } from "../../base/index.ts";
import { IEnumSTATSTG, type STATSTG } from "../../com/gen/objidl.ts";
import { type Implements, pointerTo, withStatus } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";

/** The elements of a storage as they were when it was asked (IEnumSTATSTG). */
export class EnumStat implements Implements<IEnumSTATSTG> {
  static readonly interfaces: readonly Interface<unknown>[] = [IEnumSTATSTG];
  readonly #elements: readonly STATSTG[];
  #at: number;

  constructor(elements: readonly STATSTG[], at = 0) {
    this.#elements = elements;
    this.#at = at;
  }

  /** S_FALSE when there are fewer. */
  Next(celt: number): { rgelt: readonly STATSTG[]; pceltFetched: number } {
    const rgelt = this.#elements.slice(this.#at, this.#at + celt);
    this.#at += rgelt.length;
    const answer = { rgelt, pceltFetched: rgelt.length };
    return rgelt.length < celt ? withStatus(HResult.S_FALSE, answer) : answer;
  }

  Skip(celt: number): void {
    const wanted = this.#at + celt;
    this.#at = Math.min(wanted, this.#elements.length);
    // oxlint-disable-next-line typescript/no-confusing-void-expression -- a status without a value
    return wanted > this.#elements.length ? withStatus(HResult.S_FALSE, undefined) : undefined;
  }

  Reset(): void {
    this.#at = 0;
  }

  Clone(): IEnumSTATSTG {
    return pointerTo(new EnumStat(this.#elements, this.#at), IEnumSTATSTG);
  }
}
