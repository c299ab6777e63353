import { createServer, type NetConnectOpts, Socket, connect } from "node:net";
import type { Caller, Contender, Kind, Transport } from "../contender.js";

/*
 * The bare limit: frames of the size a call has on our wire, parsed by length only, static read buffers on both ends, written once per turn
 * (`coalesced`) or frame by frame.
 */
const frameBytes = {
  small: { request: 104, response: 60 },
  large: { request: 65_636, response: 65_604 },
} as const;

function address(transport: Transport, at: string): NetConnectOpts {
  return transport === "unix" ? { path: at } : { port: Number(at), host: "127.0.0.1" };
}

class FrameReader {
  readonly #onFrame: (length: number, first: number) => void;
  #have = 0;
  #want = 0;
  #first = 0;
  readonly #header = new Uint8Array(5);

  constructor(onFrame: (length: number, first: number) => void) {
    this.#onFrame = onFrame;
  }

  push(bytes: Uint8Array, length: number): void {
    let at = 0;
    while (at < length) {
      if (this.#have < 5) {
        this.#header[this.#have++] = bytes[at++] as number;
        if (this.#have === 5) {
          const h = this.#header;
          this.#want = (h[0] as number) | ((h[1] as number) << 8) | ((h[2] as number) << 16);
          this.#first = h[4] as number;
        }
        continue;
      }
      const take = Math.min(this.#want - this.#have, length - at);
      this.#have += take;
      at += take;
      if (this.#have === this.#want) {
        this.#have = 0;
        this.#onFrame(this.#want, this.#first);
      }
    }
  }
}

/** Blocks to write from; each comes back once the system has taken its bytes. */
class BlockPool {
  readonly #free: Buffer[] = [];

  take(): Buffer {
    return this.#free.pop() ?? Buffer.alloc(1 << 18);
  }

  give(block: Buffer): void {
    this.#free.push(block);
  }
}

class FrameWriter {
  readonly #socket: Socket;
  readonly #coalesced: boolean;
  readonly #pool = new BlockPool();
  #block: Buffer = this.#pool.take();
  #used = 0;
  #scheduled = false;

  constructor(socket: Socket, coalesced: boolean) {
    this.#socket = socket;
    this.#coalesced = coalesced;
  }

  frame(length: number, first: number): void {
    if (this.#used + length > this.#block.length) this.flush();
    const at = this.#used;
    this.#block.writeUInt32LE(length, at);
    this.#block[at + 4] = first;
    this.#used += length;
    if (!this.#coalesced) this.flush();
    else if (!this.#scheduled) {
      this.#scheduled = true;
      queueMicrotask(() => this.flush());
    }
  }

  flush(): void {
    this.#scheduled = false;
    if (this.#used === 0) return;
    const block = this.#block;
    const view = block.subarray(0, this.#used);
    this.#used = 0;
    let pending = true;
    let replaced = false;
    this.#socket.write(view, () => {
      pending = false;
      if (replaced) this.#pool.give(block);
    });
    // Most writes are taken at once; only a slow reader makes a second block necessary.
    if (this.#socket.writableLength === 0 || !pending) return;
    replaced = true;
    this.#block = this.#pool.take();
  }
}

/** An accepted socket with a static read buffer: its handle is wrapped anew. */
function withStaticBuffer(accepted: Socket, onread: (bytes: Uint8Array, length: number) => void): Socket {
  const handle = (accepted as unknown as { _handle: unknown })._handle;
  const buffer = Buffer.allocUnsafe(1 << 17);
  const socket = new Socket({
    handle,
    onread: {
      buffer,
      callback(length: number) {
        onread(buffer, length);
        return true;
      },
    },
  } as never);
  socket.on("error", () => socket.destroy());
  socket.resume();
  return socket;
}

function bare(name: string, coalesced: boolean): Contender {
  return {
    name,
    transports: ["unix", "tcp"],
    serve(transport, path) {
      const server = createServer({ pauseOnConnect: true, noDelay: true }, (accepted) => {
        let writer: FrameWriter;
        const reader = new FrameReader((length, first) =>
          writer.frame(length > 10_000 ? frameBytes.large.response : frameBytes.small.response, first),
        );
        const socket = withStaticBuffer(accepted, (bytes, length) => reader.push(bytes, length));
        writer = new FrameWriter(socket, coalesced);
      });
      return new Promise((resolve) => {
        if (transport === "unix") server.listen(path, () => resolve(path));
        else
          server.listen(0, "127.0.0.1", () => resolve(String((server.address() as { port: number }).port)));
      });
    },
    connect(transport, at) {
      return new Promise((resolve, reject) => {
        let reader: FrameReader | undefined;
        const buffer = Buffer.allocUnsafe(1 << 17);
        const socket = connect({
          ...address(transport, at),
          noDelay: true,
          onread: {
            buffer,
            callback(length: number) {
              reader?.push(buffer, length);
              return true;
            },
          },
        } as NetConnectOpts);
        socket.on("error", reject);
        socket.on("connect", () => {
          const caller: Caller = {
            close: () => void socket.destroy(),
            run: (kind: Kind, outstanding: number, milliseconds: number) =>
              new Promise((finish) => {
                const writer = new FrameWriter(socket, coalesced);
                const end = performance.now() + milliseconds;
                let done = 0;
                let open = outstanding;
                let ending = false;
                reader = new FrameReader(() => {
                  done++;
                  if ((done & 15) === 0 && performance.now() >= end) ending = true;
                  if (!ending) writer.frame(frameBytes[kind].request, done & 0xff);
                  // The frames still under way belong to this run: the next one starts with a quiet connection.
                  else if (--open === 0) finish(done);
                });
                for (let i = 0; i < outstanding; i++) writer.frame(frameBytes[kind].request, i & 0xff);
              }),
          };
          resolve(caller);
        });
      });
    },
  };
}

export const bareCoalesced: Contender = bare("bare socket, coalesced", true);
export const barePerFrame: Contender = bare("bare socket, written per frame", false);
