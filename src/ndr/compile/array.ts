import type { ArrayType, Dimension, NdrType } from "../types.ts";
import { arrayTypes, type NumberName } from "../run/numbers.ts";
import { readCount, writeCount } from "./counts.ts";
import { expectCount } from "./check.ts";
import type { Emitter } from "./emitter.ts";
import { numberCode } from "./expression.ts";
import { at, type Kind, type Place, type Site } from "./kind.ts";
import { type Layout, layoutOf, strideOf } from "./layout.ts";

/*
 * Arrays of any number of dimensions ([C706] 14.3.3). The flat part is: an (offset, actual_count) pair for each varying dimension, then
 * the elements in row order. The max_counts of conformant dimensions stand at the front of the outermost construct.
 */

const quote = (site: Site): string => JSON.stringify(site.where);
const isVarying = (dim: Dimension): boolean => dim.length !== undefined || dim.first !== undefined;

/** The number type of an element that is copied as a block. */
function blockName(type: NdrType): NumberName | undefined {
  return type.kind === "base" && type.name in arrayTypes ? (type.name as NumberName) : undefined;
}

function elementSite(type: ArrayType, site: Site): Site {
  const conformant = type.dims.filter((dim) => dim.size !== undefined).length;
  const { scope, where, counts, switchIs, checks } = site;
  return { scope, where: `${where}[]`, counts: counts.slice(conformant), switchIs, checks };
}

export const arrayKind: Kind<ArrayType> = {
  measure(e, type, value, cursor, site) {
    const x = e.bind(value, "list");
    const of = layoutOf(type.of, e.syntax);
    const varying = type.dims.filter(isVarying).length;
    if (varying > 0) e.line(`${cursor} += ${varying * 2 * e.syntax.count};`);
    e.align(cursor, "measure", of.align);
    if (of.size === undefined) {
      measureEach(e, type, x, 0, cursor, site);
      return;
    }
    const n = countAll(e, type, x, site);
    advance(e, cursor, n, of);
  },
  write(e, type, value, place, site) {
    const x = e.bind(value, "list");
    const layout = layoutOf(type, e.syntax);
    const of = layoutOf(type.of, e.syntax);
    writeVariance(e, type, x, place, site);
    if (layout.size === undefined) e.align(place.base, "write", of.align);
    writeRow(e, type, x, 0, place, site);
  },
  skip(e, type, cursor, site) {
    const of = layoutOf(type.of, e.syntax);
    const counts = readCounts(e, type, { base: cursor, offset: 0 }, site, true);
    alignElements(e, cursor, counts, of);
    const n = product(e, type, counts, cursor, site);
    if (of.size === undefined) {
      const i = e.name("i");
      e.loop(`for (let ${i} = 0; ${i} < ${n}; ${i}++)`, () => {
        e.align(cursor, "read", of.align);
        e.kindOf(type.of).skip(e, type.of, cursor, elementSite(type, site));
      });
      return;
    }
    advance(e, cursor, n, of);
  },
  read(e, type, place, site) {
    const layout = layoutOf(type, e.syntax);
    const of = layoutOf(type.of, e.syntax);
    if (layout.size !== undefined) {
      return readRow(
        e,
        type,
        type.dims.map((dim) => `${dim.fixed ?? 0}`),
        0,
        place,
        site,
      );
    }
    const counts = readCounts(e, type, place, site, false);
    alignElements(e, place.base, counts, of);
    return readRow(e, type, counts, 0, place, site);
  },
};

/** True for an array whose first bytes are its elements: it aligns itself, as the gap before no elements may be missing. */
export function alignsItself(type: NdrType, layout: Layout): boolean {
  return type.kind === "array" && layout.size === undefined && !type.dims.some(isVarying);
}

/** Emits the alignment of the first element. Windows sends the gap before no elements too, others do not: at the end of a message it may be missing. */
function alignElements(e: Emitter, cursor: string, counts: readonly string[], of: Layout): void {
  if (of.align <= e.syntax.count) return e.align(cursor, "read", of.align);
  e.line(`${cursor} = ${e.run("alignElements")}(r, ${cursor}, ${of.align}, ${counts.join(" * ") || "0"});`);
}

/** The max_counts of an array value, in order. */
export function arrayConformance(e: Emitter, type: ArrayType, value: string, site: Site): string[] {
  const counts: string[] = [];
  let row = value;
  for (const dim of type.dims) {
    const own = `${e.run("lengthOf")}(${row}, ${quote(site)})`;
    if (dim.size !== undefined) {
      counts.push(e.bind(dim.size === true ? own : (numberCode(dim.size, site.scope) ?? own), "max"));
    }
    row = `(${row}[0] ?? [])`;
  }
  if (type.of.kind === "string" && type.of.fixed === undefined) {
    counts.push(e.bind(`${e.run("longest")}(${value}, ${quote(site)})`, "max"));
  }
  return counts;
}

/** Emits the number of all elements of a value. */
function countAll(e: Emitter, type: ArrayType, value: string, site: Site): string {
  let row = value;
  const factors = type.dims.map(() => {
    const n = `${e.run("lengthOf")}(${row}, ${quote(site)})`;
    row = `(${row}[0] ?? [])`;
    return n;
  });
  return e.bind(factors.join(" * "), "n");
}

function measureEach(
  e: Emitter,
  type: ArrayType,
  row: string,
  dim: number,
  cursor: string,
  site: Site,
): void {
  const item = e.name("item");
  e.loop(`for (const ${item} of ${row})`, () => {
    if (dim + 1 < type.dims.length) {
      measureEach(e, type, item, dim + 1, cursor, site);
      return;
    }
    const of = layoutOf(type.of, e.syntax);
    e.align(cursor, "measure", of.align);
    e.kindOf(type.of).measure(e, type.of, item, cursor, elementSite(type, site));
  });
}

/** Writes offset and actual_count of varying dimensions. */
function writeVariance(e: Emitter, type: ArrayType, value: string, place: Place, site: Site): void {
  let row = value;
  let max = 0;
  for (const dim of type.dims) {
    const room = dim.size === undefined ? `${dim.fixed ?? 0}` : (site.counts[max++] ?? "0");
    if (isVarying(dim)) {
      const n = e.bind(`${e.run("lengthOf")}(${row}, ${quote(site)})`, "n");
      const first = e.bind(
        (dim.first === undefined ? undefined : numberCode(dim.first, site.scope)) ?? "0",
        "first",
      );
      e.line(
        `if (${first} + ${n} > ${room}) ${e.run("refuse")}.counts(${quote(site)}, ${first}, ${n}, ${room});`,
      );
      if (dim.length !== undefined && dim.length !== true) expectCount(e, site, dim.length, n);
      writeCount(e, at(place), first);
      writeCount(e, at(place, e.syntax.count), n);
      e.line(`${place.base} += ${2 * e.syntax.count};`);
    }
    row = `(${row}[0] ?? [])`;
  }
}

/** Moves a cursor past elements of fixed size; there is no gap behind the last one. */
function advance(e: Emitter, cursor: string, n: string, of: Layout): void {
  if (strideOf(of) === of.size) e.line(`${cursor} += ${n} * ${of.size};`);
  else e.line(`if (${n} > 0) ${cursor} += (${n} - 1) * ${strideOf(of)} + ${of.size};`);
}

/** The number of elements that a row of the value must have, by its dimension; undefined where any number goes. */
function wantedLength(type: ArrayType, dim: number, site: Site): string | undefined {
  const at = type.dims[dim];
  if (at === undefined || isVarying(at)) return undefined;
  if (at.size === undefined) return `${at.fixed ?? 0}`;
  return site.counts[type.dims.slice(0, dim).filter((other) => other.size !== undefined).length];
}

function writeRow(e: Emitter, type: ArrayType, row: string, dim: number, place: Place, site: Site): void {
  const n = e.bind(`${e.run("lengthOf")}(${row}, ${quote(site)})`, "n");
  const wanted = wantedLength(type, dim, site);
  if (wanted !== undefined && wanted !== n) {
    e.line(`if (${n} !== ${wanted}) ${e.run("refuse")}.bound(${quote(site)}, ${n}, ${wanted});`);
  }
  const of = layoutOf(type.of, e.syntax);
  const moving = layoutOf(type, e.syntax).size === undefined;
  if (dim + 1 < type.dims.length) {
    writeRows(e, type, row, n, dim, place, site, moving);
    return;
  }
  const block = blockName(type.of);
  if (block !== undefined) {
    e.line(`${e.run("putNumbers")}(w, ${at(place)}, ${row}, "${block}", ${quote(site)});`);
    if (moving) e.line(`${place.base} += ${n} * ${of.size};`);
    return;
  }
  const g = moving ? place.base : e.name("g");
  if (!moving) e.line(`let ${g} = ${at(place)};`);
  const i = e.name("i");
  const gap = strideOf(of) - (of.size ?? 0);
  e.loop(`for (let ${i} = 0; ${i} < ${n}; ${i}++)`, () => {
    if (of.size === undefined || gap > 0) e.align(g, "write", of.align);
    e.kindOf(type.of).write(e, type.of, `${row}[${i}]`, { base: g, offset: 0 }, elementSite(type, site));
    if (of.size !== undefined) e.line(`${g} += ${of.size};`);
  });
}

function writeRows(
  e: Emitter,
  type: ArrayType,
  row: string,
  n: string,
  dim: number,
  place: Place,
  site: Site,
  moving: boolean,
): void {
  const i = e.name("i");
  if (moving) {
    e.loop(`for (let ${i} = 0; ${i} < ${n}; ${i}++)`, () => {
      writeRow(e, type, e.bind(`${row}[${i}]`, "row"), dim + 1, place, site);
    });
    return;
  }
  const rest = type.dims.slice(dim + 1).reduce((total, other) => total * (other.fixed ?? 0), 1);
  const g = e.name("g");
  const of = layoutOf(type.of, e.syntax);
  e.line(`let ${g} = ${at(place)};`);
  e.loop(`for (let ${i} = 0; ${i} < ${n}; ${i}++)`, () => {
    if (strideOf(of) !== of.size) e.align(g, "write", of.align);
    writeRow(e, type, e.bind(`${row}[${i}]`, "row"), dim + 1, { base: g, offset: 0 }, site);
    e.line(`${g} += ${rest * strideOf(of)};`);
  });
}

/** Reads the counts of all dimensions; with `check`, verifies them before anything is allocated. */
function readCounts(e: Emitter, type: ArrayType, place: Place, site: Site, check: boolean): string[] {
  const { count } = e.syntax;
  let max = 0;
  const varying = type.dims.filter(isVarying).length;
  if (check && varying > 0) e.line(`${e.run("within")}(r, ${at(place)} + ${2 * count * varying});`);
  return type.dims.map((dim) => {
    const room = dim.size === undefined ? `${dim.fixed ?? 0}` : (site.counts[max++] ?? "0");
    if (!check && dim.size !== undefined && dim.size !== true) expectCount(e, site, dim.size, room);
    if (!isVarying(dim)) return room;
    const first = e.bind(readCount(e, at(place)), "first");
    const n = e.bind(readCount(e, at(place, count)), "n");
    e.line(`${place.base} += ${2 * count};`);
    if (check) {
      e.line(
        `if (${first} + ${n} > ${room}) ${e.run("refuse")}.counts(${quote(site)}, ${first}, ${n}, ${room});`,
      );
      return n;
    }
    if (dim.first !== undefined) expectCount(e, site, dim.first, first);
    if (dim.length !== undefined && dim.length !== true) expectCount(e, site, dim.length, n);
    return n;
  });
}

/** Emits the checked number of all elements, and of all rows on the way. */
function product(e: Emitter, type: ArrayType, counts: readonly string[], cursor: string, site: Site): string {
  const least = leastSize(type.of, e);
  let n = counts[0] ?? "0";
  counts.forEach((count, i) => {
    if (i > 0) n = e.bind(`${n} * ${count}`, "n");
    // A row of nothing still is an object: rows are counted as elements without bytes unless a later count covers them.
    const size =
      i === counts.length - 1 ? `${least}` : `(${counts.slice(i + 1).join(" * ")} === 0 ? 0 : ${least})`;
    e.line(`${e.run("checkCount")}(r, ${cursor}, ${n}, ${size}, s, ${quote(site)});`);
  });
  return n;
}

/** The fewest bytes an element can take. */
function leastSize(type: NdrType, e: Emitter): number {
  const layout = layoutOf(type, e.syntax);
  if (layout.size !== undefined) return layout.size;
  if (type.kind === "union") return layoutOf(type.discriminant, e.syntax).size ?? 1;
  if (type.kind === "string") return 2 * e.syntax.count;
  return 1;
}

function readRow(
  e: Emitter,
  type: ArrayType,
  counts: readonly string[],
  dim: number,
  place: Place,
  site: Site,
): string {
  const n = counts[dim] ?? "0";
  const of = layoutOf(type.of, e.syntax);
  const moving = layoutOf(type, e.syntax).size === undefined;
  const innermost = dim + 1 === type.dims.length;
  const block = innermost ? blockName(type.of) : undefined;
  if (block !== undefined) {
    const numbers =
      of.size === 1 && block !== "i8"
        ? `${e.run("getBytes")}(r.bytes, ${at(place)}, ${n})`
        : `${e.run("getNumbers")}(r, ${at(place)}, ${n}, "${block}", ${e.little})`;
    const list = e.bind(numbers, "list");
    if (moving) e.line(`${place.base} += ${n} * ${of.size};`);
    return list;
  }
  const list = e.name("list");
  e.line(`const ${list} = new Array(${n});`);
  const g = moving ? place.base : e.name("g");
  if (!moving) e.line(`let ${g} = ${at(place)};`);
  const i = e.name("i");
  e.loop(`for (let ${i} = 0; ${i} < ${n}; ${i}++)`, () => {
    const inner: Place = { base: g, offset: 0 };
    if (strideOf(of) !== of.size) e.align(g, "read", of.align);
    if (!innermost) {
      e.line(`${list}[${i}] = ${readRow(e, type, counts, dim + 1, inner, site)};`);
      const rest = counts.slice(dim + 1).join(" * ");
      if (!moving) e.line(`${g} += ${rest} * ${strideOf(of)};`);
      return;
    }
    e.line(`${list}[${i}] = ${e.kindOf(type.of).read(e, type.of, inner, elementSite(type, site))};`);
    if (of.size !== undefined) e.line(`${g} += ${of.size};`);
  });
  return list;
}
