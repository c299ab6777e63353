import { type Guid, guid } from "../../base/index.ts";

/** A transfer syntax: its identity in binds, and the rules by which one generator serves both. */
export interface Syntax {
  readonly name: string;
  readonly uuid: Guid;
  readonly version: readonly [major: number, minor: number];
  /** Bytes of a pointer's referent id. */
  readonly pointer: 4 | 8;
  /** Bytes of a max_count, an offset, an actual_count. */
  readonly count: 4 | 8;
  /** Bytes of an enum without `[v1_enum]`. */
  readonly narrowEnum: 2 | 4;
  /** Bytes of `__int3264`. */
  readonly int3264: 4 | 8;
  /** Structures end on a multiple of their alignment. */
  readonly paddedStructures: boolean;
  /** A union starts, and its arm starts, at the largest alignment of all arms; otherwise each at its own. */
  readonly alignedUnions: boolean;
}

/** NDR 2.0 ([C706] chapter 14, [MS-RPCE] 2.2.4). */
export const ndr20: Syntax = {
  name: "NDR 2.0",
  uuid: guid("8a885d04-1ceb-11c9-9fe8-08002b104860"),
  version: [2, 0],
  pointer: 4,
  count: 4,
  narrowEnum: 2,
  int3264: 4,
  paddedStructures: false,
  alignedUnions: false,
};

/** NDR64 ([MS-RPCE] 2.2.5). */
export const ndr64: Syntax = {
  name: "NDR64",
  uuid: guid("71710533-beba-4937-8319-b5dbef9ccc36"),
  version: [1, 0],
  pointer: 8,
  count: 8,
  narrowEnum: 4,
  int3264: 8,
  paddedStructures: true,
  alignedUnions: true,
};
