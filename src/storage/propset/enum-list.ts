import { type IUnknown, SnapshotEnumerator, implement, pointerTo } from "../../com/index.ts";
import type { Interface } from "../../ndr/index.ts";

/** Structures as they were when somebody asked: the enumerators of storages and property sets. */
export class EnumList<T, I extends IUnknown> extends SnapshotEnumerator<T> {
  readonly #interface: Interface<I>;

  constructor(list: readonly T[], enumerator: Interface<I>, at = 0) {
    super(list, at);
    this.#interface = enumerator;
    implement(this, enumerator);
  }

  Next(celt: number): { rgelt: readonly T[]; pceltFetched: number } {
    return this.next(celt, (rgelt) => ({ rgelt, pceltFetched: rgelt.length }));
  }

  Clone(): I {
    return pointerTo(new EnumList(this.items, this.#interface, this.at), this.#interface);
  }
}
