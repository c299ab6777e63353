import type { Guid } from "../../base/index.ts";
import { oldestFirst } from "../bounded-map.ts";
import type { SyntaxId } from "../rpc.ts";

/** Puts the stubs of a call's fragments together. */
export class StubAssembly {
  #parts: Uint8Array[] = [];
  #length = 0;
  #broken = false;
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /**
   * Adds a fragment. The whole stub comes back with the last one; undefined before, and when fragments are missing or it
   * grows past the limit.
   */
  add(stub: Uint8Array, first: boolean, last: boolean): Uint8Array | undefined {
    if (first) {
      this.#parts = [];
      this.#length = 0;
      this.#broken = false;
    } else if (this.#parts.length === 0) this.#broken = true;
    this.#length += stub.length;
    if (this.#length > this.#limit) this.breakOff();
    if (!this.#broken) this.#parts.push(stub);
    return last && !this.#broken ? this.#join() : undefined;
  }

  /** A fragment could not be read: the rest of the call says nothing. */
  breakOff(): void {
    this.#broken = true;
    this.#parts = [];
  }

  #join(): Uint8Array {
    const parts = this.#parts;
    this.#parts = [];
    if (parts.length === 1) return parts[0] as Uint8Array;
    const whole = new Uint8Array(this.#length);
    let at = 0;
    for (const part of parts) {
      whole.set(part, at);
      at += part.length;
    }
    return whole;
  }
}

/** A call: its request, as its response needs it. */
export interface Call {
  readonly contextId: number;
  readonly opnum: number;
  readonly object: Guid | undefined;
  readonly abstractSyntax: SyntaxId | undefined;
  readonly transferSyntax: SyntaxId | undefined;
  readonly request: StubAssembly;
  readonly response: StubAssembly;
  /** The arguments, once they are decoded. */
  args?: readonly unknown[] | undefined;
}

/** The calls of one association by call id. Ids come again: the latest call stands. */
export class CallTable {
  readonly #calls = new Map<number, Call>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get(callId: number): Call | undefined {
    return this.#calls.get(callId);
  }

  set(callId: number, call: Call): void {
    this.#calls.delete(callId);
    this.#calls.set(callId, call);
    if (this.#calls.size > this.#limit) this.#calls.delete(oldestFirst(this.#calls) as number);
  }
}
