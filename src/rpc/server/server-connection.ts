import { type AuthenticationLevel, AuthnLevel, type Identity } from "../../auth/index.ts";
import { ByteReader, ComError, HResult, hex32 } from "../../base/index.ts";
import { FaultStatus, faultOf, nameOfFault } from "../fault-status.ts";
import { BindNakReason } from "../pdu/bind-nak.ts";
import { encodeFault } from "../pdu/fault.ts";
import { DREP_LITTLE_ENDIAN } from "../pdu/header.ts";
import { PacketType, PfcFlag } from "../pdu/packet-type.ts";
import { type Pdu, type PduBody, decodePdu, encodePdu, makePdu } from "../pdu/pdu.ts";
import { CALL_HEADER_BYTES } from "../pdu/request.ts";
import { TRAILER_BYTES } from "../pdu/verifier.ts";
import type { Connection } from "../transport/transport.ts";
import { Assembly } from "../wire/assembly.ts";
import { At, WHOLE, headWord } from "../wire/fields.ts";
import { finishMessage, readTrailer, unprotectFragment } from "../wire/protection.ts";
import { Hold, Wire } from "../wire/wire.ts";
import { levelRefusal, trailerRefusal } from "./admission.ts";
import { ServerBinder } from "./binder.ts";
import { ConnectionInfo } from "./connection-info.ts";
import type { Dispatcher } from "./dispatcher.ts";
import type { ServerPresentation } from "./presentations.ts";
import type { ServerHost } from "./rpc-server.ts";
import { RequestPacket } from "./request-packet.ts";
import { IncomingCall } from "./server-call.ts";
import type { ServerSecurity } from "./server-security.ts";

/**
 * The states of a server's connection:
 * - `fresh`: nothing has come yet; the first packet must be a bind.
 * - `bound`: calls are served.
 * - `closing`: a refusal has been sent; nothing more is read.
 * - `closed`: the connection is gone.
 */
type State = "fresh" | "bound" | "closing" | "closed";

interface Receiving {
  readonly call: IncomingCall;
  readonly assembly: Assembly;
  readonly littleEndian: boolean;
}

/** The server's end of one connection ([MS-RPCE] 3.3.3). */
export class ServerConnection extends Wire {
  readonly info: ConnectionInfo;
  readonly #host: ServerHost;
  readonly #binder: ServerBinder;
  readonly #packet = new RequestPacket();
  #state: State = "fresh";
  #packets = 0;
  /** Calls dispatched and not answered; a client may give several the same call id, and each counts. */
  readonly #active = new Set<IncomingCall>();
  /** Bytes of their requests. */
  #activeBytes = 0;
  /** The one call whose fragments are coming in. */
  #receiving: Receiving | undefined;
  /** The object that the next call will use. */
  #free: IncomingCall | undefined;

  /** `address`: what bind acknowledgements name as secondary address. */
  constructor(host: ServerHost, connection: Connection, address: string) {
    super(connection);
    this.#host = host;
    this.info = new ConnectionInfo(connection);
    this.#binder = new ServerBinder(this, host, address);
  }

  /** Largest fragment the client takes. */
  get maxTransmit(): number {
    return this.#binder.maxTransmit;
  }

  /** True until the first bind was accepted. */
  get isFresh(): boolean {
    return this.#state === "fresh";
  }

  /** True once somebody has logged on, and for processes of this user. */
  get isTrusted(): boolean {
    return this.connection.isPrivate || this.#binder.securities.anyComplete;
  }

  get activeCalls(): number {
    return this.#active.size;
  }

  /** Who calls without authentication: on a private connection the user of this process. */
  get localIdentity(): Identity | undefined {
    return this.connection.isPrivate ? this.#host.settings.localIdentity : undefined;
  }

  /** Grows with everything that comes in whole or goes out. */
  get progress(): number {
    return this.#packets + this.output.handed;
  }

  /** True while the client has begun something it does not go on with, or does not read its answers. */
  get isStuck(): boolean {
    if (this.output.backlog > 0) return true;
    if (this.isHeld(Hold.calls) || this.isHeld(Hold.handshake)) return false;
    return this.halfReceived || this.#receiving !== undefined;
  }

  frame(bytes: Uint8Array, view: DataView, start: number, length: number): void {
    this.#packets++;
    if (this.#state === "closing" || this.#state === "closed") return;
    const type = bytes[start + At.type];
    if (this.#state === "fresh") {
      this.#firstPacket(bytes, start, length, view);
      return;
    }
    switch (type) {
      case PacketType.request:
        this.#request(bytes, view, start, length);
        return;
      case PacketType.alterContext:
        this.#alter(bytes, view, start, length);
        return;
      case PacketType.auth3:
        this.#binder.auth3(callIdOf(bytes, view, start), tryDecode(bytes, start, length)?.auth);
        return;
      case PacketType.bind:
        this.nak(callIdOf(bytes, view, start), BindNakReason.notSpecified, "a second bind");
        return;
      case PacketType.coCancel:
      case PacketType.orphaned:
        this.#cancel(callIdOf(bytes, view, start), type === PacketType.orphaned);
        return;
      default:
        this.refuse(callIdOf(bytes, view, start), 0, FaultStatus.protocolError, `packet type ${type}`);
    }
  }

  #firstPacket(bytes: Uint8Array, start: number, length: number, view: DataView): void {
    const callId = callIdOf(bytes, view, start);
    const pdu = bytes[start + At.type] === PacketType.bind ? tryDecode(bytes, start, length) : undefined;
    if (pdu?.body.type !== PacketType.bind) {
      this.nak(callId, BindNakReason.protocolVersionNotSupported, "the first packet is not a bind");
      return;
    }
    this.#state = "bound";
    this.#binder.bind(pdu, pdu.body);
  }

  #alter(bytes: Uint8Array, view: DataView, start: number, length: number): void {
    const pdu = tryDecode(bytes, start, length);
    if (pdu?.body.type === PacketType.alterContext) this.#binder.alter(pdu, pdu.body);
    else this.refuse(callIdOf(bytes, view, start), 0, FaultStatus.protocolError, "a malformed alter_context");
  }

  // Calls.

  #request(bytes: Uint8Array, view: DataView, start: number, length: number): void {
    const packet = this.#packet;
    if (!packet.at(bytes, view, start, length) || length > this.#host.settings.maxFragment) {
      const what = `a request packet of ${length} bytes`;
      this.refuse(packet.callId, 0, FaultStatus.protocolError, what, undefined, 0);
      return;
    }
    if (packet.isFirst) this.#firstFragment(packet);
    else this.#laterFragment(packet);
  }

  #firstFragment(packet: RequestPacket): void {
    if (this.#receiving !== undefined) {
      this.#interrupted(packet, this.#receiving.call);
      return;
    }
    const { callId, contextId } = packet;
    const { securities, presentations } = this.#binder;
    let security = securities.connectLevel;
    if (packet.authLength !== 0) {
      security = securities.get(authContextOf(packet));
      if (security?.state === "started") {
        this.refuse(callId, 0, FaultStatus.protocolError, "a call in the middle of a logon");
        return;
      }
      const status = this.#verify(packet, security, true);
      if (status !== 0) {
        this.refuse(callId, contextId, status, "the verifier of a request is no good", undefined, 0);
        return;
      }
    }
    const presentation = presentations.get(contextId);
    if (presentation === undefined) {
      this.sendFault(callId, 0, FaultStatus.unknownInterface, PfcFlag.didNotExecute);
      return;
    }
    if (security !== undefined && security.state !== "complete") {
      const what = "a call without a complete logon";
      this.refuse(callId, contextId, FaultStatus.accessDenied, what, undefined, 0);
      return;
    }
    if (packet.isForeign) {
      const error = new ComError(
        HResult.RPC_S_PROTOCOL_ERROR,
        "a call in EBCDIC or without IEEE floating point",
      );
      this.log(error, "call refused");
      this.sendFault(callId, contextId, FaultStatus.unsupportedType, PfcFlag.didNotExecute);
      return;
    }
    const call = this.#free ?? new IncomingCall(this, presentation);
    this.#free = undefined;
    call.begin(packet, presentation, security, this.#levelOf(security));
    if (!packet.isLast) {
      this.#assemble(call, packet);
      return;
    }
    call.reader = this.readerAt(packet.bytes, packet.view, packet.stub, packet.end, packet.littleEndian);
    this.#dispatch(call, presentation);
  }

  /** Only one call at a time may come in fragments. Without multiplexing, the fault is for the call that was begun. */
  #interrupted(packet: RequestPacket, begun: IncomingCall): void {
    const again = packet.callId === begun.callId;
    const other = packet.authLength !== 0 && authContextOf(packet) !== begun.security?.contextId;
    const sameContext = packet.contextId === begun.presentation.id;
    const status = again && other && sameContext ? FaultStatus.secPkgError : FaultStatus.protocolError;
    const { callId, contextId } = this.#begunAs(begun);
    const what = "a call within the fragments of another";
    if (this.#binder.concurrent)
      this.refuse(packet.callId, again ? contextId : 0, status, what, undefined, 0);
    else this.refuse(callId, contextId, status, what, undefined, 0);
  }

  #begunAs(call: IncomingCall): { callId: number; contextId: number } {
    return { callId: call.callId, contextId: call.presentation.id };
  }

  /** The first of several fragments. Who will be refused anyway is not listened to first. */
  #assemble(call: IncomingCall, packet: RequestPacket): void {
    const refusal = levelRefusal(call, this.#host.settings);
    if (refusal !== undefined) {
      this.refuse(packet.callId, packet.contextId, FaultStatus.accessDenied, refusal.message, refusal);
      return;
    }
    call.retainObject();
    const { bytes, view, stub, end, allocHint, littleEndian } = packet;
    const assembly = new Assembly(this.#host.settings.limits, allocHint, bytes, view, stub, end);
    this.borrow(assembly);
    this.#receiving = { call, assembly, littleEndian };
    this.gathers = false;
  }

  /** What its header says besides the call id does not count; it is protected as the first fragment was. */
  #laterFragment(packet: RequestPacket): void {
    const receiving = this.#receiving;
    if (receiving === undefined || receiving.call.callId !== packet.callId) {
      this.#strayFragment(packet);
      return;
    }
    const { call, assembly, littleEndian } = receiving;
    const { callId, contextId } = this.#begunAs(call);
    const status = this.#verify(packet, call.security, false);
    if (status !== 0) {
      this.refuse(callId, contextId, status, "the verifier of a fragment is no good", undefined, 0);
      return;
    }
    assembly.append(packet.bytes, packet.stub, packet.end);
    if (!packet.isLast) return;
    this.#receiving = undefined;
    this.gathers = true;
    this.useUp(assembly);
    call.reader = assembly.borrowed
      ? this.readerAt(assembly.bytes, assembly.view, assembly.start, assembly.end, littleEndian)
      : new ByteReader(assembly.bytes, 0, assembly.end, littleEndian);
    this.#dispatch(call, call.presentation);
  }

  #strayFragment(packet: RequestPacket): void {
    const begun = this.#receiving?.call;
    const { concurrent, presentations, securities } = this.#binder;
    const alone = concurrent && begun === undefined;
    if (alone && presentations.get(packet.contextId) === undefined) {
      this.sendFault(packet.callId, 0, FaultStatus.unknownInterface, PfcFlag.didNotExecute);
      return;
    }
    const unknown =
      alone && packet.authLength !== 0 && !this.#isNamed(packet, securities.get(authContextOf(packet)));
    const status = unknown ? FaultStatus.accessDenied : FaultStatus.protocolError;
    const callId = begun === undefined || concurrent ? packet.callId : begun.callId;
    const contextId = alone ? packet.contextId : concurrent ? 0 : (begun?.presentation.id ?? 0);
    this.refuse(callId, contextId, status, "a fragment without a beginning", undefined, 0);
  }

  /** True when a packet's verifier speaks of this security context. */
  #isNamed(packet: RequestPacket, security: ServerSecurity | undefined): boolean {
    const { view, start, length, authLength } = packet;
    const trailerAt = start + length - authLength - TRAILER_BYTES;
    if (security === undefined || trailerAt < start) return false;
    return view.getUint8(trailerAt) === security.service && view.getUint8(trailerAt + 1) === security.level;
  }

  #levelOf(security: ServerSecurity | undefined): AuthenticationLevel {
    if (security !== undefined) return security.effectiveLevel;
    return this.connection.isPrivate ? AuthnLevel.privacy : AuthnLevel.none;
  }

  /**
   * Checks the verifier of a fragment, and opens its stub. Answers 0, or the fault status to refuse it with. `named`: the fragment's
   * own words about its verifier must fit.
   */
  #verify(packet: RequestPacket, security: ServerSecurity | undefined, named: boolean): number {
    const { authLength } = packet;
    if (authLength === 0) return security?.protection === undefined ? 0 : FaultStatus.protocolError;
    const { view, start, length, stub, littleEndian } = packet;
    if (authLength + TRAILER_BYTES > length) return FaultStatus.protocolError;
    const trailer = readTrailer(view, start, length, authLength, stub, littleEndian);
    packet.end = trailer.stubEnd;
    if (security === undefined || security.state !== "complete") return FaultStatus.accessDenied;
    if (named && !this.#isNamed(packet, security)) return FaultStatus.accessDenied;
    if (security.protection === undefined) return 0;
    try {
      unprotectFragment(packet.bytes, start, stub, trailer, authLength, security.protection);
      return 0;
    } catch (error) {
      this.log(ComError.from(error), "a request does not carry a good signature");
      return FaultStatus.secPkgError;
    }
  }

  #dispatch(call: IncomingCall, presentation: ServerPresentation): void {
    call.state = "dispatched";
    call.bytes = call.reader.end - call.reader.pos;
    this.#host.callsServed++;
    const { dispatcher } = presentation;
    if (!this.#admit(call, dispatcher)) return;
    let pending: void | Promise<void>;
    try {
      pending = dispatcher.dispatch(call);
    } catch (error) {
      this.#failed(call, error);
      pending = undefined;
    }
    if (pending !== undefined || call.state === "dispatched") this.#goesOn(call, pending);
    else if (!call.detached) this.#free = call;
    if (this.output.backlog > this.#host.settings.maxQueuedBytes) this.hold(Hold.backlog);
  }

  /** The gates before a dispatcher: operation number, level, verification trailer. */
  #admit(call: IncomingCall, dispatcher: Dispatcher): boolean {
    if (dispatcher.operations !== undefined && call.opnum >= dispatcher.operations) {
      call.fault(FaultStatus.opnumOutOfRange);
      return false;
    }
    const refusal =
      levelRefusal(call, this.#host.settings) ??
      (call.security?.protection === undefined
        ? undefined
        : trailerRefusal(call, this.#binder.headerSigning));
    if (refusal === undefined) return true;
    this.log(refusal, "call refused");
    call.fault(FaultStatus.accessDenied);
    return false;
  }

  #failed(call: IncomingCall, error: unknown): void {
    const failure = ComError.from(error, HResult.RPC_E_SERVERFAULT);
    if (failure !== error) this.log(failure, "a dispatcher failed");
    call.fault(faultOf(failure));
  }

  /** The call is not answered yet: from now on it counts, and can be cancelled. */
  #goesOn(call: IncomingCall, pending: void | Promise<void>): void {
    call.detached = true;
    if (call.state === "dispatched") {
      call.counted = true;
      this.#active.add(call);
      this.#activeBytes += call.bytes;
      const { maxCallsPerConnection, maxMessageBytes } = this.#host.settings.limits;
      if (this.#active.size >= maxCallsPerConnection || this.#activeBytes > maxMessageBytes)
        this.hold(Hold.calls);
    }
    pending?.catch((error: unknown) => this.#failed(call, error));
  }

  /** A call needs nothing more from its connection. */
  finished(call: IncomingCall): void {
    if (!call.counted) return;
    call.counted = false;
    this.#active.delete(call);
    this.#activeBytes -= call.bytes;
    if (this.output.backlog > this.#host.settings.maxQueuedBytes) this.hold(Hold.backlog);
    if (this.isHeld(Hold.calls)) this.release(Hold.calls);
  }

  #cancel(callId: number, drop: boolean): void {
    // A call whose fragments are still coming in is not given up by this, as with Windows.
    if (this.#receiving?.call.callId === callId) this.#receiving.call.cancel(false);
    else for (const call of this.#active) if (call.callId === callId) call.cancel(drop);
  }

  // Sending.

  send(bytes: Uint8Array): void {
    this.output.open().raw(bytes);
    this.output.commit();
  }

  /** Faults go unsigned, as Samba sends them: clients look at the status before any signature. */
  sendFault(callId: number, contextId: number, status: number, flags: number): void {
    const writer = this.output.open();
    const { start } = this.output;
    writer.u32(headWord(PacketType.fault, WHOLE | flags));
    writer.u32(DREP_LITTLE_ENDIAN);
    writer.u32(0);
    writer.u32(callId);
    const body = { allocHint: 0, contextId, cancelCount: 0, faultFlags: 0, status, reserved: 0 };
    encodeFault(writer, { ...body, stub: new Uint8Array(0) });
    finishMessage(writer, start, CALL_HEADER_BYTES, this.maxTransmit, undefined);
    this.output.commit();
  }

  /** Answers with a fault and closes: the connection is in a state nobody can rely on. */
  refuse(
    callId: number,
    contextId: number,
    status: number,
    why: string,
    cause?: ComError,
    flags: number = PfcFlag.didNotExecute,
  ): void {
    this.log(
      cause ?? new ComError(HResult.RPC_S_PROTOCOL_ERROR, why),
      `connection refused with ${nameOfFault(status) ?? hex32(status)}`,
    );
    this.sendFault(callId, contextId, status, flags);
    this.#finish();
  }

  nak(callId: number, reason: number, why: string): void {
    this.log(new ComError(HResult.RPC_S_PROTOCOL_ERROR, why, { gate: "bind" }), "bind refused");
    const body: PduBody = { type: PacketType.bindNak, reason, versions: [[5, 0]] };
    this.send(encodePdu({ ...makePdu(body, callId, WHOLE), padding: new Uint8Array(3) }));
    this.#finish();
  }

  /** Closes after what was sent; calls under way are dropped. */
  #finish(): void {
    this.#state = "closing";
    this.#binder.securities.invalidate();
    this.output.flush();
    this.connection.end();
  }

  /** Asks the client to go, then closes when it is idle. */
  shutdown(): void {
    if (this.#state === "bound") this.send(encodePdu(makePdu({ type: PacketType.shutdown }, 0, WHOLE)));
    this.output.flush();
  }

  destroy(): void {
    this.output.flush();
    this.connection.end();
    this.connection.destroy();
  }

  log(error: ComError, message: string): void {
    const fields = { remote: this.connection.remote, error: error.message, gate: error.gate };
    this.#host.settings.logger.warn(fields, message);
  }

  // Its end.

  protected drained(): void {
    if (!this.isHeld(Hold.backlog)) return;
    if (this.output.backlog * 2 <= this.#host.settings.maxQueuedBytes) this.release(Hold.backlog);
  }

  protected violated(error: ComError): void {
    this.log(error, "the client broke the protocol");
    this.connection.destroy();
  }

  protected lost(): void {
    this.#state = "closed";
    this.#receiving = undefined;
    this.#free = undefined;
    for (const call of this.#active) call.cancel(true);
    this.#active.clear();
    this.#binder.leave();
    this.info.left();
    this.#host.closed(this);
  }
}

/** auth_context_id of a packet that has a verifier; 0 when there is no room for one. */
function authContextOf({ view, start, length, authLength, littleEndian }: RequestPacket): number {
  return authLength + 4 > length ? 0 : view.getUint32(start + length - authLength - 4, littleEndian);
}

function callIdOf(bytes: Uint8Array, view: DataView, start: number): number {
  return view.getUint32(start + At.callId, ((bytes[start + At.drep] as number) & 0xf0) === 0x10);
}

function tryDecode(bytes: Uint8Array, start: number, length: number): Pdu | undefined {
  try {
    return decodePdu(bytes, start, start + length);
  } catch {
    return undefined;
  }
}
