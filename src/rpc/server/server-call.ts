import { type AuthenticationLevel, type Identity } from "../../auth/index.ts";
import { ByteReader, type ByteWriter, ComError, HResult } from "../../base/index.ts";
import { FaultStatus, faultOf } from "../fault-status.ts";
import { DREP_LITTLE_ENDIAN } from "../pdu/header.ts";
import { PacketType, PfcFlag } from "../pdu/packet-type.ts";
import { CALL_HEADER_BYTES } from "../pdu/request.ts";
import type { SyntaxId } from "../pdu/syntax.ts";
import { At, WHOLE, headWord } from "../wire/fields.ts";
import { finishMessage } from "../wire/protection.ts";
import type { RpcConnection, ServerCall } from "./dispatcher.ts";
import type { ServerConnection } from "./server-connection.ts";
import type { RequestPacket } from "./request-packet.ts";
import type { ServerPresentation } from "./presentations.ts";
import type { ServerSecurity } from "./server-security.ts";

/**
 * The states of a call: `receiving` its fragments, `dispatched`, `answered`; `dropped` when nobody waits for the answer any more.
 */
export type CallState = "receiving" | "dispatched" | "answered" | "dropped";

/** A call on a server's connection. */
export class IncomingCall implements ServerCall {
  readonly #connection: ServerConnection;
  state: CallState = "receiving";
  callId = 0;
  /** The client wants no answer, and gets none, not even a fault. */
  maybe = false;
  opnum = 0;
  reader: ByteReader;
  presentation: ServerPresentation;
  security: ServerSecurity | undefined = undefined;
  level: AuthenticationLevel = 1;
  /** True once somebody may hold on to this object. */
  detached = false;
  /** True while it counts among the connection's calls under way. */
  counted = false;
  /** Bytes of its request. */
  bytes = 0;
  objectBytes: Uint8Array | undefined = undefined;
  objectAt = -1;
  #abort: AbortController | undefined = undefined;
  #cancelled = false;
  #responding = false;

  constructor(connection: ServerConnection, presentation: ServerPresentation) {
    this.#connection = connection;
    this.presentation = presentation;
    this.reader = connection.reader;
  }

  /** Makes the object that of another request. */
  begin(
    packet: RequestPacket,
    presentation: ServerPresentation,
    security: ServerSecurity | undefined,
    level: AuthenticationLevel,
  ): void {
    this.state = "receiving";
    this.callId = packet.callId;
    this.maybe = packet.isMaybe;
    this.opnum = packet.opnum;
    this.presentation = presentation;
    this.security = security;
    this.level = level;
    this.objectBytes = packet.bytes;
    this.objectAt = packet.objectAt;
    this.#cancelled = false;
  }

  get syntax(): SyntaxId {
    return this.presentation.syntax;
  }

  get transferSyntax(): SyntaxId {
    return this.presentation.transferSyntax;
  }

  get ndr64(): boolean {
    return this.presentation.ndr64;
  }

  get connection(): RpcConnection {
    return this.#connection.info;
  }

  get identity(): Identity | undefined {
    if (this.security !== undefined) return this.security.context.identity;
    return this.#connection.localIdentity;
  }

  get object(): Uint8Array | undefined {
    const at = this.objectAt;
    return at < 0 ? undefined : this.objectBytes?.subarray(at, at + 16);
  }

  get signal(): AbortSignal {
    this.detached = true;
    this.#abort ??= new AbortController();
    if (this.#cancelled) this.#abort.abort(cancelled());
    return this.#abort.signal;
  }

  /** The client no longer wants the answer (`drop`), or would rather not wait for it. */
  cancel(drop: boolean): void {
    this.#cancelled = true;
    if (drop && this.state !== "answered") this.state = "dropped";
    this.#abort?.abort(cancelled());
  }

  retain(): void {
    this.detached = true;
    this.retainObject();
    const { reader } = this;
    if (reader !== this.#connection.reader) return;
    const copy = reader.bytes.slice(reader.pos, reader.end);
    const own = new ByteReader(copy, 0, copy.length, reader.littleEndian);
    own.origin = reader.origin - reader.pos;
    this.reader = own;
  }

  /** The object UUID must outlive its packet: the call has more fragments to come. */
  retainObject(): void {
    if (this.objectAt < 0) return;
    this.objectBytes = this.object?.slice();
    this.objectAt = 0;
  }

  beginResponse(): ByteWriter {
    const writer = this.#connection.output.open();
    this.#responding = true;
    writer.reserve(CALL_HEADER_BYTES);
    const { view } = writer;
    const at = writer.pos;
    view.setUint32(at, headWord(PacketType.response, WHOLE), true);
    view.setUint32(at + At.drep, DREP_LITTLE_ENDIAN, true);
    view.setUint32(at + At.fragLength, 0, true);
    view.setUint32(at + At.callId, this.callId, true);
    view.setUint32(at + At.contextId, this.presentation.id, true);
    writer.pos = at + CALL_HEADER_BYTES;
    writer.origin = writer.pos;
    return writer;
  }

  endResponse(): void {
    const { output } = this.#connection;
    if (this.state !== "dispatched") {
      this.abandonResponse();
      if (this.state === "answered") throw new ComError(HResult.E_UNEXPECTED, "the call was answered twice");
      this.#connection.finished(this);
      return;
    }
    const { maxTransmit } = this.#connection;
    if (this.maybe) {
      this.abandonResponse();
    } else {
      const { start, openWriter } = output;
      finishMessage(openWriter, start, CALL_HEADER_BYTES, maxTransmit, this.security?.protection);
      this.#responding = false; // from here on there is nothing to take back
      output.commit();
    }
    this.state = "answered";
    this.#connection.finished(this);
  }

  abandonResponse(): void {
    if (!this.#responding) return;
    this.#responding = false;
    this.#connection.output.abandon();
  }

  fault(status: number): void {
    this.abandonResponse();
    if (this.state === "answered") return;
    if (this.state === "dispatched") {
      const unexecuted = status === FaultStatus.opnumOutOfRange || status === FaultStatus.unknownInterface;
      const flags = unexecuted ? PfcFlag.didNotExecute : 0;
      if (!this.maybe) this.#connection.sendFault(this.callId, this.presentation.id, status, flags);
      this.state = "answered";
    }
    this.#connection.finished(this);
  }

  /** Answers with the fault that an error stands for. */
  fail(error: unknown): void {
    this.fault(faultOf(error));
  }
}

function cancelled(): ComError {
  return new ComError(HResult.RPC_E_CALL_CANCELED, "the client cancelled the call", { remote: true });
}
