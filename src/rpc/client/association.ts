import {
  type Clock,
  ComError,
  HResult,
  type Limits,
  type Logger,
  defaultLimits,
  silentLogger,
  systemClock,
} from "../../base/index.ts";
import { type RpcEndpoint, formatEndpoint } from "../endpoint.ts";
import { FAULT_BYTES } from "../pdu/fault.ts";
import { PacketType, PfcFlag } from "../pdu/packet-type.ts";
import { encodePdu, makePdu } from "../pdu/pdu.ts";
import { CALL_HEADER_BYTES } from "../pdu/request.ts";
import { BindTimeFeature, type SyntaxId } from "../pdu/syntax.ts";
import type { Connection } from "../transport/transport.ts";
import { Assembly } from "../wire/assembly.ts";
import { CallTable } from "../wire/call-table.ts";
import { At, FOREIGN_DREP, WHOLE } from "../wire/fields.ts";
import { finishMessage, readTrailer, unprotectFragment } from "../wire/protection.ts";
import { Wire } from "../wire/wire.ts";
import { Binder } from "./binder.ts";
import type { Binding } from "./binding.ts";
import {
  cancelError,
  errorOfCallFault,
  refuseForeign,
  refuseUnsigned,
  timeoutError,
  told,
} from "./call-errors.ts";
import { connectTo } from "./connect.ts";
import { Deadlines } from "./deadlines.ts";
import type { AssociationOptions } from "./options.ts";
import { PendingCall, type ResponseDecoder, type RpcCallOptions } from "./pending-call.ts";
import { appendTrailer, headerLength } from "./request-writer.ts";
import type { BindingSecurity, SecurityHandle } from "./security.ts";

/**
 * The states of an association:
 * - `unbound`: connected; no bind has been answered yet.
 * - `open`: calls can be made.
 * - `draining`: the server asked for the end (shutdown); calls under way are answered, new ones fail.
 * - `closed`: the connection is gone.
 */
export type AssociationState = "unbound" | "open" | "draining" | "closed";

const DEFAULT_ORPHAN_AFTER = 10_000;

const ignore = (): void => undefined;

// A promise's executor runs at once, so one function serves all and no closure is made per call.
let newResolve: (value: unknown) => void = () => {};
let newReject: (error: ComError) => void = () => {};
function keepResolvers(resolve: (value: unknown) => void, reject: (error: ComError) => void): void {
  newResolve = resolve;
  newReject = reject;
}

interface Queued {
  readonly call: PendingCall;
  readonly bytes: Uint8Array;
  readonly header: number;
}

/**
 * The client's end of one transport connection ([C706] 9.3.2). Bindings give its interfaces. Nothing is closed by itself: whoever
 * connected it closes it.
 */
export class Association extends Wire {
  readonly endpoint: RpcEndpoint;
  readonly options: AssociationOptions;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds for each bind. */
  readonly timeout: number;
  /** Largest fragment offered. */
  readonly fragmentBytes: number;
  /** Resolves when the connection is gone: to the reason, or to `undefined` after {@link close}. */
  readonly closed: Promise<ComError | undefined>;
  #settleClosed: (reason: ComError | undefined) => void = () => {};
  readonly #calls: CallTable<PendingCall> = new CallTable();
  readonly #binder: Binder;
  readonly #deadlines: Deadlines;
  readonly #callTimeout: number;
  #state: AssociationState = "unbound";
  #reason: ComError | undefined;
  /** Calls that wait because the server takes one at a time. */
  readonly #queue: Queued[] = [];

  private constructor(
    endpoint: RpcEndpoint,
    connection: Connection,
    options: AssociationOptions,
    fragmentBytes: number,
  ) {
    super(connection);
    this.endpoint = endpoint;
    this.options = options;
    this.limits = options.limits ?? defaultLimits;
    this.clock = options.clock ?? systemClock;
    this.logger = options.logger ?? silentLogger;
    this.timeout = options.timeout ?? this.limits.handshakeTimeout;
    this.fragmentBytes = fragmentBytes & ~7;
    this.#callTimeout = options.callTimeout ?? Number.POSITIVE_INFINITY;
    this.#binder = new Binder(this);
    this.#deadlines = new Deadlines(this.clock, (now) => this.#expire(now));
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  /**
   * Connects. Rejects with RPC_S_SERVER_UNAVAILABLE, RPC_E_TIMEOUT, RPC_S_PROTSEQ_NOT_SUPPORTED, or RPC_E_CALL_CANCELED when
   * `options.signal` aborts.
   */
  static async connect(endpoint: RpcEndpoint, options: AssociationOptions): Promise<Association> {
    const { connection, transport } = await connectTo(endpoint, options);
    const fragmentBytes = options.maxFragment ?? transport.fragmentBytes;
    const association = new Association(endpoint, connection, options, fragmentBytes);
    connection.start(association);
    return association;
  }

  /** Whether {@link requestAndWait} can be used. */
  get canWait(): boolean {
    return this.connection.wait !== undefined;
  }

  /**
   * As {@link sendRequest}, and deals with what arrives, without the event loop, until `done` says so; after `milliseconds` the call is given up. The answer goes to
   * the decoder alone.
   */
  requestAndWait(
    binding: Binding,
    decoder: ResponseDecoder,
    milliseconds: number,
    done: () => boolean,
  ): void {
    const { connection, output } = this;
    if (this.#state !== "open" || connection.wait === undefined) {
      output.abandon();
      if (this.#state !== "open") throw this.#gone(true);
      throw new ComError(HResult.E_NOTIMPL, "only a thread of this process can be waited for synchronously");
    }
    const call = new PendingCall(binding, decoder, ignore, ignore, Number.POSITIVE_INFINITY);
    this.#calls.add(call);
    const { corked } = output;
    output.corked = true; // it goes out below, not at the end of a turn that does not come
    try {
      this.#finish(call, false, false);
    } finally {
      output.corked = corked;
    }
    if (!connection.wait(milliseconds, done, () => output.flush())) this.#giveUp(call, timeoutError(call));
  }

  get state(): AssociationState {
    return this.#state;
  }

  /** The group the server put this association into; to be given to further associations to the same server. */
  get associationGroup(): number {
    return this.#binder.group;
  }

  /** Calls without an answer. */
  get outstanding(): number {
    return this.#calls.size;
  }

  /** True when the server takes several security contexts on one connection ([MS-RPCE] 3.3.1.5.3). */
  get multiplexesSecurity(): boolean {
    return (this.#binder.features & BindTimeFeature.securityContextMultiplexing) !== 0;
  }

  /**
   * Gives an interface on this connection, with calls protected as `security` says. Equal wishes give the same binding; presentation and
   * security contexts are opened once and shared. Rejects with RPC_S_UNKNOWN_IF, RPC_S_UNSUPPORTED_TRANS_SYN,
   * RPC_S_UNKNOWN_AUTHN_SERVICE, ERROR_LOGON_FAILURE or E_ACCESSDENIED, or what became of the connection.
   */
  bind(syntax: SyntaxId, security?: BindingSecurity | SecurityHandle): Promise<Binding> {
    if (this.#state === "closed" || this.#state === "draining") return Promise.reject(this.#gone(true));
    return this.#binder.bind(syntax, security);
  }

  /** Closes at once; calls under way fail with RPC_S_CALL_FAILED. Idempotent. */
  close(): void {
    if (this.#state === "closed") return;
    this.output.flush();
    this.#end(undefined);
    this.connection.end();
  }

  /** Closes because of an error, which calls under way fail with. */
  abort(reason: ComError): void {
    if (this.#state === "closed") return;
    this.#end(reason);
    this.connection.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  // For Binder and Binding.

  /** Why nothing can be sent any more, or `undefined`. */
  get ending(): ComError | undefined {
    return this.#state === "closed" ? this.#gone(true) : undefined;
  }

  opened(): void {
    if (this.#state === "unbound") this.#state = "open";
  }

  nextCallId(): number {
    return this.#calls.nextId();
  }

  sendPdu(bytes: Uint8Array): void {
    this.output.open().raw(bytes);
    this.output.commit();
  }

  sendRequest(
    binding: Binding,
    decoder: ResponseDecoder,
    options: RpcCallOptions | undefined,
  ): Promise<unknown> {
    if (this.#state !== "open") {
      this.output.abandon();
      const error = this.#gone(true);
      return decoder.again?.(error) ?? Promise.reject(error);
    }
    if (options?.maybe === true) return this.#sendMaybe(binding);
    const timeout = options?.timeout ?? this.#callTimeout;
    const deadline = timeout === Number.POSITIVE_INFINITY ? timeout : this.#deadlines.after(timeout);
    const promise = new Promise<unknown>(keepResolvers);
    const call = new PendingCall(binding, decoder, newResolve, newReject, deadline);
    if (options?.signal !== undefined && !this.#listen(call, options.signal)) {
      this.output.abandon();
      return promise;
    }
    const serial = !this.#binder.concurrent && this.#calls.size > 0;
    this.#calls.add(call);
    this.#finish(call, options?.verificationTrailer === true, serial);
    return promise;
  }

  #sendMaybe({ protection }: Binding): Promise<undefined> {
    const { output } = this;
    const { start, openWriter: writer } = output;
    writer.view.setUint32(start + At.callId, this.#calls.nextId(), true);
    writer.bytes[start + At.flags] = (writer.bytes[start + At.flags] as number) | PfcFlag.maybe;
    finishMessage(writer, start, headerLength(writer, start), this.#binder.maxTransmit, protection);
    output.commit();
    return Promise.resolve(undefined);
  }

  /** Completes the open request and commits it, or keeps it for its turn. */
  #finish(call: PendingCall, trailer: boolean, serial: boolean): void {
    const { output } = this;
    const writer = output.openWriter;
    const { start } = output;
    const { binding } = call;
    writer.view.setUint32(start + At.callId, call.callId, true);
    if (trailer && binding.protection !== undefined) {
      appendTrailer(writer, start, binding, this.#binder.headerSigning);
    }
    const header = headerLength(writer, start);
    if (serial) {
      this.#queue.push({ call, bytes: writer.finish(start), header });
      output.abandon();
      return;
    }
    finishMessage(writer, start, header, this.#binder.maxTransmit, binding.protection);
    call.offset = output.committed;
    output.commit();
  }

  /** Listens to the call's signal; false when it has aborted already. */
  #listen(call: PendingCall, signal: AbortSignal): boolean {
    if (signal.aborted) {
      call.reject(cancelError(signal));
      return false;
    }
    call.signal = signal;
    call.onAbort = () => this.#giveUp(call, cancelError(signal));
    signal.addEventListener("abort", call.onAbort, { once: true });
    return true;
  }

  /** Fails the call now; its id stays taken until the server answers or is told that nobody waits. */
  #giveUp(call: PendingCall, error: ComError): void {
    call.detach();
    call.reject(error);
    const queued = this.#queue.findIndex((waiting) => waiting.call === call);
    if (queued >= 0) {
      this.#queue.splice(queued, 1);
      this.#calls.delete(call);
      return;
    }
    call.abandoned = true;
    this.sendPdu(encodePdu(makePdu({ type: PacketType.coCancel }, call.callId, WHOLE)));
    const orphans = (this.#binder.features & BindTimeFeature.keepConnectionOnOrphan) !== 0;
    call.deadline = orphans
      ? this.#deadlines.after(this.options.orphanAfter ?? DEFAULT_ORPHAN_AFTER)
      : Number.POSITIVE_INFINITY;
  }

  #orphan(call: PendingCall): void {
    this.sendPdu(encodePdu(makePdu({ type: PacketType.orphaned }, call.callId, WHOLE)));
    this.#calls.delete(call);
    this.#next();
  }

  #expire(now: number): number {
    let next = Number.POSITIVE_INFINITY;
    for (const call of this.#calls.all()) {
      if (call.deadline > now) {
        next = Math.min(next, call.deadline);
      } else if (call.abandoned) {
        this.#orphan(call);
      } else {
        this.#giveUp(call, timeoutError(call));
        next = Math.min(next, call.deadline);
      }
    }
    return next;
  }

  // What arrives.

  frame(bytes: Uint8Array, view: DataView, start: number, length: number): void {
    const little = ((bytes[start + At.drep] as number) & 0xf0) === 0x10;
    const callId = view.getUint32(start + At.callId, little);
    switch (bytes[start + At.type]) {
      case PacketType.response:
        this.#response(bytes, view, start, length, callId, little);
        return;
      case PacketType.fault:
        this.#fault(bytes, view, start, length, callId, little);
        return;
      case PacketType.bindAck:
      case PacketType.bindNak:
      case PacketType.alterContextResponse:
        this.#binder.answered(bytes, start, length, callId);
        return;
      case PacketType.shutdown:
        if (this.#state === "open") this.#state = "draining";
        return;
      default:
        this.violated(
          new ComError(HResult.RPC_S_PROTOCOL_ERROR, `packet type ${bytes[start + At.type]} from a server`),
        );
    }
  }

  #callOf(callId: number): PendingCall | undefined {
    const call = this.#calls.get(callId);
    if (call !== undefined || this.options.lenientCallIds !== true || this.#calls.size !== 1) return call;
    return this.#calls.all()[0];
  }

  #response(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    length: number,
    callId: number,
    little: boolean,
  ): void {
    const call = this.#callOf(callId);
    const end = this.#open(bytes, view, start, length, call, little);
    if (call === undefined) return;
    if ((view.getUint16(start + At.drep, true) & FOREIGN_DREP) !== 0) refuseForeign();
    const { security } = call.binding;
    if (security !== undefined) security.proven = true;
    const flags = bytes[start + At.flags] as number;
    const stub = start + CALL_HEADER_BYTES;
    if ((flags & WHOLE) === WHOLE) this.#complete(call, bytes, view, stub, end, little);
    else this.#assemble(call, flags, bytes, view, start, end, little);
  }

  #assemble(
    call: PendingCall,
    flags: number,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    little: boolean,
  ): void {
    const stub = start + CALL_HEADER_BYTES;
    if ((flags & PfcFlag.first) !== 0) {
      const hint = view.getUint32(start + At.allocHint, little);
      call.assembly = new Assembly(this.limits, hint, bytes, view, stub, end);
      this.borrow(call.assembly);
      return;
    }
    const { assembly } = call;
    if (assembly === undefined) {
      throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, "an answer begins with a later fragment");
    }
    assembly.append(bytes, stub, end);
    if ((flags & PfcFlag.last) === 0) return;
    this.useUp(assembly);
    call.assembly = undefined;
    this.#complete(call, assembly.bytes, assembly.view, assembly.start, assembly.end, little);
  }

  /** Checks and opens a packet's protection; answers where its stub ends. */
  #open(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    length: number,
    call: PendingCall | undefined,
    little: boolean,
  ): number {
    const isFault = bytes[start + At.type] === PacketType.fault;
    const stub = start + Math.min(length, isFault ? FAULT_BYTES : CALL_HEADER_BYTES);
    if (length < CALL_HEADER_BYTES) throw new ComError(HResult.RPC_S_PROTOCOL_ERROR, "a short answer");
    const authLength = view.getUint16(start + At.authLength, little);
    const expected = call?.binding.protection;
    if (authLength === 0) {
      if (expected !== undefined && !isFault) refuseUnsigned();
      return start + length;
    }
    const trailer = readTrailer(view, start, length, authLength, stub, little);
    const protection = this.#binder.protection(trailer.contextId);
    if (expected !== undefined && expected !== protection) refuseUnsigned();
    if (protection !== undefined && trailer.level === protection.level) {
      unprotectFragment(bytes, start, stub, trailer, authLength, protection);
    } else if (expected !== undefined) refuseUnsigned();
    return trailer.stubEnd;
  }

  #complete(
    call: PendingCall,
    bytes: Uint8Array,
    view: DataView,
    start: number,
    end: number,
    little: boolean,
  ): void {
    this.#calls.delete(call);
    const reader = this.readerAt(bytes, view, start, end, little);
    if (call.abandoned) {
      call.decoder.late?.(reader);
    } else {
      if (call.onAbort !== undefined) call.detach();
      this.#settle(call, reader);
    }
    if (this.#queue.length > 0) this.#next();
  }

  #settle(call: PendingCall, reader: typeof this.reader): void {
    let value: unknown;
    try {
      value = call.decoder.decode(reader);
    } catch (error) {
      call.reject(ComError.from(error, HResult.RPC_X_BAD_STUB_DATA));
      return;
    }
    call.resolve(value);
  }

  #fault(
    bytes: Uint8Array,
    view: DataView,
    start: number,
    length: number,
    callId: number,
    little: boolean,
  ): void {
    if (this.#binder.answered(bytes, start, length, callId)) return;
    const call = this.#callOf(callId);
    this.#open(bytes, view, start, length, call, little);
    if (call === undefined) return;
    const status = length >= 28 ? view.getUint32(start + At.status, little) : 0;
    this.#calls.delete(call);
    call.detach();
    const unexecuted = ((bytes[start + At.flags] as number) & PfcFlag.didNotExecute) !== 0;
    if (!call.abandoned) call.reject(told(call, errorOfCallFault(call, status, unexecuted)));
    if (this.#queue.length > 0) this.#next();
  }

  /** Sends the next call to a server that takes one at a time. */
  #next(): void {
    const next = this.#queue.shift();
    if (next === undefined) return;
    const writer = this.output.open();
    const { start } = this.output;
    writer.raw(next.bytes);
    const { protection } = next.call.binding;
    finishMessage(writer, start, next.header, this.#binder.maxTransmit, protection);
    next.call.offset = this.output.committed;
    this.output.commit();
  }

  // How it ends.

  protected drained(): void {}

  protected violated(error: ComError): void {
    this.logger.warn({ error, endpoint: formatEndpoint(this.endpoint) }, "the server broke the protocol");
    this.abort(error);
  }

  protected lost(error: Error | undefined): void {
    if (this.#state === "closed") return;
    this.#end(
      new ComError(HResult.RPC_S_CALL_FAILED, `the connection to ${formatEndpoint(this.endpoint)} was lost`, {
        cause: error,
      }),
    );
  }

  #end(reason: ComError | undefined): void {
    this.#state = "closed";
    this.#reason = reason;
    const sent = this.output.handed;
    const queued = new Set(this.#queue.map((waiting) => waiting.call));
    this.#queue.length = 0;
    this.#deadlines.close();
    for (const call of this.#calls.all()) {
      this.#calls.delete(call);
      call.detach();
      if (!call.abandoned) this.#lost(call, queued.has(call) || call.offset >= sent);
    }
    this.#binder.failed(this.#gone(true));
    this.#settleClosed(reason);
  }

  /** A call whose connection is gone. */
  #lost(call: PendingCall, unsent: boolean): void {
    const error = this.#gone(unsent);
    try {
      const again = unsent ? call.decoder.again?.(error) : undefined;
      if (again === undefined) call.reject(told(call, error));
      else call.resolve(again);
    } catch (failure) {
      call.reject(ComError.from(failure)); // the others' turn is still to come
    }
  }

  /** Why calls fail from now on; `unsent` when the server can not have begun the call. */
  #gone(unsent: boolean): ComError {
    const code = unsent ? HResult.RPC_S_CALL_FAILED_DNE : HResult.RPC_S_CALL_FAILED;
    const why =
      this.#reason?.message ?? (this.#state === "draining" ? "the server is closing" : "it was closed");
    return new ComError(code, `the connection to ${formatEndpoint(this.endpoint)} is gone: ${why}`, {
      cause: this.#reason,
    });
  }
}
