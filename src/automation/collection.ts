import { ComError, HResult } from "../base/index.ts";
import { withStatus } from "../com/index.ts";
import type { InterfaceDescriptor } from "../ndr/index.ts";
import { IEnumVARIANT } from "./gen/oaidl.ts";
import { Variant } from "./variant.ts";

/** What `for await` goes over. */
export type AnyIterable = Iterable<unknown> | AsyncIterable<unknown>;

export function isIterable(value: unknown): value is AnyIterable {
  return (
    typeof value === "object" && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value)
  );
}

/** The most elements one call of Next may ask for. Stops a caller from making an endless collection fill memory. */
const maxBatch = 65_536;

/** After so many elements that are skipped others get their turn. Stops a caller from holding the program with an endless collection. */
const skipStep = 4096;

/** IEnumVARIANT over anything iterable ([MS-OAUT] 3.3): what `_NewEnum` of a collection answers. */
export class EnumVariant {
  static get interfaces(): readonly InterfaceDescriptor[] {
    return [IEnumVARIANT];
  }

  readonly #items: AnyIterable;
  readonly #toVariant: (value: unknown) => Variant;
  #iterator: Iterator<unknown> | AsyncIterator<unknown> | undefined;
  #position = 0;

  constructor(items: AnyIterable, toVariant: (value: unknown) => Variant = (value) => Variant.from(value)) {
    this.#items = items;
    this.#toVariant = toVariant;
  }

  async Next(celt: number): Promise<{ rgVar: readonly Variant[]; pCeltFetched: number }> {
    if (celt > maxBatch)
      throw new ComError(HResult.E_INVALIDARG, `${celt} elements at once, ${maxBatch} are allowed`);
    const rgVar: Variant[] = [];
    while (rgVar.length < celt) {
      const { done, value } = await this.#next();
      if (done === true) break;
      rgVar.push(this.#toVariant(value));
    }
    return withStatus(rgVar.length < celt ? HResult.S_FALSE : HResult.S_OK, {
      rgVar,
      pCeltFetched: rgVar.length,
    });
  }

  async Skip(celt: number): Promise<void> {
    for (let i = 1; i <= celt; i++) {
      if ((await this.#next()).done === true) return withStatus(HResult.S_FALSE, undefined);
      if (i % skipStep === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return undefined;
  }

  async Reset(): Promise<void> {
    await this.#iterator?.return?.();
    this.#iterator = undefined;
    this.#position = 0;
  }

  async Clone(): Promise<EnumVariant> {
    const copy = new EnumVariant(this.#items, this.#toVariant);
    await copy.Skip(this.#position);
    return copy;
  }

  async finalRelease(): Promise<void> {
    await this.#iterator?.return?.();
  }

  async #next(): Promise<IteratorResult<unknown>> {
    this.#iterator ??= iteratorOf(this.#items);
    const step = await this.#iterator.next();
    if (step.done !== true) this.#position++;
    return step;
  }
}

function iteratorOf(items: AnyIterable): Iterator<unknown> | AsyncIterator<unknown> {
  return Symbol.asyncIterator in items ? items[Symbol.asyncIterator]() : items[Symbol.iterator]();
}
