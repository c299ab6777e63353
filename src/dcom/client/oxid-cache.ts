import { type DualStringArray, bindingsKey } from "../dual-string-array.ts";
import type { Oxid, ResolvedOxid } from "../resolver-contract.ts";

/** The most exporters remembered: references from strangers must not fill memory. */
const most = 4096;

/** Where exporters are, by OXID and machine; the one used longest ago goes first ([MS-DCOM] 3.2.1). */
export class OxidCache {
  readonly #entries = new Map<string, { readonly resolver: DualStringArray; readonly at: ResolvedOxid }>();

  get(oxid: Oxid, resolver: DualStringArray): ResolvedOxid | undefined {
    const key = keyOf(oxid, resolver);
    const found = this.#entries.get(key);
    if (found !== undefined) {
      this.#entries.delete(key);
      this.#entries.set(key, found);
    }
    return found?.at;
  }

  put(oxid: Oxid, resolver: DualStringArray, at: ResolvedOxid): void {
    const key = keyOf(oxid, resolver);
    this.#entries.delete(key);
    this.#entries.set(key, { resolver, at });
    if (this.#entries.size <= most) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      return;
    }
  }

  /** Forgets the exporters of a machine. */
  forgetMachine(is: (resolver: DualStringArray) => boolean): void {
    for (const [key, { resolver }] of this.#entries) if (is(resolver)) this.#entries.delete(key);
  }

  delete(oxid: Oxid, resolver: DualStringArray): void {
    this.#entries.delete(keyOf(oxid, resolver));
  }
}

function keyOf(oxid: Oxid, resolver: DualStringArray): string {
  return `${oxid.toString(16)} ${bindingsKey(resolver)}`;
}
