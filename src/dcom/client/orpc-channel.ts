import { ComError, type Guid, HResult, guidToBytes } from "../../base/index.ts";
import type { CallOptions, MethodCodec } from "../../ndr/index.ts";
import type { Binding } from "../../rpc/index.ts";
import { type CallObserver, methodOf, observeOutgoing } from "../observe/observer.ts";
import type { Detour, Redirectable } from "./blanket.ts";
import { ClientCall } from "./client-call.ts";
import type { Line } from "./connections.ts";
import { limited } from "./limited.ts";
import { callSynchronously } from "./synchronous-call.ts";
import type { InterfaceReference, RemoteReference } from "./remote-object.ts";
import {
  type Causality,
  causalityGuid,
  currentCausality,
  enterCausality,
  leaveCausality,
  newCausality,
  withLastingCausality,
} from "../../com/index.ts";

/** How often a request is written again because a reference in it had to be asked for. */
const mostRounds = 64;

/**
 * The way to one interface of one remote object. Once connection, binding and IPID are known, a call is: encode into the connection's buffer, send, decode.
 */
export class OrpcChannel implements Redirectable {
  /** Where the calls go instead: the interface has a security blanket of its own. */
  detour: Detour | undefined;
  readonly #object: RemoteReference;
  readonly #iid: Guid;
  #reference: InterfaceReference | undefined;
  /** The reference's IPID as the wire has it; made for the first call. */
  #ipid: Uint8Array | undefined;
  #line: Line | undefined;
  #binding: Binding | undefined;

  constructor(object: RemoteReference, iid: Guid, reference: InterfaceReference | undefined) {
    this.#object = object;
    this.#iid = iid;
    this.#reference = reference;
  }

  /** The interface has another IPID now. */
  reset(reference: InterfaceReference): void {
    this.#reference = reference;
    this.#ipid = undefined;
  }

  #ipidBytes(): Uint8Array {
    return (this.#ipid ??= guidToBytes((this.#reference as InterfaceReference).ipid));
  }

  invoke(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    if (this.detour !== undefined) return this.detour.channel.invoke(codec, opnum, args, options);
    const { timeout } = this.#object;
    if (timeout !== undefined && options?.timeout === undefined) options = { ...options, timeout };
    const { observers } = this.#object.exporter.marshaling;
    if (observers.length > 0) return this.#observed(observers, codec, opnum, args, options);
    return this.#send(codec, opnum, args, options);
  }

  #observed(
    observers: readonly CallObserver[],
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    const cause = currentCausality() ?? newCausality();
    const seen = {
      iid: this.#iid,
      opnum,
      method: methodOf(this.#iid, opnum),
      causality: causalityGuid(cause),
      object: this.#object.identity,
    };
    return withLastingCausality(cause, () =>
      observeOutgoing(observers, seen, () => this.#send(codec, opnum, args, options)),
    );
  }

  #send(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    const { exporter } = this.#object;
    const binding = this.#binding;
    if (binding === undefined || this.#line?.open !== true || !exporter.versionProven) {
      return this.#invokeSlowly(codec, opnum, args, options);
    }
    const call = new ClientCall(exporter, this.#iid, opnum, codec, args, options, this);
    const reply = call.send(binding, this.#ipidBytes());
    if (call.pending !== undefined) return this.#again(call, reply, codec, opnum, args, options);
    return reply;
  }

  /** The connection was lost before anything was sent: once more, over a new one. */
  repeat(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    return this.#invokeSlowly(codec, opnum, args, options);
  }

  async prepare(): Promise<void> {
    const { exporter } = this.#object;
    this.#reference ??= await this.#object.reference(this.#iid);
    const { line, binding } = await exporter.bind(this.#iid);
    if (!line.association.canWait) {
      throw new ComError(
        HResult.E_NOTIMPL,
        "only an object of a thread of this process can be called synchronously",
      );
    }
    this.#line = line;
    this.#binding = binding;
  }

  invokeSynchronously(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): unknown {
    const binding = this.#binding;
    if (binding === undefined || this.#line?.open !== true) {
      throw new ComError(HResult.RPC_E_DISCONNECTED, "the thread of the object has ended");
    }
    const what = { iid: this.#iid, opnum, codec };
    return callSynchronously(this.#object.exporter, binding, this.#ipidBytes(), what, args, options);
  }

  /** Connects, binds, and asks for the interface where that was not done yet; once more where the connection was lost meanwhile. */
  #invokeSlowly(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    return this.#object.exporter.anew(() => this.#reachAndInvoke(codec, opnum, args, options));
  }

  async #reachAndInvoke(
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    const { exporter } = this.#object;
    const cause = currentCausality(); // of now, not of when the connection is there
    this.#object.hold(); // the object stays while we wait, whoever lets go of it
    try {
      const reach = <T>(work: Promise<T>): Promise<T> =>
        limited(work, options, exporter.clock, `{${this.#iid}}`);
      this.#reference ??= await reach(this.#object.reference(this.#iid));
      return await exporter.withVersion(async () => {
        const { line, binding } = await reach(exporter.bind(this.#iid));
        this.#line = line;
        this.#binding = binding;
        const call = new ClientCall(exporter, this.#iid, opnum, codec, args, options);
        const reply = within(cause, () => call.send(binding, this.#ipidBytes()));
        if (call.pending !== undefined) return this.#again(call, reply, codec, opnum, args, options);
        return reply;
      });
    } finally {
      this.#object.unhold();
    }
  }

  /** A reference among the arguments had to be asked for: waits for it and writes the request anew. */
  async #again(
    first: ClientCall,
    failedReply: Promise<unknown>,
    codec: MethodCodec,
    opnum: number,
    args: readonly unknown[],
    options: CallOptions | undefined,
  ): Promise<unknown> {
    failedReply.catch(() => undefined);
    let { pending } = first;
    for (let round = 0; round < mostRounds && pending !== undefined; round++) {
      await pending;
      const binding = this.#binding;
      if (binding === undefined || this.#line?.open !== true)
        return this.#invokeSlowly(codec, opnum, args, options);
      const call = new ClientCall(this.#object.exporter, this.#iid, opnum, codec, args, options);
      const reply = call.send(binding, this.#ipidBytes());
      ({ pending } = call);
      if (pending === undefined) return reply;
      reply.catch(() => undefined);
    }
    throw new ComError(HResult.E_UNEXPECTED, "the references of the call's arguments could not be had");
  }
}

/** Runs something as part of a chain of calls. */
function within<T>(cause: Causality | undefined, run: () => T): T {
  if (cause === undefined) return run();
  const before = enterCausality(cause);
  try {
    return run();
  } finally {
    leaveCausality(before);
  }
}
