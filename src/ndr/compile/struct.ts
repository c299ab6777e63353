import type { StructType } from "../types.ts";
import { alignsItself } from "./array.ts";
import { type Emitter, key, property } from "./emitter.ts";
import { at, type Kind } from "./kind.ts";
import { layoutOf, slotsOf } from "./layout.ts";
import { countsOf, memberSite, ordered, readMember, structScope, writeMember, zeroTail } from "./members.ts";
import { isNode, readNode, writeNode } from "./node.ts";
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
    const id = site.id !== undefined && isNode(e, type) ? [site.id] : [];
    const call = `${e.unit(type)}.read(${["r", at(place), "s", ...site.counts, ...id].join(", ")})`;
    if (layoutOf(type, e.syntax).size !== undefined) return call;
    const x = e.bind(call, type.name);
    e.line(`${place.base} = s.end;`);
    return x;
  },
};

/** Emits all functions of a structure as an object literal. */
export function structUnit(e: Emitter, type: StructType): string {
  const counts = Array.from({ length: layoutOf(type, e.syntax).conformance }, (_, i) => `c${i}`);
  const list = (...names: string[]): string => [...names, ...counts].join(", ");
  const variable = layoutOf(type, e.syntax).size === undefined;
  if (e.direction === "encode") {
    const measure = variable ? `measure(w, v, f, s) {\n${measureBody(e, type)}\n},\n` : "";
    const body = isNode(e, type) ? writeNode(e, type) : writeBody(e, type, counts);
    return `{\n${measure}write(${list("w", "v", "f", "s")}) {\n${body}\n} }`;
  }
  const skip = variable ? `skip(${list("r", "f", "s")}) {\n${skipBody(e, type, counts)}\n},\n` : "";
  if (isNode(e, type)) return `{ read(r, f, s, id) {\n${readNode(e, type)}\n} }`;
  return `{\n${skip}read(${list("r", "f", "s")}) {\n${readBody(e, type, counts)}\n} }`;
}

function measureBody(e: Emitter, type: StructType): string {
  const scope = structScope(type, (name) => property("v", name));
  for (const { field, layout } of slotsOf(type, e.syntax)) {
    e.align("f", "measure", layout.align);
    if (layout.size !== undefined) {
      e.line(`f += ${layout.size};`);
      continue;
    }
    const site = memberSite(type, field, scope, [], []);
    e.kindOf(field.type).measure(e, field.type, property("v", field.name), "f", site);
  }
  endPadding(e, type, "measure");
  e.line("return f;");
  return e.take();
}

/** The padding behind a structure of variable size. */
function endPadding(e: Emitter, type: StructType, doing: "measure" | "write" | "read"): void {
  if (e.syntax.paddedStructures) e.align("f", doing, layoutOf(type, e.syntax).align);
}

function writeBody(e: Emitter, type: StructType, counts: readonly string[]): string {
  const moving = layoutOf(type, e.syntax).size === undefined;
  const scope = structScope(type, (name) => property("v", name));
  const checks: (() => void)[] = [];
  e.stale = false;
  e.line("let d = w.view;");
  // Only types that can contain themselves can nest without end.
  if (isRecursive(type)) e.line(`s.enter(${JSON.stringify(type.name)});`);
  for (const slot of ordered(e, type)) writeMember(e, type, slot, scope, counts, checks);
  for (const check of checks) check();
  if (moving) endPadding(e, type, "write");
  else zeroTail(e, type);
  if (isRecursive(type)) e.line("s.depth--;");
  if (moving) e.line("return f;");
  return e.take();
}

function skipBody(e: Emitter, type: StructType, counts: readonly string[]): string {
  const scope = structScope(type, () => undefined);
  e.line("const d = r.view;");
  for (const slot of slotsOf(type, e.syntax)) {
    if (!alignsItself(slot.field.type, slot.layout)) e.align("f", "read", slot.layout.align);
    if (slot.layout.size !== undefined) {
      e.line(`f += ${slot.layout.size};`);
      continue;
    }
    e.line(`${e.run("within")}(r, f);`);
    const site = memberSite(type, slot.field, scope, countsOf(slot, counts), []);
    e.kindOf(slot.field.type).skip(e, slot.field.type, "f", site);
  }
  endPadding(e, type, "read");
  e.line(`${e.run("within")}(r, f);`);
  e.line("return f;");
  return e.take();
}

function readBody(e: Emitter, type: StructType, counts: readonly string[]): string {
  const values = new Map<string, string>();
  const scope = structScope(type, (name) => values.get(name));
  const checks: (() => void)[] = [];
  e.line("const d = r.view;");
  if (isRecursive(type)) e.line(`s.enter(${JSON.stringify(type.name)});`);
  for (const slot of ordered(e, type)) {
    values.set(slot.field.name, readMember(e, type, slot, scope, counts, checks));
  }
  for (const check of checks) check();
  if (isRecursive(type)) e.line("s.depth--;");
  if (layoutOf(type, e.syntax).size === undefined) {
    endPadding(e, type, "read");
    e.line("s.end = f;");
  }
  const members = type.fields().map((field) => `${key(field.name)}: ${values.get(field.name)}`);
  e.line(`return { ${members.join(", ")} };`);
  return e.take();
}
