import { ByteWriter } from "../../base/index.ts";
import type { Connection } from "../transport/transport.ts";
import { giveWriter, takeWriter } from "./spare-writers.ts";

const FIRST_BYTES = 2048;
/** A write goes out at once when this much has gathered. */
const FLUSH_BYTES = 128 * 1024;
/** A larger buffer is not kept for the next messages. */
const KEEP_BYTES = 512 * 1024;
const KEEP_BUFFERS = 4;
/** From this size on buffers are shared by all connections. */
const LARGE_BYTES = 64 * 1024;

/** A message within another: where the outer one starts in its writer, and the writer of the inner one. */
interface Level {
  readonly start: number;
  readonly inner: ByteWriter;
}

/** A buffer that waits for its turn, and where what is still to be sent begins in it. */
interface Waiting {
  readonly writer: ByteWriter;
  readonly from: number;
}

/**
 * Gathers outgoing packets in one buffer and writes it once per turn of the event loop. A message is written in place: `open`, write,
 * `commit` or `abandon`. While the system still needs a buffer, the next one fills.
 */
export class Output {
  readonly #connection: Connection;
  readonly #drained: () => void;
  #current: ByteWriter = new ByteWriter(FIRST_BYTES);
  /** Bytes at the start of the current buffer that have gone ahead of an open message. */
  #skip = 0;
  #inFlight: ByteWriter | undefined;
  #inFlightBytes = 0;
  #waiting: Waiting[] = [];
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
    if (this.start === this.#skip) this.#dropSkipped();
  }

  /** Nothing of the current buffer is left to send. */
  #dropSkipped(): void {
    this.#skip = 0;
    this.#current.reset();
  }

  /** Writes what has gathered. */
  flush(): void {
    this.#scheduled = false;
    const writer = this.#current;
    const from = this.#skip;
    if (writer.pos === 0 || this.#opened) return;
    if (this.#inFlight === undefined) {
      const { length } = writer.bytes;
      this.#skip = 0;
      this.#write(writer, from);
      if (this.#inFlight === writer) this.#current = this.#fresh(length);
    } else if (writer.pos >= FLUSH_BYTES) {
      this.#skip = 0;
      this.#waiting.push({ writer, from });
      this.#current = this.#fresh(writer.bytes.length);
    }
  }

  #write(writer: ByteWriter, from: number): void {
    const count = writer.pos - from;
    this.handed += count;
    if (this.#closed || count === 0 || this.#connection.write(writer.bytes, from, writer.pos)) {
      this.#done += count;
      if (writer.bytes.length > KEEP_BYTES && writer === this.#current) this.#current = this.#fresh();
      writer.reset();
    } else {
      this.#inFlight = writer;
      this.#inFlightBytes = count;
    }
  }

  /** The transport has done with the buffer it was given. */
  written(): void {
    const done = this.#inFlight;
    if (done === undefined) return;
    this.#inFlight = undefined;
    this.#done += this.#inFlightBytes;
    this.#recycle(done);
    for (;;) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#write(next.writer, next.from);
      if (this.#inFlight !== undefined) {
        this.#drained();
        return;
      }
      this.#recycle(next.writer);
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
    if (capacity >= LARGE_BYTES) return takeWriter(Math.min(capacity, KEEP_BYTES));
    return this.#spare.pop() ?? new ByteWriter(capacity);
  }

  #recycle(writer: ByteWriter): void {
    const { length } = writer.bytes;
    if (length > KEEP_BYTES) return;
    if (length >= LARGE_BYTES) giveWriter(writer);
    else if (this.#spare.length < KEEP_BUFFERS) {
      writer.reset();
      this.#spare.push(writer);
    }
  }

  /** A message begun while another is being written (marshaling an argument may need a call) goes out before it. */
  #openNested(): ByteWriter {
    const inner = new ByteWriter(FIRST_BYTES);
    this.#nested ??= [];
    this.#nested.push({ start: this.start, inner });
    this.start = 0;
    return inner;
  }

  #closeNested(keep: boolean): void {
    const level = this.#nested?.pop();
    if (level === undefined) return;
    if (this.#nested?.length === 0) this.#nested = undefined;
    this.start = level.start;
    if (keep) this.#sendAhead(level.inner);
  }

  /**
   * The outermost message has no place in the stream yet, so everything before it, and then the inner one, can go first. It stays where it
   * is: its author may remember places in it.
   */
  #sendAhead(inner: ByteWriter): void {
    const before = this.#nested?.[0]?.start ?? this.start;
    const writer = new ByteWriter(before - this.#skip + inner.pos);
    writer.raw(this.#current.bytes.subarray(this.#skip, before));
    writer.raw(inner.written());
    this.#skip = before;
    this.committed += inner.pos;
    if (this.#inFlight === undefined) this.#write(writer, 0);
    else this.#waiting.push({ writer, from: 0 });
  }
}

function flushOutput(output: Output): void {
  output.flush();
}
