import type { IpPayload } from "./ip.ts";

/** A datagram of which some pieces are still missing. */
interface Partial {
  readonly pieces: Map<number, Uint8Array>;
  /** Length of the whole payload, known once the last piece is here. */
  total: number | undefined;
  /** Bytes of all pieces, overlaps counted twice: below `total` there is surely a hole. */
  received: number;
}

/** The largest IP payload. */
const MAX_DATAGRAM = 65_535;

/** Puts fragmented IP datagrams together (RFC 791 3.2, RFC 8200 4.5). */
export class FragmentTable {
  readonly #partials = new Map<string, Partial>();
  readonly #limit: number;

  /** @param limit datagrams in the making at one time; the oldest is forgotten. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** The whole datagram when `piece` completes it, undefined until then. An unfragmented payload comes back at once. */
  add(piece: IpPayload): IpPayload | undefined {
    const { fragment } = piece;
    if (fragment === undefined) return piece;
    // A piece that was cut short by the capture can never complete anything.
    if (piece.data.length < piece.length || fragment.offset + piece.length > MAX_DATAGRAM) return undefined;
    const key = `${piece.source} ${piece.destination} ${piece.protocol} ${fragment.id}`;
    const partial = this.#partials.get(key) ?? this.#start(key);
    if (partial.pieces.has(fragment.offset)) return undefined;
    partial.pieces.set(fragment.offset, piece.data);
    partial.received += piece.length;
    if (!fragment.more) partial.total = fragment.offset + piece.length;
    const data = assemble(partial);
    if (data === undefined) return undefined;
    this.#partials.delete(key);
    return { ...piece, data, length: data.length, fragment: undefined };
  }

  #start(key: string): Partial {
    if (this.#partials.size >= this.#limit) {
      for (const oldest of this.#partials.keys()) {
        this.#partials.delete(oldest);
        break;
      }
    }
    const partial: Partial = { pieces: new Map(), total: undefined, received: 0 };
    this.#partials.set(key, partial);
    return partial;
  }
}

/** The payload once every byte of it is there; of overlapping pieces the first bytes stand. */
function assemble(partial: Partial): Uint8Array | undefined {
  const { total } = partial;
  if (total === undefined || partial.received < total) return undefined;
  const data = new Uint8Array(total);
  let done = 0;
  const pieces = [...partial.pieces].toSorted(([a], [b]) => a - b);
  for (const [offset, piece] of pieces) {
    if (offset > done) return undefined;
    const fresh = piece.subarray(done - offset, Math.max(done - offset, total - offset));
    data.set(fresh, done);
    done += fresh.length;
  }
  return done >= total ? data : undefined;
}
