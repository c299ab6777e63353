import { ByteWriter } from "../../base/index.ts";
import type { Connection } from "../transport/transport.ts";

const FIRST_BYTES = 2048;
/** A write goes out at once when this much has gathered. */
const FLUSH_BYTES = 128 * 1024;
/** A larger buffer is not kept for the next messages. */
const KEEP_BYTES = 512 * 1024;
const KEEP_BUFFERS = 4;

interface Level {
  readonly writer: ByteWriter;
  readonly start: number;
  /** Messages that were finished while the one above was open. */
  readonly inner: ByteWriter;
}

/**
 * Gathers outgoing packets in one buffer and writes it once per turn of the event loop. A message is written in place: `open`, write,
 * `commit` or `abandon`. While the system still needs a buffer, the next one fills.
 */
export class Output {
  readonly #connection: Connection;
  readonly #drained: () => void;
  #current: ByteWriter = new ByteWriter(FIRST_BYTES);
  #inFlight: ByteWriter | undefined;
  #waiting: ByteWriter[] = [];
  #spare: ByteWriter[] = [];
  #opened = false;
  #scheduled = false;
  #nested: Level[] | undefined;
  #closed = false;
  /** Where the open message starts in its writer. */
  start = 0;
  /** While true, committing does not schedule a flush: somebody will flush at the end of this turn. */
  corked = false;
  /** Bytes committed since the beginning; a message's place in the stream. */
  committed = 0;
  /** Bytes given to the transport since the beginning. */
  handed = 0;
  #done = 0;

  /** `drained` is called when something that had to wait has gone out. */
  constructor(connection: Connection, drained: () => void) {
    this.#connection = connection;
    this.#drained = drained;
  }

  /** Bytes that wait here or in the transport. */
  get backlog(): number {
    return this.committed - this.#done;
  }

  /** Begins a message at the writer's position. Every `open` needs a `commit` or an `abandon`, in the same turn. */
  open(): ByteWriter {
    if (this.#opened) return this.#openNested();
    this.#opened = true;
    const writer = this.#current;
    this.start = writer.pos;
    return writer;
  }

  /** The writer of the open message. */
  get openWriter(): ByteWriter {
    return this.#nested?.at(-1)?.inner ?? this.#current;
  }

  /** The message from `start` to the writer's position is complete. */
  commit(): void {
    if (this.#nested !== undefined) {
      this.#closeNested(true);
      return;
    }
    this.#opened = false;
    const { pos } = this.#current;
    this.committed += pos - this.start;
    if (pos >= FLUSH_BYTES) this.flush();
    else if (!this.corked && !this.#scheduled) {
      this.#scheduled = true;
      process.nextTick(flushOutput, this);
    }
  }

  /** Forgets the open message. */
  abandon(): void {
    if (this.#nested !== undefined) {
      this.#closeNested(false);
      return;
    }
    this.#opened = false;
    this.#current.pos = this.start;
  }

  /** Writes what has gathered. */
  flush(): void {
    this.#scheduled = false;
    const writer = this.#current;
    if (writer.pos === 0 || this.#opened) return;
    if (this.#inFlight === undefined) {
      this.#write(writer);
      if (this.#inFlight === writer) this.#current = this.#fresh();
    } else if (writer.pos >= FLUSH_BYTES) {
      this.#waiting.push(writer);
      this.#current = this.#fresh(writer.bytes.length);
    }
  }

  #write(writer: ByteWriter): void {
    const { pos } = writer;
    this.handed += pos;
    if (this.#closed || this.#connection.write(writer.bytes, 0, pos)) {
      this.#done += pos;
      if (writer.bytes.length > KEEP_BYTES && writer === this.#current) this.#current = this.#fresh();
      writer.reset();
    } else {
      this.#inFlight = writer;
    }
  }

  /** The transport has done with the buffer it was given. */
  written(): void {
    const done = this.#inFlight;
    if (done === undefined) return;
    this.#inFlight = undefined;
    this.#done += done.pos;
    this.#recycle(done);
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#write(next);
      if (this.#inFlight === next) {
        this.#drained();
        return;
      }
      this.#recycle(next);
    }
    this.flush();
    this.#drained();
  }

  /** The connection is gone: what is written from now on goes nowhere. */
  close(): void {
    this.#closed = true;
    this.#inFlight = undefined;
    this.#waiting = [];
    this.#spare = [];
  }

  #fresh(capacity: number = FIRST_BYTES): ByteWriter {
    return this.#spare.pop() ?? new ByteWriter(Math.min(capacity, KEEP_BYTES));
  }

  #recycle(writer: ByteWriter): void {
    writer.reset();
    if (writer.bytes.length <= KEEP_BYTES && this.#spare.length < KEEP_BUFFERS) this.#spare.push(writer);
  }

  /** A message begun while another is being written (marshaling an argument may need a call) goes out before it. */
  #openNested(): ByteWriter {
    const outer = this.#nested?.at(-1)?.inner ?? this.#current;
    this.#nested ??= [];
    const inner = new ByteWriter(FIRST_BYTES);
    this.#nested.push({ writer: outer, start: this.start, inner });
    this.start = 0;
    return inner;
  }

  #closeNested(keep: boolean): void {
    const level = this.#nested?.pop();
    if (level === undefined) return;
    if (this.#nested?.length === 0) this.#nested = undefined;
    this.start = level.start;
    if (!keep) return;
    this.#insertBefore(level);
  }

  /** The outer message has not got its place in the stream yet, so the inner one can be sent alone first. */
  #insertBefore(level: Level): void {
    const { inner } = level;
    const ahead = new ByteWriter(level.start + inner.pos);
    if (level.writer === this.#current && level.start > 0) {
      ahead.raw(level.writer.bytes.subarray(0, level.start));
    }
    ahead.raw(inner.written());
    this.committed += inner.pos;
    this.#shift(level);
    if (this.#inFlight === undefined && this.#waiting.length === 0) {
      this.#write(ahead);
    } else this.#waiting.push(ahead);
  }

  /** Moves the open outer message to the start of its writer, the messages before it having left. */
  #shift(level: Level): void {
    const { writer, start } = level;
    if (writer !== this.#current || start === 0) return;
    writer.bytes.copyWithin(0, start, writer.pos);
    writer.pos -= start;
    writer.origin -= start;
    this.start = 0;
  }
}

function flushOutput(output: Output): void {
  output.flush();
}
