import type { Field, StructType } from "../types.ts";
import { alignsItself } from "./array.ts";
import { expectRange } from "./check.ts";
import { type Emitter, property } from "./emitter.ts";
import { at, type Place, type Scope, type Site } from "./kind.ts";
import { layoutOf, type Slot, slotsOf } from "./layout.ts";

/** The members of one structure as expressions see them. */
export function structScope(type: StructType, value: (name: string) => string | undefined): Scope {
  return {
    value,
    type: (name) => type.fields().find((field) => field.name === name)?.type,
  };
}

export function memberSite(
  type: StructType,
  field: Field,
  scope: Scope,
  counts: readonly string[],
  checks: (() => void)[],
): Site {
  return { scope, where: `${type.name}.${field.name}`, counts, switchIs: field.switchIs, checks };
}

/** The max_counts that belong to a member: those of the structure, when it is its conformant last one. */
export function countsOf(slot: Slot, counts: readonly string[]): readonly string[] {
  return slot.layout.conformance > 0 ? counts : [];
}

/** Members of fixed place, plain ones first, so that runs of them are written without a call between. */
export function ordered(e: Emitter, type: StructType): readonly Slot[] {
  const slots = slotsOf(type, e.syntax);
  if (layoutOf(type, e.syntax).size === undefined) return slots;
  return [...slots.filter((slot) => !slot.layout.deferred), ...slots.filter((slot) => slot.layout.deferred)];
}

/** Emits the writing of a member whose structure begins (or, of variable size, goes on) at `f`. */
export function writeMember(
  e: Emitter,
  type: StructType,
  slot: Slot,
  scope: Scope,
  counts: readonly string[],
  checks: (() => void)[],
): void {
  const { field } = slot;
  const value = property("v", field.name);
  const moving = layoutOf(type, e.syntax).size === undefined;
  const place: Place = { base: "f", offset: moving ? 0 : (slot.offset ?? 0) };
  if (field.range !== undefined)
    expectRange(e, `${type.name}.${field.name}`, value, field.range, field.type.kind === "pointer");
  if (!moving) zeroGap(e, (slot.offset ?? 0) - slot.gap, slot.gap);
  else e.align("f", "write", slot.layout.align);
  const site = memberSite(type, field, scope, countsOf(slot, counts), checks);
  e.kindOf(field.type).write(e, field.type, value, place, site);
  if (moving && slot.layout.size !== undefined) e.line(`f += ${slot.layout.size};`);
}

/** Emits the reading of a member; answers the name of its value. */
export function readMember(
  e: Emitter,
  type: StructType,
  slot: Slot,
  scope: Scope,
  counts: readonly string[],
  checks: (() => void)[],
): string {
  const { field } = slot;
  const moving = layoutOf(type, e.syntax).size === undefined;
  const place: Place = { base: "f", offset: moving ? 0 : (slot.offset ?? 0) };
  if (moving && !alignsItself(field.type, slot.layout)) e.align("f", "read", slot.layout.align);
  const site = memberSite(type, field, scope, countsOf(slot, counts), checks);
  const x = e.bind(e.kindOf(field.type).read(e, field.type, place, site), field.name);
  if (moving && slot.layout.size !== undefined) e.line(`f += ${slot.layout.size};`);
  if (field.range !== undefined) expectRange(e, site.where, x, field.range, field.type.kind === "pointer");
  return x;
}

/** Padding is written as zeros: the buffer may hold an earlier message. */
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

/** Zeros the padding behind the last member of a structure of fixed size. */
export function zeroTail(e: Emitter, type: StructType): void {
  const last = slotsOf(type, e.syntax).at(-1);
  const end = (last?.offset ?? 0) + (last?.layout.size ?? 0);
  zeroGap(e, end, (layoutOf(type, e.syntax).size ?? end) - end);
}
