import type { DecodeLimits } from "../limits.ts";
import type { StreamSink } from "../stream/chunk.ts";
import type { TcpSegment } from "./transport.ts";

/** A segment that came before one that should precede it. */
interface Pending {
  readonly seq: number;
  readonly data: Uint8Array;
  readonly lost: number;
  readonly frame: number;
  readonly time: bigint;
}

const nowhere: StreamSink = { data: () => undefined, gap: () => undefined, end: () => undefined };

/** Sequence numbers wrap: the signed distance from `b` to `a`. */
function distance(a: number, b: number): number {
  return (a - b) | 0;
}

/**
 * One direction of a TCP connection put in order (RFC 9293 3.4, 3.10). Retransmitted bytes are dropped, the first copy
 * stands. A missing segment counts as lost once the receiver has acknowledged bytes behind it (so it was received, only
 * not captured), or when too much waits for it, or at the end.
 */
export class TcpReassembler {
  #sink: StreamSink;
  readonly #limits: DecodeLimits;
  #next: number | undefined;
  #initial: number | undefined;
  /** Highest sequence number the other side has acknowledged. */
  #acked: number | undefined;
  /** Sorted by sequence number. */
  #pending: Pending[] = [];
  #pendingBytes = 0;

  constructor(sink: StreamSink, limits: DecodeLimits) {
    this.#sink = sink;
    this.#limits = limits;
  }

  /** True when a SYN with this sequence number opens another connection than the one followed so far. */
  isNewConnection(seq: number): boolean {
    return this.#next !== undefined && this.#initial !== seq;
  }

  add(segment: TcpSegment, frame: number, time: bigint): void {
    let { seq } = segment;
    if (segment.syn) {
      if (this.#next === undefined) this.#next = (seq + 1) >>> 0;
      this.#initial = seq;
      seq = (seq + 1) >>> 0;
    }
    if (segment.data.length + segment.lost === 0) return;
    this.#next ??= seq;
    const piece: Pending = { seq, data: segment.data, lost: segment.lost, frame, time };
    if (distance(seq, this.#next) > 0) this.#hold(piece);
    else this.#deliver(piece);
    this.#drain();
  }

  /** The other side acknowledged everything before `ack`. */
  acknowledge(ack: number, frame: number): void {
    if (this.#acked === undefined || distance(ack, this.#acked) > 0) this.#acked = ack;
    this.#giveUpLost(frame);
  }

  /** Gives out what waits, ends the sink and lets go of it: what comes later is dropped. */
  end(frame: number): void {
    while (this.#pending.length > 0) this.#skipToPending(frame);
    this.#sink.end();
    this.#sink = nowhere;
  }

  #deliver(piece: Pending): void {
    const next = this.#next as number;
    const old = distance(next, piece.seq);
    const total = piece.data.length + piece.lost;
    if (old >= total) return;
    const bytes = old === 0 ? piece.data : piece.data.subarray(old);
    const lost = total - old - bytes.length;
    this.#next = (next + bytes.length + lost) >>> 0;
    if (bytes.length > 0) this.#sink.data({ bytes, frame: piece.frame, time: piece.time });
    if (lost > 0) this.#sink.gap(lost, piece.frame);
  }

  #hold(piece: Pending): void {
    const list = this.#pending;
    let at = list.length;
    while (at > 0 && distance((list[at - 1] as Pending).seq, piece.seq) > 0) at--;
    list.splice(at, 0, piece);
    this.#pendingBytes += piece.data.length;
    const { maxPendingBytes, maxPendingSegments } = this.#limits;
    if (this.#pendingBytes > maxPendingBytes || list.length > maxPendingSegments)
      this.#skipToPending(piece.frame);
    else this.#giveUpLost(piece.frame);
  }

  /** Delivers what is no longer ahead of the stream. */
  #drain(): void {
    let done = 0;
    for (const piece of this.#pending) {
      if (distance(piece.seq, this.#next as number) > 0) break;
      this.#pendingBytes -= piece.data.length;
      this.#deliver(piece);
      done++;
    }
    if (done > 0) this.#pending.splice(0, done);
  }

  #giveUpLost(frame: number): void {
    while (this.#acked !== undefined) {
      const [first] = this.#pending;
      if (first === undefined || distance(this.#acked, first.seq) < 0) return;
      this.#skipToPending(frame);
    }
  }

  /** Declares lost what lies before the first waiting segment. */
  #skipToPending(frame: number): void {
    const [first] = this.#pending;
    if (first === undefined) return;
    const length = distance(first.seq, this.#next as number);
    if (length > 0) {
      this.#sink.gap(length, frame);
      this.#next = first.seq;
    }
    this.#drain();
  }
}
