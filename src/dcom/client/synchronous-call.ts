import { type ByteReader, ComError, type Guid, HResult } from "../../base/index.ts";
import type { CallOptions, MethodCodec } from "../../ndr/index.ts";
import type { Binding } from "../../rpc/index.ts";
import { whileWaiting } from "../orpc/synchronous.ts";
import { type CallHome, ClientCall } from "./client-call.ts";
import {
  type Causality,
  currentCausality,
  enterCausality,
  leaveCausality,
  newCausality,
} from "../../com/index.ts";

/** A call whose thread waits for the answer without its event loop. */
class SynchronousCall extends ClientCall {
  done = false;
  value: unknown = undefined;
  error: ComError | undefined = undefined;

  override decode(reader: ByteReader): unknown {
    this.done = true;
    try {
      return (this.value = super.decode(reader));
    } catch (error) {
      this.error = ComError.from(error);
      throw error;
    }
  }

  override failed(error: ComError): ComError {
    this.done = true;
    return (this.error = super.failed(error));
  }
}

/** Makes a call and waits for its answer; throws what a call rejects with, and RPC_E_TIMEOUT. */
export function callSynchronously(
  home: CallHome,
  binding: Binding,
  ipid: Uint8Array,
  what: { readonly iid: Guid; readonly opnum: number; readonly codec: MethodCodec },
  args: readonly unknown[],
  options: CallOptions | undefined,
): unknown {
  const cause: Causality = currentCausality() ?? newCausality();
  const call = new SynchronousCall(home, what.iid, what.opnum, what.codec, args, options);
  const before = enterCausality(cause);
  try {
    if (!call.write(binding, ipid)) throw refusal(call);
    const { association } = binding;
    const over = (): boolean => call.done;
    whileWaiting(cause, () =>
      association.requestAndWait(binding, call, options?.timeout ?? Number.POSITIVE_INFINITY, over),
    );
  } finally {
    leaveCausality(before);
  }
  if (call.error !== undefined) throw call.error;
  if (call.done) return call.value;
  throw new ComError(HResult.RPC_E_TIMEOUT, `no answer within ${options?.timeout} ms`);
}

function refusal(call: ClientCall): ComError {
  if (call.pending === undefined) return ComError.from(call.refused);
  call.pending.catch(() => undefined);
  return new ComError(
    HResult.RPC_E_CALL_REJECTED,
    "no reference is left to pass on with a synchronous call; make it asynchronously, or when references have been asked for",
  );
}
