import { ComError, HResult, type Limits } from "../../base/index.ts";
import type { MarshalContext } from "../codec.ts";

/** Referent ids as MIDL's runtime gives them: from 0x00020000 by 4. */
const firstReferent = 0x00020000;

/** What one encoding remembers from one pointer to the next. */
export class EncodeState {
  readonly context: MarshalContext;
  /** The next referent id. */
  ref: number = firstReferent;
  depth = 0;
  /** Full pointers: the ids of objects already sent. */
  ids: Map<object, number> | undefined = undefined;

  constructor(context: MarshalContext) {
    this.context = context;
  }

  enter(where: string): void {
    if (++this.depth > this.context.limits.maxDepth) tooDeep(this.context.limits, where);
  }

  /** The id of an object that a full pointer has shown before, else 0. */
  known(value: unknown): number {
    return (typeof value === "object" && value !== null && this.ids?.get(value)) || 0;
  }

  /** A new id for what a full pointer shows. Strings and numbers have no identity. */
  show(value: unknown): number {
    const id = this.ref;
    this.ref += 4;
    if (typeof value === "object" && value !== null) (this.ids ??= new Map()).set(value, id);
    return id;
  }
}

interface Shown {
  /** The target type; another type under the same id is an attack or an error. */
  readonly type: unknown;
  value: unknown;
  ready: boolean;
}

/** What one decoding remembers from one pointer to the next. */
export class DecodeState {
  readonly context: MarshalContext;
  readonly limits: Limits;
  depth = 0;
  /** The end of the flat part of variable size that was read last. */
  end = 0;
  /** Strings read so far, and the characters of the bytes around the last ones (see run/text.ts). */
  strings = 0;
  window = "";
  windowStart = 0;
  #shown: Map<number, Shown> | undefined = undefined;

  constructor(context: MarshalContext) {
    this.context = context;
    this.limits = context.limits;
  }

  enter(where: string): void {
    if (++this.depth > this.limits.maxDepth) tooDeep(this.limits, where);
  }

  /** True when the referent of this full pointer stood earlier in the message. */
  has(id: number): boolean {
    return this.#shown !== undefined && this.#shown.has(id);
  }

  /** The referent that stood earlier. */
  get(id: number, type: unknown, where: string): unknown {
    const shown = this.#shown?.get(id);
    if (shown === undefined || shown.type !== type) {
      throw new ComError(HResult.RPC_X_BAD_STUB_DATA, "a full pointer names a referent of another type", {
        where,
      });
    }
    if (!shown.ready) {
      throw new ComError(
        HResult.RPC_X_BAD_STUB_DATA,
        "a cycle of full pointers that does not pass through a structure",
        { where },
      );
    }
    return shown.value;
  }

  /** A referent is about to be read. */
  begin(id: number, type: unknown): void {
    (this.#shown ??= new Map()).set(id, { type, value: undefined, ready: false });
  }

  /** A referent exists, its own pointees perhaps not yet. */
  ready(id: number, value: unknown): void {
    const shown = this.#shown?.get(id);
    if (shown === undefined) return;
    shown.value = value;
    shown.ready = true;
  }
}

function tooDeep(limits: Limits, where: string): never {
  throw new ComError(
    HResult.RPC_X_BAD_STUB_DATA,
    `the data is nested deeper than the limit of ${limits.maxDepth} (limits.maxDepth)`,
    { where },
  );
}
