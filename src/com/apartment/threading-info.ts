import { isMainThread } from "node:worker_threads";
import { currentApartment } from "../apartment.ts";

/** APTTYPE. */
export const ApartmentType = { STA: 0, MTA: 1, NA: 2, MAINSTA: 3 } as const;

/** APTTYPEQUALIFIER. */
export const ApartmentTypeQualifier = { NONE: 0, IMPLICIT_MTA: 1 } as const;

/**
 * What apartment the calling code runs in (CoGetApartmentType). A thread that asked for no model counts as one that is in the multithreaded apartment without
 * having said so: every call enters at once.
 */
export function getApartmentType(): {
  readonly type: (typeof ApartmentType)[keyof typeof ApartmentType];
  readonly qualifier: number;
} {
  return types[currentApartment().kind];
}

const { STA, MTA, NA, MAINSTA } = ApartmentType;
const { NONE, IMPLICIT_MTA } = ApartmentTypeQualifier;

const types = {
  single: { type: isMainThread ? MAINSTA : STA, qualifier: NONE },
  multi: { type: MTA, qualifier: NONE },
  neutral: { type: NA, qualifier: NONE },
  main: { type: MTA, qualifier: IMPLICIT_MTA },
} as const;
