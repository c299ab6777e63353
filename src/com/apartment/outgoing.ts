import { ComError, HResult } from "../../base/index.ts";
import type { CallOptions } from "../../ndr/index.ts";
import { type MessageFilter, PendingMessage, PendingType, ServerCall } from "./message-filter.ts";

/** The answer of RetryRejectedCall of who does not want to call again. */
const giveUp = -1;

/** From this answer of RetryRejectedCall on, it is a time to wait. */
const leastWait = 100;

interface Outgoing {
  readonly callee: string;
  readonly since: number;
  readonly nested: boolean;
  readonly stop: AbortController;
}

/** The outgoing calls of this thread that its message filter watches over. */
class OutgoingCalls {
  /** The filter of this thread. A plain field: every call through a proxy looks at it. */
  filter: MessageFilter | undefined = undefined;
  readonly #pending = new Set<Outgoing>();

  /** Milliseconds since the oldest one was made. */
  get elapsed(): number {
    for (const call of this.#pending) return performance.now() - call.since;
    return 0;
  }

  /** Makes a call, again as often as the filter wants when the other apartment rejects it. */
  async call(
    callee: string,
    options: CallOptions | undefined,
    make: (options: CallOptions) => Promise<unknown>,
  ): Promise<unknown> {
    const { filter } = this;
    const stop = new AbortController();
    const outgoing = { callee, since: performance.now(), nested: this.#pending.size > 0, stop };
    const signal =
      options?.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
    this.#pending.add(outgoing);
    try {
      for (;;) {
        try {
          return await make({ ...options, signal });
        } catch (error) {
          const type = rejection(error);
          if (type === undefined || filter?.RetryRejectedCall === undefined) throw error;
          const { since } = outgoing;
          const answer = asked(() => filter.RetryRejectedCall?.(callee, performance.now() - since, type));
          await again(answer ?? giveUp, error, signal);
        }
      }
    } finally {
      this.#pending.delete(outgoing);
    }
  }

  /** Somebody's call has come in: the filter is asked whether the calls under way are still to be waited for. */
  message(filter: MessageFilter): void {
    if (filter.MessagePending === undefined) return;
    for (const { callee, since, nested, stop } of this.#pending) {
      const type = nested ? PendingType.NESTED : PendingType.TOPLEVEL;
      try {
        const answer = asked(() => filter.MessagePending?.(callee, performance.now() - since, type));
        if (answer !== PendingMessage.CANCELCALL) continue;
        stop.abort(
          new ComError(HResult.RPC_E_CALL_CANCELED, "the message filter gave up waiting for the call"),
        );
      } catch (error) {
        stop.abort(error); // it is the waiting call's, not that of who came
      }
    }
  }
}

/** What a filter answers; when it throws, the call it was asked about is rejected and says why. */
export function asked<T>(question: () => T): T {
  try {
    return question();
  } catch (error) {
    const { message } = ComError.from(error);
    throw new ComError(HResult.RPC_E_CALL_REJECTED, `the message filter failed: ${message}`, {
      gate: "message filter",
      cause: error,
    });
  }
}

export const outgoing: OutgoingCalls = new OutgoingCalls();

function rejection(error: unknown): number | undefined {
  if (!(error instanceof ComError)) return undefined;
  if (error.code === HResult.RPC_E_CALL_REJECTED) return ServerCall.REJECTED;
  return error.code === HResult.RPC_E_SERVERCALL_RETRYLATER ? ServerCall.RETRYLATER : undefined;
}

async function again(answer: number, error: unknown, signal: AbortSignal): Promise<void> {
  if (answer < 0) throw new ComError(HResult.RPC_E_CALL_REJECTED, "the call was rejected", { cause: error });
  if (answer < leastWait) return;
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, answer);
    const stop = (): void => {
      clearTimeout(timer);
      reject(ComError.from(signal.reason, HResult.RPC_E_CALL_CANCELED));
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
