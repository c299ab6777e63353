import { type ByteReader, ComError, type Guid, HResult } from "../../base/index.ts";
import type { CallOptions, MethodCodec } from "../../ndr/index.ts";
import type { Binding } from "../../rpc/index.ts";
import {
  type Causality,
  currentCausality,
  enterCausality,
  leaveCausality,
  newCausality,
} from "../orpc/causality.ts";
import { whileWaiting } from "../orpc/synchronous.ts";
import { type CallHome, ClientCall } from "./client-call.ts";

/** The longest wait for calls that name no timeout: about as long as a timer can be. */
const longest = 0x7fff_ffff;

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
    call.send(binding, ipid).catch(() => undefined); // told below, at once
    if (call.pending !== undefined) {
      call.pending.catch(() => undefined);
      throw new ComError(
        HResult.RPC_E_CALL_REJECTED,
        "no reference is left to pass on with a synchronous call; make it asynchronously, or when references have been asked for",
      );
    }
    if (call.refused !== undefined) throw ComError.from(call.refused);
    const { association } = binding;
    const over = (): boolean => call.done || association.ending !== undefined;
    whileWaiting(cause, () => association.wait(options?.timeout ?? longest, over));
  } finally {
    leaveCausality(before);
  }
  if (call.error !== undefined) throw call.error;
  if (call.done) return call.value;
  const { ending } = binding.association;
  if (ending !== undefined)
    throw new ComError(HResult.RPC_E_SERVER_DIED, "the thread of the object has ended", { cause: ending });
  throw new ComError(HResult.RPC_E_TIMEOUT, `no answer within ${options?.timeout} ms`);
}
