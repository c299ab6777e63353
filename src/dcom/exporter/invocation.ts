import { type AuthenticationLevel, ImpersonationLevel } from "../../auth/index.ts";
import { ComError, type Guid, HResult, type Limits, failed } from "../../base/index.ts";
import {
  type CallContext,
  currentApartment,
  enterCall,
  type IUnknown,
  type ObjectIdentity,
  isPointer,
  leaveCall,
  releaseResult,
  splitStatus,
  type Causality,
  causalityGuid,
  enterCausality,
  lastingCausality,
  leaveCausality,
  withLastingCausality,
  endActing,
  enterSelf,
  leaveSelf,
} from "../../com/index.ts";
import { type MarshalContext, type MethodCodec, allMethods } from "../../ndr/index.ts";
import type { ServerCall } from "../../rpc/index.ts";
import { errorExtent } from "../orpc/error-info.ts";
import { type OrpcExtent, noExtents } from "../orpc/extent.ts";
import { dataFor, serverExtents } from "../orpc/hooks.ts";
import { type CallObserver, type IncomingCall, methodOf, observeIncoming } from "../observe/observer.ts";
import { mustWait, postpone, waitsSynchronously } from "../orpc/synchronous.ts";
import { writeOrpcThat } from "../orpc/orpc-that.ts";
import type { OrpcHead } from "../orpc/orpc-this.ts";
import { type Marshaling, optionsFor, toThread } from "../marshaling.ts";
import type { InterfaceEntry } from "./interface-entry.ts";
import { toldOf } from "./told-failure.ts";

/** What an invocation needs of its exporter. */
export interface InvocationHost {
  readonly limits: Limits;
  readonly marshaling: Marshaling;
}

/**
 * One call from outside, from its decoded head to its response: the context of the call for the implementation, and the marshal context for the codecs. Everything
 * happens within the first turn when the method returns a value; only a promise (or a queueing apartment) makes it asynchronous.
 */
export class Invocation implements CallContext, MarshalContext, Causality, IncomingCall, OrpcHead {
  readonly #host: InvocationHost;
  readonly #call: ServerCall;
  readonly opnum: number;
  // Read from the request's head.
  minor = 0;
  cid0 = 0;
  cid1 = 0;
  cid2 = 0;
  cid3 = 0;
  extents: readonly OrpcExtent[] = noExtents;
  /** What was answered. */
  hresult = 0;
  #answered = false;
  #target: InterfaceEntry | undefined = undefined;
  /** Set when marshaling found that a reference must be asked for first; the response is then encoded again. */
  pending: Promise<unknown> | undefined = undefined;
  #taken: Disposable[] | undefined = undefined;
  #given: Uint8Array[] | undefined = undefined;
  #handed: IUnknown[] | undefined = undefined;

  constructor(host: InvocationHost, call: ServerCall) {
    this.#host = host;
    this.#call = call;
    this.opnum = call.opnum;
  }

  // The context of the call, for the implementation (CoGetCallContext).

  get causality(): Guid {
    return causalityGuid(this);
  }

  get iid(): Guid {
    return this.#entry.iid;
  }

  // For observers.

  get method(): string {
    return methodOf(this.iid, this.opnum);
  }

  get object(): string {
    return this.#entry.manager.oid.toString(16);
  }

  get fromThread(): boolean {
    return this.#call.connection.protseq === "comity_port";
  }

  get remote(): boolean {
    return !this.#call.connection.isPrivate;
  }

  get caller(): CallContext["caller"] {
    const { identity } = this.#call;
    if (identity === undefined || identity.anonymous) return undefined;
    const { account: user, domain, sid } = identity;
    return { user, domain, ...(sid !== undefined && { sid }) };
  }

  get authenticationLevel(): AuthenticationLevel {
    return this.#call.level;
  }

  get impersonationLevel(): number {
    if (!this.remote) return ImpersonationLevel.impersonate; // the process's own user
    const { identity } = this.#call;
    if (identity === undefined || identity.anonymous) return ImpersonationLevel.anonymous;
    return identity.impersonation ?? ImpersonationLevel.identify;
  }

  get signal(): AbortSignal {
    return this.#call.signal;
  }

  // For the codecs.

  get limits(): Limits {
    return this.#host.limits;
  }

  marshalInterface(iid: Guid, pointer: object): Uint8Array {
    const options = this.fromThread ? toThread : optionsFor(!this.remote, this.minor);
    const objref = this.#host.marshaling.marshal(iid, pointer, options, this);
    (this.#given ??= []).push(objref);
    // The implementation gave its pointer away with the result; what was handed to it as an argument goes anyway.
    if (isPointer(pointer)) (this.#handed ??= []).push(pointer);
    return objref;
  }

  unmarshalInterface(iid: Guid, objref: Uint8Array): object {
    const pointer = this.#host.marshaling.unmarshal(iid, objref, undefined);
    (this.#taken ??= []).push(pointer);
    return pointer;
  }

  // The call.

  /** Serves the call by the entry it names. */
  start(entry: InterfaceEntry): void | Promise<void> {
    this.#target = entry;
    const { observers } = this.#host.marshaling;
    return observers.length === 0 ? this.#enter(entry) : this.#observed(entry, observers);
  }

  #observed(entry: InterfaceEntry, observers: readonly CallObserver[]): void | Promise<void> {
    this.#call.retain();
    // Who watches wants to know which calls belong together, also those made after an await; it costs what it costs.
    return withLastingCausality(this, () => observeIncoming(observers, this, () => this.#enter(entry)));
  }

  /** The thread waits for another chain of calls: this one is served afterwards. */
  #postponed(entry: InterfaceEntry): Promise<void> {
    this.#call.retain();
    return new Promise((resolve, reject) => {
      postpone(() => {
        try {
          resolve(this.#enter(entry));
        } catch (error) {
          reject(error);
        }
      });
    });
  }

  #enter(entry: InterfaceEntry): void | Promise<void> {
    if (mustWait(this)) return this.#postponed(entry);
    const { apartment } = entry.manager.identity;
    if (apartment.kind !== "single" && this.#lasts(entry)) {
      const run = (): void | Promise<void> => this.#run();
      const enter = apartment === currentApartment() ? run : () => settle(apartment.enter(undefined, run));
      return withLastingCausality(this, enter);
    }
    if (apartment === currentApartment() && apartment.kind !== "single") return this.#run();
    if (apartment.kind !== "single") return settle(apartment.enter(undefined, () => this.#run()));
    // It may have to wait for its turn, and related calls must be let in while it waits for others.
    this.#call.retain();
    const incoming = {
      caller: this.caller === undefined ? "" : `${this.caller.domain}\\${this.caller.user}`,
      object: entry.manager.identity.object,
      iid: entry.iid,
      method: this.opnum,
    };
    return settle(
      withLastingCausality(this, () => apartment.enter(this.causality, () => this.#run(), incoming)),
    );
  }

  #lasts({ stub }: InterfaceEntry): boolean {
    return (
      lastingCausality.wanted || (lastingCausality.whereAsync && stub.answersLater?.(this.opnum) === true)
    );
  }

  get #entry(): InterfaceEntry {
    return this.#target as InterfaceEntry;
  }

  #run(): void | Promise<void> {
    const { stub } = this.#entry;
    const inNdr20 = stub.codec(this.opnum);
    if (inNdr20 === undefined) {
      throw new ComError(
        HResult.RPC_S_PROCNUM_OUT_OF_RANGE,
        `${stub.descriptor.name} has no remote method ${this.opnum}`,
      );
    }
    const codec = this.#call.ndr64 ? inNdr20.ndr64 : inNdr20;
    let args: readonly unknown[];
    try {
      args = codec.decodeRequest(this.#call.reader, this);
      const { hooks } = this.#host.marshaling;
      if (hooks.length > 0) for (const hook of hooks) hook.serverNotify?.(this, dataFor(hook, this.extents));
    } catch (error) {
      this.#dispose(); // the pointers that were read before it went wrong
      throw error;
    }
    let result: unknown;
    const causeBefore = enterCausality(this);
    const contextBefore = enterCall(this);
    const selfBefore = enterSelf();
    try {
      result = stub.invoke(this.opnum, args);
    } catch (error) {
      return this.#fail(codec, args, error);
    } finally {
      leaveSelf(selfBefore);
      leaveCall(contextBefore);
      leaveCausality(causeBefore);
    }
    if (isThenable(result)) {
      stub.noteLater?.(this.opnum);
      if (waitsSynchronously()) return this.#cannotSettle(codec, args, result);
      return this.#later(codec, args, result);
    }
    return this.#succeed(codec, args, result);
  }

  /** A promise does not settle while its thread waits for the one who waits for the promise. */
  #cannotSettle(
    codec: MethodCodec,
    args: readonly unknown[],
    result: PromiseLike<unknown>,
  ): void | Promise<void> {
    result.then(undefined, () => undefined);
    const message = "the method answers a promise, and its thread waits synchronously for the caller";
    return this.#fail(codec, args, new ComError(HResult.RPC_E_CALL_REJECTED, message));
  }

  async #later(codec: MethodCodec, args: readonly unknown[], result: PromiseLike<unknown>): Promise<void> {
    const { identity } = this.#entry.manager;
    const held = tryHold(identity); // the object outlives its calls, whatever clients release meanwhile
    try {
      await this.#succeed(codec, args, await result);
    } catch (error) {
      if (this.#answered) throw error; // the answer has gone out; only what came afterwards failed
      await this.#fail(codec, args, error);
    } finally {
      if (held) identity.release();
    }
  }

  #succeed(codec: MethodCodec, args: readonly unknown[], result: unknown): void | Promise<void> {
    const { code, value } =
      typeof result === "object" && result !== null ? splitStatus(result) : { code: 0, value: result };
    try {
      this.#respond(codec, args, value, code, noExtents);
    } catch (error) {
      return this.#encodingFailed(codec, args, error, () => this.#succeed(codec, args, result));
    }
    this.#dispose();
  }

  /** A failed method: its HRESULT with the error's text, or a fault where there is no HRESULT to carry it. */
  #fail(codec: MethodCodec, args: readonly unknown[], thrown: unknown): void | Promise<void> {
    const error = ComError.from(thrown, HResult.RPC_E_SERVERFAULT);
    const code = failed(error.code) ? error.code : HResult.E_FAIL;
    if (!this.#returnsHresult()) {
      this.#dispose();
      throw error;
    }
    try {
      this.#respond(codec, args, error.outputs, code, [errorExtent({ iid: this.iid, ...toldOf(error) })]);
    } catch (failure) {
      return this.#encodingFailed(codec, args, failure, () => this.#fail(codec, args, thrown));
    }
    this.#dispose();
  }

  #respond(
    codec: MethodCodec,
    args: readonly unknown[],
    value: unknown,
    code: number,
    extents: readonly OrpcExtent[],
  ): void {
    this.hresult = code;
    const { hooks } = this.#host.marshaling;
    const all = hooks.length === 0 ? extents : [...extents, ...serverExtents(hooks, this, code)];
    const writer = this.#call.beginResponse();
    writeOrpcThat(writer, all, this.#call.ndr64);
    codec.encodeResponse(writer, args, value, code, this);
    this.#call.endResponse();
    this.#answered = true;
  }

  /** Takes back what the broken response held; then tries again (when a reference had to be asked for), or answers with the error. */
  #encodingFailed(
    codec: MethodCodec,
    args: readonly unknown[],
    error: unknown,
    again: () => void | Promise<void>,
  ): void | Promise<void> {
    this.#call.abandonResponse();
    this.#host.marshaling.takeBack(this.#given);
    this.#given = undefined;
    const { pending } = this;
    if (pending !== undefined) {
      this.pending = undefined;
      this.#handed = undefined; // still in the result, to be encoded anew
      this.#call.retain();
      return pending.then(again, (refused: unknown) => this.#fail(codec, args, refused));
    }
    const wrong = ComError.from(error);
    if (wrong.outputs !== undefined || !this.#returnsHresult()) {
      this.#dispose();
      throw wrong;
    }
    return this.#fail(codec, args, wrong);
  }

  #returnsHresult(): boolean {
    const { descriptor } = this.#entry.stub;
    const returns = allMethods(descriptor).find((method) => method.opnum === this.opnum)?.returns;
    return returns?.kind === "base" && returns.name === "hresult";
  }

  /** [in] pointers end with the call; pointers in the result have gone to the caller. */
  #dispose(): void {
    endActing(this);
    if (this.#handed !== undefined) for (const pointer of this.#handed) releaseResult(pointer);
    if (this.#taken !== undefined) for (const pointer of this.#taken) pointer[Symbol.dispose]();
  }
}

/** False for an object that ended itself within the call. */
function tryHold(identity: ObjectIdentity): boolean {
  try {
    identity.addRef();
    return true;
  } catch {
    return false;
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && "then" in value && typeof value.then === "function";
}

/** A promise of a promise is a promise. */
function settle(result: void | Promise<void> | Promise<void | Promise<void>>): void | Promise<void> {
  return result as void | Promise<void>;
}
