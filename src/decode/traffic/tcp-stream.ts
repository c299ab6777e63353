import type { DecodeLimits } from "../limits.ts";
import type { ConnectionInfo, Endpoint, StreamSinks } from "../net/connections.ts";
import type { Notes } from "../notes.ts";
import { beginsSmb, mayBeginSmb } from "../smb/message-framer.ts";
import type { PipeSinks } from "../smb/pipes.ts";
import { SmbSession } from "../smb/session.ts";
import type { Chunk, StreamSink } from "../stream/chunk.ts";
import { COMMON_HEADER_BYTES, beginsPdu, mayBeginHeader } from "./header.ts";
import { PduFramer } from "./pdu-framer.ts";
import type { Channel, RawPdu } from "./pdu.ts";

/** What a TCP stream turned out to carry. */
type Protocol = "rpc" | "smb";

/**
 * Finds out what a TCP connection carries and passes its bytes on: RPC itself, or SMB with RPC in named pipes.
 * The first segment that begins like either decides, so a capture may start in the middle of a connection.
 */
export class TcpStream {
  readonly sinks: StreamSinks;
  readonly #info: ConnectionInfo;
  readonly #limits: DecodeLimits;
  readonly #emit: (pdu: RawPdu) => void;
  readonly #notes: Notes;
  readonly #forward: Direction;
  readonly #backward: Direction;

  constructor(info: ConnectionInfo, limits: DecodeLimits, notes: Notes, emit: (pdu: RawPdu) => void) {
    this.#info = info;
    this.#limits = limits;
    this.#notes = notes;
    this.#emit = emit;
    this.#forward = new Direction((protocol) => this.#settle(protocol));
    this.#backward = new Direction((protocol) => this.#settle(protocol));
    this.sinks = { forward: this.#forward, backward: this.#backward };
  }

  #settle(protocol: Protocol): void {
    const { first, second } = this.#info;
    if (protocol === "rpc") {
      const channel: Channel = { carrier: "tcp", stream: this.#info.stream };
      this.#forward.settle(this.#framer(channel, first, second));
      this.#backward.settle(this.#framer(channel, second, first));
      return;
    }
    const session = new SmbSession(
      { pipe: (name) => this.#pipe(name), note: (frame, text) => this.#note(frame, text) },
      this.#limits,
    );
    this.#forward.settle(session.direction());
    this.#backward.settle(session.direction());
  }

  /** The client of an SMB connection is taken to be the end whose port is not the well-known one. */
  #pipe(name: string | undefined): PipeSinks {
    const { first, second, stream } = this.#info;
    const channel: Channel = { carrier: "smb", stream, pipe: name };
    const firstIsServer = first.port === 445 || first.port === 139;
    const [client, server] = firstIsServer ? [second, first] : [first, second];
    return {
      toServer: this.#framer(channel, client, server),
      toClient: this.#framer(channel, server, client),
    };
  }

  #framer(channel: Channel, source: Endpoint, destination: Endpoint): PduFramer {
    return new PduFramer({
      pdu: (pdu) => this.#emit({ ...pdu, channel, source, destination }),
      note: (frame, text) => this.#note(frame, text),
    });
  }

  #note(frame: number, text: string): void {
    this.#notes.add(frame, text, this.#info.stream);
  }
}

/** One direction: undecided until a segment begins like a protocol we read. */
class Direction implements StreamSink {
  readonly #decide: (protocol: Protocol) => void;
  #target: StreamSink | undefined;
  /** The beginning of a segment too short to tell. */
  #held: Chunk | undefined;

  constructor(decide: (protocol: Protocol) => void) {
    this.#decide = decide;
  }

  settle(target: StreamSink): void {
    this.#target = target;
  }

  data(chunk: Chunk): void {
    if (this.#target === undefined) this.#examine(chunk);
    else this.#target.data(chunk);
  }

  gap(length: number, frame: number): void {
    this.#held = undefined;
    this.#target?.gap(length, frame);
  }

  end(): void {
    this.#target?.end();
  }

  #examine(chunk: Chunk): void {
    const held = this.#held;
    this.#held = undefined;
    const bytes = held === undefined ? chunk.bytes : join(held.bytes, chunk.bytes);
    const protocol = protocolOf(bytes);
    if (protocol !== undefined) {
      this.#decide(protocol);
      if (held !== undefined) this.#target?.data(held);
      this.#target?.data(chunk);
    } else if (mayBecomeProtocol(bytes)) this.#held = { ...chunk, bytes };
    else if (held !== undefined) this.#examine(chunk);
  }
}

function protocolOf(bytes: Uint8Array): Protocol | undefined {
  if (beginsPdu(bytes)) return "rpc";
  return beginsSmb(bytes) ? "smb" : undefined;
}

function mayBecomeProtocol(bytes: Uint8Array): boolean {
  if (bytes.length >= COMMON_HEADER_BYTES) return false;
  return mayBeginHeader(bytes) || (bytes.length < 8 && mayBeginSmb(bytes));
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}
