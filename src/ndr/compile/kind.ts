import type { Expression, NdrType } from "../types.ts";
import type { Emitter } from "./emitter.ts";

/** Where the siblings are that an expression names. */
export interface Scope {
  /** Code of a sibling's value; undefined when there is none of that name, or none yet. */
  value(name: string): string | undefined;
  type(name: string): NdrType | undefined;
}

/** What surrounds a value. */
export interface Site {
  readonly scope: Scope;
  /** For messages: structure and member, or method and parameter. */
  readonly where: string;
  /** Code of the max_counts that were moved to the front, in order. */
  readonly counts: readonly string[];
  /** Discriminant of a non-encapsulated union. */
  readonly switchIs?: Expression | undefined;
  /** Checks that need all siblings; run when the last one is there. */
  readonly checks: (() => void)[];
  /** True for the wire form of a user type, whose referents Windows writes as "User". */
  readonly user?: boolean;
  /** True for the wire form of a user type that is little-endian in a big-endian message: its referents are read so. */
  readonly little?: boolean;
  /** Variable with the id of the full pointer whose referent this is. */
  readonly id?: string | undefined;
  /** Variable that receives where the referent begins. */
  readonly start?: string | undefined;
}

/** A place in the flat part: `base` is a variable of the emitted code. Behind members of variable size the offset is 0 and `base` moves. */
export interface Place {
  readonly base: string;
  readonly offset: number;
}

export function at(place: Place, more = 0): string {
  const offset = place.offset + more;
  return offset === 0 ? place.base : `${place.base} + ${offset}`;
}

/**
 * The generator of one kind of type. `write` and `read` of a type of fixed size leave the place alone; of variable size they move
 * `place.base` to the end of the flat part. `measure` and `skip` are asked of types of variable size only, always before the other.
 */
export interface Kind<T extends NdrType> {
  measure(e: Emitter, type: T, value: string, cursor: string, site: Site): void;
  write(e: Emitter, type: T, value: string, place: Place, site: Site): void;
  skip(e: Emitter, type: T, cursor: string, site: Site): void;
  /** Answers the code of the value. */
  read(e: Emitter, type: T, place: Place, site: Site): string;
}

export const emptyScope: Scope = { value: () => undefined, type: () => undefined };
