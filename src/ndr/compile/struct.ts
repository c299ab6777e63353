import type { Field, NdrType, StructType } from "../types.ts";
import { expectRange } from "./check.ts";
import { type Emitter, key, property } from "./emitter.ts";
import { at, type Kind, type Place, type Scope, type Site } from "./kind.ts";
import { layoutOf, type Slot, slotsOf } from "./layout.ts";
import { isRecursive } from "./recursive.ts";

/** Calls of a structure's own functions. */
export const structKind: Kind<StructType> = {
  measure(e, type, value, cursor) {
    e.line(`${cursor} = ${e.unit(type)}.measure(w, ${value}, ${cursor}, s);`);
  },
  write(e, type, value, place, site) {
    const call = `${e.unit(type)}.write(${["w", value, at(place), "s", ...site.counts].join(", ")})`;
    e.line(layoutOf(type, e.syntax).size === undefined ? `${place.base} = ${call};` : `${call};`);
    e.stale = true;
  },
  skip(e, type, cursor, site) {
    e.line(`${cursor} = ${e.unit(type)}.skip(${["r", cursor, "s", ...site.counts].join(", ")});`);
  },
  read(e, type, place, site) {
    const call = `${e.unit(type)}.read(${["r", at(place), "s", ...site.counts].join(", ")})`;
    if (layoutOf(type, e.syntax).size !== undefined) return call;
    const x = e.bind(call, type.name);
    e.line(`${place.base} = s.end;`);
    return x;
  },
};

export function structScope(type: StructType, value: (name: string) => string | undefined): Scope {
  return {
    value,
    type: (name) => type.fields().find((field) => field.name === name)?.type,
  };
}

/** Emits all functions of a structure as an object literal. */
export function structUnit(e: Emitter, type: StructType): string {
  const params = Array.from({ length: layoutOf(type, e.syntax).conformance }, (_, i) => `c${i}`);
  const list = (...names: string[]): string => [...names, ...params].join(", ");
  const variable = layoutOf(type, e.syntax).size === undefined;
  if (e.direction === "encode") {
    const measure = variable ? `measure(w, v, f, s) {\n${measureBody(e, type)}\n},\n` : "";
    return `{\n${measure}write(${list("w", "v", "f", "s")}) {\n${writeBody(e, type, params)}\n} }`;
  }
  const skip = variable ? `skip(${list("r", "f", "s")}) {\n${skipBody(e, type, params)}\n},\n` : "";
  return `{\n${skip}read(${list("r", "f", "s")}) {\n${readBody(e, type, params)}\n} }`;
}

function siteOf(
  type: StructType,
  field: Field,
  scope: Scope,
  counts: readonly string[],
  checks: (() => void)[],
): Site {
  return { scope, where: `${type.name}.${field.name}`, counts, switchIs: field.switchIs, checks };
}

/** Members of fixed place go by kind, plain ones first, so that runs of them are written without a call between. */
function ordered(e: Emitter, type: StructType): readonly Slot[] {
  const slots = slotsOf(type, e.syntax);
  if (layoutOf(type, e.syntax).size === undefined) return slots;
  return [...slots.filter((slot) => !slot.layout.deferred), ...slots.filter((slot) => slot.layout.deferred)];
}

const counted = (slot: Slot, counts: readonly string[]): readonly string[] =>
  slot.layout.conformance > 0 ? counts : [];

function measureBody(e: Emitter, type: StructType): string {
  const scope = structScope(type, (name) => property("v", name));
  for (const slot of slotsOf(type, e.syntax)) {
    if (slot.layout.align > 1) e.line(`f = ${e.run("alignUp")}(w.origin, f, ${slot.layout.align});`);
    if (slot.layout.size !== undefined) e.line(`f += ${slot.layout.size};`);
    else
      e.kindOf(slot.field.type).measure(
        e,
        slot.field.type,
        property("v", slot.field.name),
        "f",
        siteOf(type, slot.field, scope, [], []),
      );
  }
  endPadding(e, type, "w");
  e.line("return f;");
  return e.take();
}

function endPadding(e: Emitter, type: StructType, side: "w" | "r", zero = false): void {
  const { align } = layoutOf(type, e.syntax);
  if (!e.syntax.paddedStructures || align === 1) return;
  e.line(
    zero ? `f = ${e.run("pad")}(w, f, ${align});` : `f = ${e.run("alignUp")}(${side}.origin, f, ${align});`,
  );
}

function writeBody(e: Emitter, type: StructType, counts: readonly string[]): string {
  const layout = layoutOf(type, e.syntax);
  const scope = structScope(type, (name) => property("v", name));
  const checks: (() => void)[] = [];
  e.stale = false;
  e.line("let d = w.view;");
  enter(e, type);
  for (const slot of ordered(e, type)) {
    const { field } = slot;
    const value = property("v", field.name);
    const place: Place = { base: "f", offset: layout.size === undefined ? 0 : (slot.offset ?? 0) };
    if (field.range !== undefined) {
      expectRange(e, `${type.name}.${field.name}`, value, field.range, field.type.kind === "pointer");
    }
    if (layout.size !== undefined) zeroGap(e, (slot.offset ?? 0) - slot.gap, slot.gap);
    else if (slot.layout.align > 1) e.line(`f = ${e.run("pad")}(w, f, ${slot.layout.align});`);
    e.kindOf(field.type).write(
      e,
      field.type,
      value,
      place,
      siteOf(type, field, scope, counted(slot, counts), checks),
    );
    if (layout.size === undefined && slot.layout.size !== undefined) e.line(`f += ${slot.layout.size};`);
  }
  if (layout.size !== undefined) {
    const last = slotsOf(type, e.syntax).at(-1);
    const end = (last?.offset ?? 0) + (last?.layout.size ?? 0);
    zeroGap(e, end, layout.size - end);
  } else endPadding(e, type, "w", true);
  for (const check of checks) check();
  leave(e, type);
  if (layout.size === undefined) e.line("return f;");
  return e.take();
}

/** Padding inside is written as zeros: the buffer may hold an earlier message. */
function zeroGap(e: Emitter, offset: number, size: number): void {
  if (size === 0) return;
  e.freshView();
  const place = (more: number): string => at({ base: "f", offset: offset + more });
  let done = 0;
  for (const [step, name] of [
    [1, "setUint8"],
    [2, "setUint16"],
    [4, "setUint32"],
  ] as const) {
    if ((size & step) === 0) continue;
    e.line(`d.${name}(${place(done)}, 0);`);
    done += step;
  }
}

function skipBody(e: Emitter, type: StructType, counts: readonly string[]): string {
  e.line("const d = r.view;");
  for (const slot of slotsOf(type, e.syntax)) {
    if (slot.layout.align > 1) e.line(`f = ${e.run("alignUp")}(r.origin, f, ${slot.layout.align});`);
    if (slot.layout.size !== undefined) e.line(`f += ${slot.layout.size};`);
    else {
      e.line(`${e.run("within")}(r, f);`);
      const site = siteOf(
        type,
        slot.field,
        structScope(type, () => undefined),
        counted(slot, counts),
        [],
      );
      e.kindOf(slot.field.type).skip(e, slot.field.type, "f", site);
    }
  }
  endPadding(e, type, "r");
  e.line(`${e.run("within")}(r, f);`);
  e.line("return f;");
  return e.take();
}

function readBody(e: Emitter, type: StructType, counts: readonly string[]): string {
  const layout = layoutOf(type, e.syntax);
  const values = new Map<string, string>();
  const scope = structScope(type, (name) => values.get(name));
  const checks: (() => void)[] = [];
  e.line("const d = r.view;");
  enter(e, type);
  for (const slot of ordered(e, type)) {
    const { field } = slot;
    const place: Place = { base: "f", offset: layout.size === undefined ? 0 : (slot.offset ?? 0) };
    if (layout.size === undefined && slot.layout.align > 1) {
      e.line(`f = ${e.run("alignUp")}(r.origin, f, ${slot.layout.align});`);
    }
    const value = e
      .kindOf(field.type)
      .read(e, field.type, place, siteOf(type, field, scope, counted(slot, counts), checks));
    const x = e.bind(value, field.name);
    values.set(field.name, x);
    if (layout.size === undefined && slot.layout.size !== undefined) e.line(`f += ${slot.layout.size};`);
    if (field.range !== undefined) {
      expectRange(e, `${type.name}.${field.name}`, x, field.range, field.type.kind === "pointer");
    }
  }
  for (const check of checks) check();
  leave(e, type);
  if (layout.size === undefined) {
    endPadding(e, type, "r");
    e.line("s.end = f;");
  }
  const members = type.fields().map((field) => `${key(field.name)}: ${values.get(field.name)}`);
  e.line(`return { ${members.join(", ")} };`);
  return e.take();
}

/** Only types that can contain themselves can nest without end. */
function enter(e: Emitter, type: NdrType & { readonly name: string }): void {
  if (isRecursive(type)) e.line(`s.enter(${JSON.stringify(type.name)});`);
}

function leave(e: Emitter, type: NdrType): void {
  if (isRecursive(type)) e.line("s.depth--;");
}
