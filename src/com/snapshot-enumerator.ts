import { ComError, HResult } from "../base/index.ts";
import type { IUnknown } from "./unknown.ts";
import { isPointer } from "./pointers.ts";
import { withStatus } from "./status.ts";

/** The most elements one call of Next may ask for. Stops a caller from having memory set aside for what is not there. */
const maxBatch = 65_536;

/**
 * The work of every IEnumXXXX: goes over a list as it was when the enumerator was made. Pointers among the elements (the elements themselves, or what
 * `pointerOf` finds in them) are held as long as the enumerator lives, and each one handed out has a reference of its own. A subclass adds Next, in the
 * form its interface has, and Clone.
 */
export abstract class SnapshotEnumerator<T> {
  readonly items: readonly T[];
  protected at: number;

  constructor(items: readonly T[], at = 0) {
    this.items = [...items];
    this.at = at;
    for (const item of this.items) this.pointerOf(item)?.AddRef();
  }

  /** The pointer an element holds. */
  protected pointerOf(item: T): IUnknown | undefined {
    return isPointer(item) ? item : undefined;
  }

  /** The next elements, fewer when there are no more; `answer` gives them the form of the interface. S_FALSE when there are fewer. */
  protected next<R>(count: number, answer: (items: readonly T[]) => R): R {
    if (count > maxBatch)
      throw new ComError(HResult.E_INVALIDARG, `${count} elements at once, ${maxBatch} are allowed`);
    const items = this.items.slice(this.at, this.at + count);
    this.at += items.length;
    for (const item of items) this.pointerOf(item)?.AddRef();
    const result = answer(items);
    return items.length < count ? withStatus(HResult.S_FALSE, result) : result;
  }

  /** S_FALSE when there are fewer elements left than to be skipped. */
  Skip(count: number): void {
    const left = this.items.length - this.at;
    this.at += Math.min(count, left);
    return count > left ? withStatus(HResult.S_FALSE, undefined) : undefined;
  }

  Reset(): void {
    this.at = 0;
  }

  finalRelease(): void {
    for (const item of this.items) this.pointerOf(item)?.Release();
  }
}
