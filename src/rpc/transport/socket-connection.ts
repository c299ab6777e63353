import { Socket, type Server, connect } from "node:net";
import { keepFreedMemory } from "./heap.ts";
import type { Connection, ConnectionSink } from "./transport.ts";

/**
 * Where sockets read to. The bytes are dealt with before the next read, so one buffer serves them all; on Windows, where a read
 * may be under way while nobody looks, each socket has its own.
 */
const READ_BYTES = 256 * 1024;
const sharedBuffer: Uint8Array | undefined =
  process.platform === "win32" ? undefined : new Uint8Array(READ_BYTES);

function readBuffer(): Uint8Array {
  return sharedBuffer ?? new Uint8Array(64 * 1024);
}

/** How long a TCP connection may be silent before the system asks whether the peer still lives, milliseconds. */
const KEEP_ALIVE = 30_000;

/** A node socket whose bytes come in through a static `onread` buffer. */
export class SocketConnection implements Connection {
  readonly protseq: string;
  remote = "";
  local = "";
  readonly isPrivate: boolean;
  #socket: Socket | undefined;
  #sink: ConnectionSink | undefined;
  readonly #buffer = readBuffer();
  #inUse: Uint8Array = this.#buffer;
  #writing = false;
  #error: Error | undefined;
  #closed = false;

  constructor(protseq: string, isPrivate: boolean) {
    this.protseq = protseq;
    this.isPrivate = isPrivate;
  }

  /** What to give to the socket's constructor. The buffer is asked for at once and after each read. */
  get onread(): { buffer: () => Uint8Array; callback: (length: number, buffer: Uint8Array) => boolean } {
    let asked = false;
    return {
      buffer: (() => {
        if (asked) return this.#nextBuffer();
        asked = true;
        return this.#buffer;
      }) as () => Uint8Array,
      callback: (length, buffer) => {
        this.#sink?.received(buffer, 0, length);
        return true;
      },
    };
  }

  /** `undefined` leaves the buffer that is in use. */
  #nextBuffer(): Uint8Array | undefined {
    const wanted = this.#sink?.room() ?? this.#buffer;
    if (wanted === this.#inUse) return undefined;
    this.#inUse = wanted;
    return wanted;
  }

  /** Takes the connected socket; it must have been made with {@link onread} and not be reading yet. */
  adopt(socket: Socket): void {
    this.#socket = socket;
    socket.setNoDelay(true);
    if (socket.remoteAddress !== undefined) {
      socket.setKeepAlive(true, KEEP_ALIVE);
      this.remote = `${socket.remoteAddress}:${socket.remotePort}`;
      this.local = `${socket.localAddress}:${socket.localPort}`;
    }
    socket.on("error", (error) => (this.#error ??= error));
    socket.on("end", () => socket.destroy());
    socket.on("close", () => this.#close());
    socket.pause();
  }

  start(sink: ConnectionSink): void {
    this.#sink = sink;
    if (this.#socket?.destroyed === false) this.#socket.resume();
    else this.#close();
  }

  #close(): void {
    if (this.#closed || this.#sink === undefined) return;
    this.#closed = true;
    this.#sink.disconnected(this.#error);
  }

  readonly #onWritten = (): void => {
    if (!this.#writing || this.#socket === undefined || this.#socket.writableLength !== 0) return;
    this.#writing = false;
    this.#sink?.written();
  };

  write(bytes: Uint8Array, start: number, end: number): boolean {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return true;
    socket.write(Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start), this.#onWritten);
    // Node hands small writes to the system at once; then nothing is pending any more and the bytes are free.
    if (socket.writableLength === 0) return true;
    this.#writing = true;
    return false;
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  end(): void {
    this.#socket?.destroySoon();
  }

  destroy(): void {
    this.#socket?.destroy();
  }
}

/** Connects a socket; `target` is what node:net wants to know. */
export function connectSocket(
  target: { port: number; host: string } | { path: string },
  connection: SocketConnection,
  signal: AbortSignal | undefined,
): Promise<SocketConnection> {
  keepFreedMemory();
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const socket = connect({ ...target, onread: connection.onread });
    const onAbort = (): void => void socket.destroy(abortReason(signal));
    const onError = (error: Error): void => {
      signal?.removeEventListener("abort", onAbort);
      reject(error);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
    socket.once("error", onError);
    socket.once("connect", () => {
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError);
      connection.adopt(socket);
      resolve(connection);
    });
  });
}

function abortReason(signal: AbortSignal | undefined): Error {
  return signal?.reason instanceof Error ? signal.reason : new DOMException("aborted", "AbortError");
}

interface WithHandle {
  _handle: unknown;
}

/**
 * Calls `accept` for each connection of a server made with `pauseOnConnect`. An accepted socket cannot be given a static buffer,
 * so its handle is taken out of it and wrapped anew.
 */
export function acceptSockets(
  server: Server,
  make: () => SocketConnection,
  accept: (c: SocketConnection) => void,
): void {
  keepFreedMemory();
  server.on("connection", (accepted) => {
    const holder = accepted as unknown as WithHandle;
    const handle = holder._handle;
    holder._handle = null;
    accepted.destroy();
    if (handle === null || handle === undefined) return;
    const connection = make();
    const options = { handle, onread: connection.onread, manualStart: true, pauseOnCreate: true };
    connection.adopt(new Socket(options as unknown as ConstructorParameters<typeof Socket>[0]));
    accept(connection);
  });
}
