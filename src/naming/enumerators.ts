import { IEnumMoniker, IEnumString, type IMoniker } from "../com/gen/objidl.ts";
import { HResult } from "../base/index.ts";
import { type Implements, pointerTo, withStatus } from "../com/index.ts";
import type { Naming } from "./naming.ts";

/** Where an enumerator stands in its list. */
class Cursor {
  at = 0;
  readonly length: number;

  constructor(length: number) {
    this.length = length;
  }

  /** The range of the next `count`. */
  take(count: number): readonly [number, number] {
    const from = this.at;
    this.at = Math.min(this.length, from + count);
    return [from, this.at];
  }

  skip(count: number): void {
    const [from, to] = this.take(count);
    if (to - from < count) return withStatus(HResult.S_FALSE, undefined);
  }
}

/** The components of a composite, or the monikers of the running object table. Holds pointers of its own. */
export class MonikerEnumerator implements Implements<IEnumMoniker> {
  static readonly interfaces: readonly object[] = [IEnumMoniker];
  readonly #naming: Naming;
  readonly #list: readonly IMoniker[];
  readonly #cursor: Cursor;

  /** Takes over the pointers. */
  constructor(naming: Naming, list: readonly IMoniker[]) {
    this.#naming = naming;
    this.#list = list;
    this.#cursor = new Cursor(list.length);
  }

  Next(celt: number): { rgelt: IMoniker[]; pceltFetched: number } {
    const [from, to] = this.#cursor.take(celt);
    const result = {
      rgelt: this.#list.slice(from, to).map((one) => this.#naming.again(one)),
      pceltFetched: to - from,
    };
    return to - from < celt ? withStatus(HResult.S_FALSE, result) : result;
  }

  Skip(celt: number): void {
    return this.#cursor.skip(celt);
  }

  Reset(): void {
    this.#cursor.at = 0;
  }

  Clone(): IEnumMoniker {
    const twin = new MonikerEnumerator(
      this.#naming,
      this.#list.map((one) => this.#naming.again(one)),
    );
    twin.#cursor.at = this.#cursor.at;
    return this.#naming.runtime.pointerTo(twin, IEnumMoniker);
  }

  finalRelease(): void {
    for (const one of this.#list) one[Symbol.dispose]();
  }
}

/** The keys of a bind context. */
export class StringEnumerator implements Implements<IEnumString> {
  static readonly interfaces: readonly object[] = [IEnumString];
  static readonly contract: typeof IEnumString = IEnumString;
  readonly #list: readonly string[];
  readonly #cursor: Cursor;

  constructor(list: readonly string[]) {
    this.#list = list;
    this.#cursor = new Cursor(list.length);
  }

  Next(celt: number): { rgelt: string[]; pceltFetched: number } {
    const [from, to] = this.#cursor.take(celt);
    const result = { rgelt: this.#list.slice(from, to), pceltFetched: to - from };
    return to - from < celt ? withStatus(HResult.S_FALSE, result) : result;
  }

  Skip(celt: number): void {
    return this.#cursor.skip(celt);
  }

  Reset(): void {
    this.#cursor.at = 0;
  }

  Clone(): IEnumString {
    const twin = new StringEnumerator(this.#list);
    twin.#cursor.at = this.#cursor.at;
    return pointerTo(twin, IEnumString);
  }
}
