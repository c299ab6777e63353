import { ChunkQueue } from "../stream/chunk-queue.ts";
import type { Chunk, StreamSink } from "../stream/chunk.ts";
import { COMMON_HEADER_BYTES, findsHeader, readCommonHeader } from "./header.ts";

/** A PDU cut out of a stream. */
export interface FramedPdu {
  readonly bytes: Uint8Array;
  readonly frame: number;
  readonly time: bigint;
  /** Bytes lost at its end. */
  readonly missing: number;
}

export interface FramerEvents {
  pdu(pdu: FramedPdu): void;
  note(frame: number, text: string): void;
}

/**
 * Cuts one direction of an RPC connection into PDUs by their frag_length (C706 12.6.3.1). After lost bytes it goes on
 * exactly when the loss lies within one PDU, and otherwise looks for the next header.
 */
export class PduFramer implements StreamSink {
  readonly #events: FramerEvents;
  readonly #queue = new ChunkQueue();
  /** Bytes still to come of a PDU part of which was lost. */
  #skip = 0;
  /** True when the next byte should begin a PDU. */
  #synchronised = true;
  #frame = 0;

  constructor(events: FramerEvents) {
    this.#events = events;
  }

  data(chunk: Chunk): void {
    this.#frame = chunk.frame;
    const skipped = Math.min(this.#skip, chunk.bytes.length);
    this.#skip -= skipped;
    this.#queue.push(skipped === 0 ? chunk : { ...chunk, bytes: chunk.bytes.subarray(skipped) });
    while (this.#step());
  }

  /** @param length Infinity when nobody knows how much was lost. */
  gap(length: number, frame: number): void {
    this.#frame = frame;
    if (length !== Infinity) this.#events.note(frame, `${length} bytes of the stream are missing`);
    const rest = this.#skip > 0 ? this.#skip : this.#abandon();
    this.#skip = length <= rest ? rest - length : 0;
    if (length > rest) this.#synchronised = false;
  }

  end(): void {
    this.#abandon();
  }

  /** Gives out the PDU begun, if its header is there; how many bytes of it were to come. */
  #abandon(): number {
    const have = this.#queue.length;
    if (have === 0) return 0;
    const header = this.#synchronised && have >= COMMON_HEADER_BYTES ? this.#header() : undefined;
    if (header === undefined) {
      this.#queue.clear();
      return 0;
    }
    const missing = header.fragLength - have;
    this.#events.pdu({ ...this.#queue.take(have), missing });
    return missing;
  }

  #header(): ReturnType<typeof readCommonHeader> {
    return readCommonHeader(this.#queue.peek(COMMON_HEADER_BYTES));
  }

  /** Takes one PDU, or finds the next header; false when more bytes are needed. */
  #step(): boolean {
    if (this.#queue.length < COMMON_HEADER_BYTES) return false;
    if (!this.#synchronised && !this.#search()) return false;
    const header = this.#header();
    if (header === undefined) {
      this.#events.note(this.#frame, "not a PDU where one should begin; looking for the next");
      this.#synchronised = false;
      return true;
    }
    if (this.#queue.length < header.fragLength) return false;
    this.#events.pdu({ ...this.#queue.take(header.fragLength), missing: 0 });
    return true;
  }

  #search(): boolean {
    const bytes = this.#queue.peek(this.#queue.length);
    const last = bytes.length - COMMON_HEADER_BYTES;
    for (let at = 0; at <= last; at++) {
      if (!findsHeader(bytes, at)) continue;
      this.#queue.skip(at);
      this.#synchronised = true;
      return true;
    }
    this.#queue.skip(last + 1);
    return false;
  }
}
