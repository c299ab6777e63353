import { ComError, HResult } from "../../base/index.ts";
import type { RpcEndpoint } from "../endpoint.ts";
import type { Connection, ConnectionSink, Listener, Transport } from "./transport.ts";

const PROTSEQ = "memory";
/** Bytes that may wait for a paused reader before its writer has to wait too. */
const HIGH_WATER = 1024 * 1024;

/** A transport within one process, for tests and for peers in one program. Each has name space of its own. */
export class MemoryTransport implements Transport {
  readonly protseq: string = PROTSEQ;
  readonly fragmentBytes: number;
  readonly #listeners = new Map<string, (connection: Connection) => void>();
  #next = 1;

  constructor(fragmentBytes = 65_528) {
    this.fragmentBytes = fragmentBytes;
  }

  connect(endpoint: RpcEndpoint, signal: AbortSignal | undefined): Promise<Connection> {
    signal?.throwIfAborted();
    const accept = this.#listeners.get(endpoint.endpoint);
    if (accept === undefined) {
      return Promise.reject(
        new ComError(HResult.RPC_S_SERVER_UNAVAILABLE, `nobody listens at memory:[${endpoint.endpoint}]`),
      );
    }
    const [client, server] = memoryPair();
    accept(server);
    return Promise.resolve(client);
  }

  listen(endpoint: RpcEndpoint, accept: (connection: Connection) => void): Promise<Listener> {
    const name = endpoint.endpoint === "" ? `memory-${this.#next++}` : endpoint.endpoint;
    if (this.#listeners.has(name)) {
      return Promise.reject(new ComError(HResult.ERROR_ALREADY_EXISTS, `memory:[${name}] is in use`));
    }
    this.#listeners.set(name, accept);
    return Promise.resolve({
      endpoint: { protseq: PROTSEQ, endpoint: name },
      close: () => {
        this.#listeners.delete(name);
        return Promise.resolve();
      },
    });
  }
}

/** Two connected ends. */
export function memoryPair(): [Connection, Connection] {
  const a = new MemoryConnection();
  const b = new MemoryConnection();
  a.peer = b;
  b.peer = a;
  return [a, b];
}

class MemoryConnection implements Connection {
  readonly protseq: string = PROTSEQ;
  readonly remote = "memory";
  readonly local = "memory";
  readonly isPrivate = true;
  peer: MemoryConnection | undefined;
  #sink: ConnectionSink | undefined;
  #inbox: Uint8Array[] = [];
  #inboxBytes = 0;
  #paused = true;
  #scheduled = false;
  #peerWaits = false;
  #ending = false;
  #closed = false;

  start(sink: ConnectionSink): void {
    this.#sink = sink;
    this.resume();
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    const { peer } = this;
    if (peer === undefined || this.#closed) return true;
    peer.#inbox.push(bytes.slice(start, end));
    peer.#inboxBytes += end - start;
    peer.#schedule();
    if (peer.#inboxBytes < HIGH_WATER) return true;
    peer.#peerWaits = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#schedule();
  }

  end(): void {
    this.#ending = true;
    if (this.peer !== undefined) this.peer.#schedule();
  }

  destroy(): void {
    this.#finish();
    if (this.peer !== undefined) this.peer.#schedule();
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    process.nextTick(() => this.#deliver());
  }

  #deliver(): void {
    this.#scheduled = false;
    while (!this.#paused && !this.#closed) {
      const chunk = this.#inbox.shift();
      if (chunk === undefined) break;
      this.#inboxBytes -= chunk.length;
      this.#deliverChunk(chunk);
    }
    const { peer } = this;
    if (peer === undefined) return;
    if (this.#peerWaits && this.#inboxBytes < HIGH_WATER) {
      this.#peerWaits = false;
      peer.#sink?.written();
    }
    if (this.#inbox.length === 0 && (peer.#closed || peer.#ending)) {
      this.#finish();
      peer.#finish();
    }
  }

  /** Into the room the reader wants to have filled, as a socket would. */
  #deliverChunk(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length && !this.#closed;) {
      const room = this.#sink?.room();
      if (room === undefined) {
        this.#sink?.received(chunk.subarray(at), 0, chunk.length - at);
        return;
      }
      const part = chunk.subarray(at, at + room.length);
      room.set(part);
      at += part.length;
      this.#sink?.received(room, 0, part.length);
    }
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#inbox = [];
    process.nextTick(() => this.#sink?.disconnected(undefined));
  }
}
