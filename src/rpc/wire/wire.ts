import { ByteReader, ComError, HResult } from "../../base/index.ts";
import type { Connection, ConnectionSink } from "../transport/transport.ts";
import type { Assembly } from "./assembly.ts";
import { FrameReader, type FrameSink } from "./frame-reader.ts";
import { Output } from "./output.ts";

/** Why nothing is read from a connection at the moment; bits. */
export const Hold = { handshake: 1, backlog: 2, calls: 4 } as const;

/** What is read on while a connection is held; then the peer has to wait. */
const HELD_BYTES = 16 * 1024;

const noBytes = new Uint8Array(0);

/** A connection that speaks in packets: what client and server have in common. */
export abstract class Wire implements ConnectionSink, FrameSink {
  readonly connection: Connection;
  readonly output: Output;
  readonly #frames: FrameReader;
  /** One reader for all messages that are dealt with as they arrive. */
  readonly reader: ByteReader = new ByteReader(noBytes);
  gathers = true;
  #holds = 0;
  #reading = false;
  #borrowing: Assembly | undefined;
  /** True once the connection is gone. */
  ended = false;

  protected constructor(connection: Connection) {
    this.connection = connection;
    this.output = new Output(connection, () => this.drained());
    this.#frames = new FrameReader(this);
  }

  abstract frame(bytes: Uint8Array, view: DataView, start: number, length: number): void;
  /** Something that had to wait has gone out. */
  protected abstract drained(): void;
  /** The peer broke the protocol; the connection can no longer be used. */
  protected abstract violated(error: ComError): void;
  protected abstract lost(error: Error | undefined): void;

  /** True while a packet is incomplete or was held back. */
  get halfReceived(): boolean {
    return this.#frames.waiting > 0;
  }

  received(buffer: Uint8Array, start: number, end: number): void {
    if (this.ended) return;
    this.#process(buffer, start, end);
    if (this.#holds !== 0 && this.#frames.waiting >= HELD_BYTES) this.connection.pause();
  }

  #process(buffer: Uint8Array | undefined, start: number, end: number): void {
    const { output } = this;
    const { corked } = output;
    const within = this.#reading; // somebody waits synchronously for what comes now
    output.corked = true;
    this.#reading = true;
    try {
      if (buffer === undefined) this.#frames.resume();
      else this.#frames.received(buffer, start, end);
    } catch (error) {
      this.violated(ComError.from(error, HResult.RPC_S_PROTOCOL_ERROR));
    } finally {
      this.#reading = within;
      output.corked = corked;
      if (!corked || within) output.flush();
    }
  }

  /** A message under assembly stays in the receive buffer for now. One at a time: what moves up must not run into another. */
  protected borrow(assembly: Assembly): void {
    this.passed();
    this.#borrowing = assembly;
  }

  passed(): void {
    if (this.#borrowing === undefined) return;
    this.#borrowing.own();
    this.#borrowing = undefined;
  }

  /** The borrowed message is complete and will be dealt with in place. */
  protected useUp(assembly: Assembly): void {
    if (this.#borrowing === assembly) this.#borrowing = undefined;
  }

  /** Points the common reader at a range. */
  readerAt(bytes: Uint8Array, view: DataView, start: number, end: number, littleEndian: boolean): ByteReader {
    const { reader } = this;
    reader.bytes = bytes;
    reader.view = view;
    reader.pos = start;
    reader.origin = start;
    reader.end = end;
    reader.littleEndian = littleEndian;
    return reader;
  }

  room(): Uint8Array | undefined {
    return this.#frames.room();
  }

  written(): void {
    this.output.written();
  }

  /**
   * Deals with nothing more until {@link release} with the same reason. A little is read on meanwhile, and kept: only who reads learns that the peer has
   * gone, and that calls under way need no answer.
   */
  hold(reason: number): void {
    if (this.#holds === 0) {
      this.#frames.held = true;
      if (this.#frames.waiting >= HELD_BYTES) this.connection.pause();
    }
    this.#holds |= reason;
  }

  release(reason: number): void {
    if ((this.#holds & reason) === 0) return;
    this.#holds &= ~reason;
    if (this.#holds !== 0 || this.ended) return;
    this.#frames.held = false;
    if (!this.#reading) this.#process(undefined, 0, 0);
    if (this.ended) return;
    if (this.#holds === 0 || this.#frames.waiting < HELD_BYTES) this.connection.resume();
  }

  protected isHeld(reason: number): boolean {
    return (this.#holds & reason) !== 0;
  }

  disconnected(error: Error | undefined): void {
    if (this.ended) return;
    this.ended = true;
    this.output.close();
    this.#frames.close();
    this.lost(error);
  }
}
