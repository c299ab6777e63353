import type { ByteReader, ComError } from "../../base/index.ts";
import type { Assembly } from "../wire/assembly.ts";
import type { Binding } from "./binding.ts";

/** Makes a call's result of its response. */
export interface ResponseDecoder {
  /** `reader` stands at the start of the stub; it is valid during this call only. */
  decode(reader: ByteReader): unknown;
  /** As `decode`, for an answer that came after its call had been given up: what it holds can be released. */
  late?(reader: ByteReader): void;
  /** Nothing of the request left before the connection was lost: makes the call anew, or answers undefined to have it fail. */
  again?(error: ComError): Promise<unknown> | undefined;
  /** A fault, or the loss of the connection, in the words of the layer above; answers what the caller is told. */
  failed?(error: ComError): ComError;
}

/** Options of one call. */
export interface RpcCallOptions {
  /** Cancels the call: the promise is rejected at once, the server is told (co_cancel). */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call fails with RPC_E_TIMEOUT. */
  readonly timeout?: number;
  /** Ends the request's stub with a verification trailer, where the security level protects stubs ([MS-RPCE] 2.2.2.13). */
  readonly verificationTrailer?: boolean;
  /**
   * `[maybe]` ([C706] 6.1): nobody answers. The promise resolves to undefined once the request is on its way; whether it arrives, and how the call ends,
   * nobody tells.
   */
  readonly maybe?: boolean;
}

/** A call without its answer yet. */
export class PendingCall {
  callId = 0;
  readonly binding: Binding;
  readonly decoder: ResponseDecoder;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: ComError) => void;
  /** When it times out, by the monotonic clock; Infinity for never. */
  deadline: number;
  /** Given up (cancelled or timed out); the answer is only waited for so that the id is free again. */
  abandoned = false;
  /** Place of its first byte in the output. */
  offset = 0;
  assembly: Assembly | undefined = undefined;
  signal: AbortSignal | undefined = undefined;
  onAbort: (() => void) | undefined = undefined;

  constructor(
    binding: Binding,
    decoder: ResponseDecoder,
    resolve: (value: unknown) => void,
    reject: (error: ComError) => void,
    deadline: number,
  ) {
    this.binding = binding;
    this.decoder = decoder;
    this.resolve = resolve;
    this.reject = reject;
    this.deadline = deadline;
  }

  /** Stops listening to the signal. */
  detach(): void {
    if (this.onAbort === undefined) return;
    this.signal?.removeEventListener("abort", this.onAbort);
    this.onAbort = undefined;
    this.signal = undefined;
  }
}
