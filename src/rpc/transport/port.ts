import { Buffer } from "node:buffer";
import { type MessagePort, receiveMessageOnPort } from "node:worker_threads";
import { ComError, HResult } from "../../base/index.ts";
import { PfcFlag } from "../pdu/packet-type.ts";
import type { RpcEndpoint } from "../endpoint.ts";
import { At } from "../wire/fields.ts";
import { type Bell, bellOf, endBell, hasEnded, ring, rings, sleepOn } from "./bell.ts";
import type { Connection, ConnectionSink, Listener, Transport } from "./transport.ts";

const PROTSEQ = "comity_port";
/** Up to here bytes travel as a string of one byte a character: the cheapest thing to post. */
const STRING_BYTES = 2048;
/** Bytes the other thread has not dealt with yet, from which on a writer waits. */
const HIGH_WATER = 4 * 1024 * 1024;
/** How often the reader says what it has dealt with, bytes. */
const CREDIT = 256 * 1024;
/** Where small messages are received to. */
const RECEIVE_BYTES = STRING_BYTES;

/**
 * Milliseconds a thread waits for the next call of somebody who waits for it synchronously: at first, and at most. Long ones are cheaper: their timer is
 * never the next one to fire.
 */
const leastPatience = 0.2;
const mostPatience = 8;
/** Calls after which it looks after its event loop in any case. */
const mostCalls = 1000;

/** A port to another thread of this process, and that thread's bell. */
export interface PortLink {
  readonly port: MessagePort;
  readonly bell: Bell;
}

/** What goes through a port: bytes, or how many bytes were dealt with. */
type Posted = string | Uint8Array | number;

/**
 * RPC between the threads of one process: packets are posted through a MessagePort. Large ones move to the other thread without being copied there. Who
 * is connected to whom is arranged by somebody else (`introduce`, {@link accept}): ports come from the one that knows all threads.
 */
export class PortTransport implements Transport {
  readonly protseq: string = PROTSEQ;
  readonly fragmentBytes: number = 65_528;
  /** This thread's bell, for those who are introduced to it. */
  readonly bell: Bell;
  readonly #introduce: (thread: string, signal: AbortSignal | undefined) => Promise<PortLink>;
  readonly #connections = new Set<PortConnection>();
  readonly #others: (() => boolean)[] = [];
  #heard = false;
  #lingering = false;
  #patience = leastPatience;
  /** How often the bell had rung when this thread looked last. */
  #seen = 0;
  #last: PortConnection | undefined;
  #accept: ((connection: Connection) => void) | undefined;

  constructor(
    introduce: (thread: string, signal: AbortSignal | undefined) => Promise<PortLink>,
    bell: Bell = bellOf(),
  ) {
    this.#introduce = introduce;
    this.bell = bell;
  }

  /** Connections at this moment. */
  get size(): number {
    return this.#connections.size;
  }

  async connect(endpoint: RpcEndpoint, signal: AbortSignal | undefined): Promise<Connection> {
    const link = await this.#introduce(endpoint.endpoint, signal);
    if (signal?.aborted === true) {
      link.port.close();
      signal.throwIfAborted();
    }
    return this.#open(link, endpoint.endpoint);
  }

  /** A thread has ended: connections to it are lost, also those it never heard of. */
  ended(thread: string): void {
    for (const connection of this.#connections) if (connection.thread === thread) connection.destroy();
  }

  listen(endpoint: RpcEndpoint, accept: (connection: Connection) => void): Promise<Listener> {
    if (this.#accept !== undefined) {
      return Promise.reject(new ComError(HResult.ERROR_ALREADY_EXISTS, "the thread listens already"));
    }
    this.#accept = accept;
    return Promise.resolve({
      endpoint: { protseq: PROTSEQ, endpoint: endpoint.endpoint },
      close: () => {
        this.#accept = undefined;
        return Promise.resolve();
      },
    });
  }

  /** Another thread wants to call this one. */
  accept(link: PortLink): void {
    if (this.#accept === undefined) link.port.close();
    else this.#accept(this.#open(link, undefined));
  }

  /** Looks after something else as well while the thread waits without its event loop; answers whether there was something. */
  alsoPump(look: () => boolean): void {
    this.#others.push(look);
  }

  /** Waits without the event loop. */
  wait(milliseconds: number, done: () => boolean, begin: () => void): boolean {
    return sleepOn(this.bell, milliseconds, () => this.pump(done), done, begin);
  }

  /** This thread ends: whoever waits for it is told, also one who waits without his event loop. */
  leave(): void {
    endBell(this.bell);
    for (const connection of this.#connections) connection.wake();
  }

  /** Somebody waits synchronously for what was just sent: he will probably call again at once. */
  heard(): void {
    this.#heard = true;
  }

  /**
   * After a message came by the event loop. When its sender waits synchronously, this thread waits for his next one, too, for a moment: it then comes without
   * the event loop, which takes longer than the call. Only while every call is answered at once, for promises do not move meanwhile; the longer it was in vain
   * lately, the shorter.
   */
  linger(): void {
    if (!this.#heard || this.#lingering) return;
    this.#lingering = true;
    let some = true;
    for (let calls = 0; this.#heard && some && calls < mostCalls; calls++) {
      this.#heard = false;
      some = false;
      sleepOn(
        this.bell,
        this.#patience,
        () => (some = this.pump()),
        () => some,
      );
      this.#patience = some
        ? Math.min(mostPatience, this.#patience * 2)
        : Math.max(leastPatience, this.#patience / 2);
    }
    this.#heard = false;
    this.#lingering = false;
  }

  /**
   * Deals with what has arrived by now, without the event loop, until nothing is left or `enough` says so; answers whether there was something. It looks only when
   * the bell rang, at the connection that had something last first, and not longer than it rang.
   */
  pump(enough?: () => boolean): boolean {
    const rung = rings(this.bell);
    const due = (rung - this.#seen) | 0;
    if (due === 0) return false;
    this.#seen = rung;
    let left = due - (this.#last?.pump(due, enough) ?? 0);
    if (left > 0 && enough?.() !== true) {
      for (const connection of this.#connections) {
        if (connection === this.#last) continue;
        const found = connection.pump(left, enough);
        if (found === 0) continue;
        this.#last = connection;
        left -= found;
      }
      for (const look of this.#others) if (look()) left--;
    }
    return left < due;
  }

  #open(link: PortLink, thread: string | undefined): PortConnection {
    const connection = new PortConnection(this, link, thread, () => {
      this.#connections.delete(connection);
      if (this.#last === connection) this.#last = undefined;
    });
    this.#connections.add(connection);
    return connection;
  }
}

/** Bytes that arrived, and how far they were dealt with. */
interface Chunk {
  readonly bytes: Uint8Array;
  readonly size: number;
  at: number;
}

class PortConnection implements Connection {
  readonly protseq: string = PROTSEQ;
  readonly remote = "a thread";
  readonly local = "a thread";
  readonly isPrivate = true;
  /** Whom this end called. */
  readonly thread: string | undefined;
  readonly #home: PortTransport;
  readonly #port: MessagePort;
  readonly #bell: Bell;
  readonly #gone: () => void;
  #sink: ConnectionSink | undefined;
  readonly #inbox: Chunk[] = [];
  readonly #small: Uint8Array = new Uint8Array(RECEIVE_BYTES);
  #smallInUse = false;
  #paused = true;
  #unanswered = 0;
  #writerWaits = false;
  #dealtWith = 0;
  #closed = false;

  constructor(home: PortTransport, link: PortLink, thread: string | undefined, gone: () => void) {
    this.#home = home;
    this.thread = thread;
    this.#port = link.port;
    this.#bell = link.bell;
    this.#gone = gone;
    this.#port.on("close", () => this.#disconnected());
  }

  start(sink: ConnectionSink): void {
    this.#sink = sink;
    this.#paused = false;
    this.#port.on("message", (posted: unknown) => {
      this.#arrived(posted);
      this.#home.linger();
    });
  }

  write(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#closed) return true;
    const count = end - start;
    if (count <= STRING_BYTES) {
      post(this.#port, text.latin1Slice.call(bytes, start, end));
    } else {
      // A copy of our own: the buffer is used again, and a view would bring along all of it.
      const copy = bytes.slice(start, end);
      this.#port.postMessage(copy, [copy.buffer]);
    }
    if (ring(this.#bell)) this.#home.heard();
    this.#unanswered += count;
    if (this.#unanswered <= HIGH_WATER) return true;
    this.#writerWaits = true;
    return false;
  }

  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    this.#deliver();
  }

  end(): void {
    this.destroy();
  }

  destroy(): void {
    this.#port.close(); // what was posted arrives before the end
    ring(this.#bell);
  }

  wait(milliseconds: number, done: () => boolean, begin: () => void): boolean {
    return this.#home.wait(milliseconds, done, begin);
  }

  /** Takes at most so many messages, until `enough` says so; answers how many there were. */
  pump(most: number, enough?: () => boolean): number {
    let count = 0;
    while (count < most && !this.#closed && !this.#paused) {
      if (enough?.() === true) break;
      const received = receiveMessageOnPort(this.#port);
      if (received === undefined) {
        if (hasEnded(this.#bell)) this.#disconnected();
        break;
      }
      count++;
      this.#arrived(received.message);
    }
    return count;
  }

  /** The other thread shall look. */
  wake(): void {
    ring(this.#bell);
  }

  #arrived(posted: unknown): void {
    if (this.#closed) return;
    if (typeof posted === "number") this.#credited(posted);
    else if (typeof posted === "string" && this.#mayDeliverSmall(posted.length)) this.#deliverSmall(posted);
    else if (typeof posted === "string") this.#queue(Buffer.from(posted, "latin1"));
    else if (posted instanceof Uint8Array) this.#queue(posted);
    else this.destroy(); // nothing that is posted here
  }

  #mayDeliverSmall(size: number): boolean {
    return (
      size > 0 && size <= RECEIVE_BYTES && !this.#smallInUse && !this.#paused && this.#inbox.length === 0
    );
  }

  #queue(bytes: Uint8Array): void {
    if (bytes.length > 0) this.#inbox.push({ bytes, size: bytes.length, at: 0 });
    this.#deliver();
  }

  /** The other thread has dealt with so many bytes. */
  #credited(count: number): void {
    if (!(count > 0 && count <= this.#unanswered)) {
      this.destroy();
      return;
    }
    this.#unanswered -= count;
    if (!this.#writerWaits || this.#unanswered > HIGH_WATER / 2) return;
    this.#writerWaits = false;
    this.#sink?.written();
  }

  /** The common case: a small message while nothing else is being dealt with. */
  #deliverSmall(posted: string): void {
    const small = this.#small;
    const size = text.latin1Write.call(small, posted, 0, posted.length);
    if (endOfMessage(small, 0, size) !== size) {
      this.#inbox.push({ bytes: small.slice(0, size), size, at: 0 });
      this.#deliver();
      return;
    }
    this.#smallInUse = true;
    this.#credit(size);
    this.#sink?.received(small, 0, size);
    this.#smallInUse = false;
  }

  /**
   * Message by message: while one is dealt with, a thread that waits synchronously may come here again, and has to find what follows in its order.
   */
  #deliver(): void {
    while (!this.#paused && !this.#closed) {
      const [chunk] = this.#inbox;
      if (chunk === undefined) return;
      const { bytes, size, at } = chunk;
      const end = endOfMessage(bytes, at, size);
      chunk.at = end;
      if (end === size) {
        this.#inbox.shift();
        this.#credit(size);
      }
      this.#sink?.received(bytes, at, end);
    }
  }

  #credit(size: number): void {
    this.#dealtWith += size;
    if (this.#dealtWith < CREDIT) return;
    post(this.#port, this.#dealtWith);
    ring(this.#bell);
    this.#dealtWith = 0;
  }

  #disconnected(): void {
    if (this.#closed) return;
    this.#paused = false;
    this.#deliver(); // what came before the end still counts
    this.#closed = true;
    this.#inbox.length = 0;
    this.#gone();
    this.#sink?.disconnected(undefined);
  }
}

/** Buffer's own ways between bytes and text, which its `toString` and `write` lead to; they work on any Uint8Array. */
const text = Buffer.prototype as unknown as {
  latin1Slice(this: Uint8Array, start: number, end: number): string;
  latin1Write(this: Uint8Array, text: string, offset: number, length: number): number;
};

function post(port: MessagePort, what: Posted): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port, not a window
  port.postMessage(what);
}

/** Where the message that begins at `at` ends: behind its last fragment, or with the bytes. */
function endOfMessage(bytes: Uint8Array, start: number, size: number): number {
  let at = start;
  while (at + At.callId <= size) {
    const length = (bytes[at + At.fragLength] as number) | ((bytes[at + At.fragLength + 1] as number) << 8);
    const last = ((bytes[at + At.flags] as number) & PfcFlag.last) !== 0;
    at += length;
    if (length === 0 || at >= size) return size;
    if (last) return at;
  }
  return size;
}
