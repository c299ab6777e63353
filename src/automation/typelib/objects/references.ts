import type { TypeReference } from "../model.ts";

/*
 * HREFTYPEs: how the interfaces number the types that a type refers to. Callers only hand them back to GetRefTypeInfo of the same type. Bit 0 marks
 * an imported type, bit 1 asks for the vtable view of a dual interface, the top byte says through which base of a dispinterface the number was got.
 */

const LOCAL_STEP = 100;
const IMPORTED_STEP = 12;
const VTABLE_VIEW = 2;
const BASE_SHIFT = 24;
const NUMBER_MASK = 0xffffff;

/** The other view of a dual interface. */
export const HREF_PARTNER = 0xfffffffe;
/** IDispatch, for libraries that name it nowhere. */
export const HREF_DISPATCH = 0xfffffc;

export function hrefOf(reference: TypeReference): number {
  return "local" in reference ? reference.local * LOCAL_STEP : (reference.imported * IMPORTED_STEP) | 1;
}

/** The same type; of a dual interface the vtable's side. */
export function vtableHref(reference: TypeReference): number {
  return hrefOf(reference) | VTABLE_VIEW;
}

/** The same number seen through the n-th base of a dispinterface, 1 being the root; 0 for its own members. */
export function throughBase(href: number, base: number): number {
  return (href + base * 2 ** BASE_SHIFT) >>> 0;
}

export interface ParsedHref {
  readonly reference: TypeReference;
  readonly vtable: boolean;
  readonly base: number;
}

export function parseHref(href: number): ParsedHref {
  const number = href & NUMBER_MASK;
  return {
    reference:
      number & 1
        ? { imported: Math.floor(number / IMPORTED_STEP) }
        : { local: Math.floor(number / LOCAL_STEP) },
    vtable: (number & VTABLE_VIEW) !== 0,
    base: href >>> BASE_SHIFT,
  };
}
