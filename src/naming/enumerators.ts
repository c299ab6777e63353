import { IEnumMoniker, IEnumString, type IMoniker } from "../com/gen/objidl.ts";
import { SnapshotEnumerator } from "../com/index.ts";

/** The components of a composite, or the monikers of the running object table. */
export class MonikerEnumerator extends SnapshotEnumerator<IMoniker> {
  static readonly interfaces: readonly object[] = [IEnumMoniker];

  Next(celt: number): { readonly rgelt: readonly IMoniker[]; readonly pceltFetched: number } {
    return this.next(celt, (rgelt) => ({ rgelt, pceltFetched: rgelt.length }));
  }

  Clone(): MonikerEnumerator {
    return new MonikerEnumerator(this.items, this.at);
  }
}

/** The keys of a bind context. */
export class StringEnumerator extends SnapshotEnumerator<string> {
  static readonly interfaces: readonly object[] = [IEnumString];

  Next(celt: number): { readonly rgelt: readonly string[]; readonly pceltFetched: number } {
    return this.next(celt, (rgelt) => ({ rgelt, pceltFetched: rgelt.length }));
  }

  Clone(): StringEnumerator {
    return new StringEnumerator(this.items, this.at);
  }
}
