import type { DecodeLimits } from "../limits.ts";
import type { StreamSink } from "../stream/chunk.ts";
import { TcpReassembler } from "./reassembly.ts";
import type { TcpSegment } from "./transport.ts";

/** One end of a connection. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** The two directions of a connection. */
export interface StreamSinks {
  /** From the end that sent the first packet seen. */
  readonly forward: StreamSink;
  readonly backward: StreamSink;
}

/** A TCP connection as the table announces it. */
export interface ConnectionInfo {
  /** Counts connections from 0, as tshark's tcp.stream. */
  readonly stream: number;
  /** The end that sent the first packet seen. */
  readonly first: Endpoint;
  readonly second: Endpoint;
}

/**
 * Packets for which a closed connection is still listened to: what was sent before the end may be captured after it.
 * Then only its number is kept, so that memory follows the open connections and not the length of the capture.
 */
const LINGER_PACKETS = 4096;

interface Connection {
  readonly info: ConnectionInfo;
  readonly forward: TcpReassembler;
  readonly backward: TcpReassembler;
  readonly finished: { forward: boolean; backward: boolean; closing: boolean };
}

export function endpointText(end: Endpoint): string {
  return end.address.includes(":") ? `[${end.address}]:${end.port}` : `${end.address}:${end.port}`;
}

/** Follows TCP connections: numbers them, tells apart those that use the same ports one after the other. */
export class ConnectionTable {
  readonly #live = new Map<string, Connection>();
  readonly #limits: DecodeLimits;
  readonly #open: (info: ConnectionInfo) => StreamSinks;
  #count = 0;
  /** Closed connections by the packet that closed them; those before `#released` are let go. */
  #closing: { readonly connection: Connection; readonly frame: number }[] = [];
  #released = 0;

  /** @param open gives the sinks of a new connection. */
  constructor(limits: DecodeLimits, open: (info: ConnectionInfo) => StreamSinks) {
    this.#limits = limits;
    this.#open = open;
  }

  add(source: string, destination: string, segment: TcpSegment, frame: number, time: bigint): void {
    this.#release(frame);
    const from = { address: source, port: segment.sourcePort };
    const to = { address: destination, port: segment.destinationPort };
    const key = keyOf(from, to);
    let connection = this.#live.get(key);
    if (connection !== undefined && isReopened(connection, from, segment)) {
      finish(connection, frame);
      connection = undefined;
    }
    connection ??= this.#start(from, to, frame);
    // Re-inserting keeps the map ordered by last use.
    this.#live.delete(key);
    this.#live.set(key, connection);
    const forward = isForward(connection, from);
    const [sent, received] = forward
      ? [connection.forward, connection.backward]
      : [connection.backward, connection.forward];
    // The acknowledgement first: it may settle what the other side sent before this segment answers it.
    if (segment.ack !== undefined) received.acknowledge(segment.ack, frame);
    sent.add(segment, frame, time);
    if (segment.fin || segment.rst) this.#close(connection, forward, segment.rst, frame);
  }

  end(frame: number): void {
    for (const connection of this.#live.values()) finish(connection, frame);
    this.#live.clear();
  }

  #close(connection: Connection, forward: boolean, reset: boolean, frame: number): void {
    const { finished } = connection;
    finished[forward ? "forward" : "backward"] = true;
    const bothEnded = finished.forward && finished.backward;
    if (finished.closing || !(reset || bothEnded)) return;
    finished.closing = true;
    this.#closing.push({ connection, frame });
  }

  #release(frame: number): void {
    for (
      let oldest = this.#closing[this.#released];
      oldest !== undefined;
      oldest = this.#closing[this.#released]
    ) {
      if (frame - oldest.frame < LINGER_PACKETS) break;
      finish(oldest.connection, frame);
      this.#released++;
    }
    if (this.#released < LINGER_PACKETS) return;
    this.#closing = this.#closing.slice(this.#released);
    this.#released = 0;
  }

  #start(first: Endpoint, second: Endpoint, frame: number): Connection {
    if (this.#live.size >= this.#limits.maxConnections) this.#evict(frame);
    const info = { stream: this.#count++, first, second };
    const sinks = this.#open(info);
    return {
      info,
      forward: new TcpReassembler(sinks.forward, this.#limits),
      backward: new TcpReassembler(sinks.backward, this.#limits),
      finished: { forward: false, backward: false, closing: false },
    };
  }

  #evict(frame: number): void {
    for (const [key, oldest] of this.#live) {
      this.#live.delete(key);
      finish(oldest, frame);
      return;
    }
  }
}

function finish(connection: Connection, frame: number): void {
  connection.forward.end(frame);
  connection.backward.end(frame);
}

function isForward(connection: Connection, from: Endpoint): boolean {
  const { first } = connection.info;
  return first.port === from.port && first.address === from.address;
}

function isReopened(connection: Connection, from: Endpoint, segment: TcpSegment): boolean {
  if (!segment.syn) return false;
  const side = isForward(connection, from) ? connection.forward : connection.backward;
  return side.isNewConnection(segment.seq);
}

/** The same text for both directions. */
function keyOf(a: Endpoint, b: Endpoint): string {
  const one = `${a.address} ${a.port}`;
  const two = `${b.address} ${b.port}`;
  return one < two ? `${one} ${two}` : `${two} ${one}`;
}
