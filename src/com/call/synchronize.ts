import { ComError } from "../../base/index.ts";
import { ISynchronize } from "../gen/objidl.ts";
import type { Implements } from "../unknown.ts";

/** RPC_S_CALLPENDING: not yet. */
export const RPC_S_CALLPENDING = 0x80010115;

/** INFINITE. */
const forever = 0xffff_ffff;

/** A state that is waited for (ISynchronize): what CLSID_StdEvent and CLSID_ManualResetEvent make, and what a call object is signalled through. */
export class Synchronize implements Implements<ISynchronize> {
  static readonly interfaces: readonly [typeof ISynchronize] = [ISynchronize];
  readonly #autoReset: boolean;
  readonly #waiting = new Set<() => void>();
  #signaled = false;

  /** `autoReset`: one signal lets one waiter through (CLSID_StdEvent). */
  constructor(options: { readonly autoReset?: boolean } = {}) {
    this.#autoReset = options.autoReset ?? false;
  }

  get signaled(): boolean {
    return this.#signaled;
  }

  Signal(): void {
    if (this.#autoReset) {
      const [first] = this.#waiting;
      if (first !== undefined) {
        first();
        return;
      }
    }
    this.#signaled = true;
    for (const one of this.#waiting) one();
  }

  Reset(): void {
    this.#signaled = false;
  }

  /** Resolves when it is signalled. Rejects with RPC_S_CALLPENDING after `dwMilliseconds`; at once for 0, never for 0xFFFFFFFF. */
  Wait(_dwFlags: number = 0, dwMilliseconds: number = forever): Promise<void> {
    return this.waitUntil(dwMilliseconds);
  }

  /** As `Wait`; who gives up by `signal` takes no signal of an event that resets itself. */
  async waitUntil(milliseconds: number, signal?: AbortSignal): Promise<void> {
    if (this.#signaled) {
      if (this.#autoReset) this.#signaled = false;
      return;
    }
    if (milliseconds === 0) throw pending();
    await new Promise<void>((resolve, reject) => {
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", giveUp);
        this.#waiting.delete(over);
        settle();
      };
      const over = (): void => end(resolve);
      const giveUp = (): void => end(() => reject(pending()));
      const timer = milliseconds === forever ? undefined : setTimeout(giveUp, milliseconds);
      signal?.addEventListener("abort", giveUp);
      this.#waiting.add(over);
    });
  }
}

export function pending(): ComError {
  return new ComError(RPC_S_CALLPENDING, "nothing was signalled in time");
}
