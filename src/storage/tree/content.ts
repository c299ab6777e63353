/**
 * The bytes of a stream. Small ones that changed are in memory until a commit gives them a place; small ones on the medium lie in the mini stream;
 * large ones are a chain of sectors. A content that anybody else may see is never changed, only replaced.
 */
export interface Content {
  /** The scope's token that may change it. */
  token: number;
  size: number;
  place: InMemory | InMiniStream | InSectors;
}

interface InMemory {
  readonly kind: "memory";
  /** At least `size` bytes. */
  bytes: Uint8Array;
}

interface InMiniStream {
  readonly kind: "mini";
  readonly start: number;
  /** The mini sectors in order, once somebody asked. */
  sectors: readonly number[] | undefined;
}

interface InSectors {
  readonly kind: "sectors";
  readonly start: number;
  sectors: number[] | undefined;
}

export function emptyContent(token: number): Content {
  return { token, size: 0, place: { kind: "memory", bytes: new Uint8Array(0) } };
}
