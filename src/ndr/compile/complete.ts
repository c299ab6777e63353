import type { NdrType, PointerType } from "../types.ts";
import { alignsItself, arrayConformance } from "./array.ts";
import { readCount, writeCount } from "./counts.ts";
import { Emitter, property } from "./emitter.ts";
import { type Site, emptyScope } from "./kind.ts";
import { layoutOf } from "./layout.ts";
import { stringConformance } from "./string.ts";
import { structScope } from "./members.ts";
import { fromWire, isOtherOrder, writeUser } from "./user.ts";

/*
 * A whole item at the end of the message so far: the max_counts that were moved to the front, the flat part, the pointees. Parameters and
 * referents are whole items; members, elements and arms are not.
 */

/** Emits the writing of a whole item. A ref pointer here has no representation of its own ([C706] 14.3.12.1). */
export function writeWhole(e: Emitter, type: NdrType, value: string, site: Site): void {
  if (type.kind === "pointer" && type.pointer === "ref") {
    const x = e.bind(value, "target");
    expectTarget(e, type, x, site);
    writeWhole(e, type.to, x, site);
    return;
  }
  if (type.kind === "user") {
    const start = `${e.run("alignUp")}(w.origin, w.pos, ${firstAlign(e, type)})`;
    writeUser(e, type, value, site, start, (wire, code, inner) => writeWhole(e, wire, code, inner));
    return;
  }
  if (isPlainWide(e, type)) {
    e.line(`${e.run("sendWide")}(w, ${value}, ${JSON.stringify(site.where)});`);
    e.stale = true;
    return;
  }
  const layout = layoutOf(type, e.syntax);
  const f = e.name("f");
  if (layout.size !== undefined) {
    if (layout.size === 0) return;
    e.line(`const ${f} = ${e.run("claim")}(w, ${layout.align}, ${layout.size});`);
    e.stale = true;
    e.kindOf(type).write(e, type, value, { base: f, offset: 0 }, site);
    return;
  }
  const x = e.bind(value, "value");
  const counts = conformanceOf(e, type, x, site);
  const { count } = e.syntax;
  if (counts.length > 0) {
    const c = e.bind(`${e.run("claim")}(w, ${count}, ${count * counts.length})`, "c");
    e.stale = true;
    counts.forEach((max, i) => writeCount(e, i === 0 ? c : `${c} + ${i * count}`, max));
  }
  const inner = { ...site, counts };
  const m = e.name("m");
  e.line(`let ${f} = ${e.run("claim")}(w, ${layout.align}, 0), ${m} = ${f};`);
  e.kindOf(type).measure(e, type, x, m, inner);
  e.line(`${e.run("claimTo")}(w, ${m});`);
  e.stale = true;
  e.kindOf(type).write(e, type, x, { base: f, offset: 0 }, inner);
}

/** What a ref pointer points to must be there; a null is its target's when that is a pointer that may be null. */
export function expectTarget(e: Emitter, type: PointerType, value: string, site: Site): void {
  // A user type converts its own null (a BSTR has one).
  if (isNullable(type.to) || type.to.kind === "user") return;
  e.line(
    `if (${value} === null || ${value} === undefined) ${e.run("refuse")}.nullRef(${JSON.stringify(site.where)});`,
  );
}

/** True when the JavaScript value of a type can be null, so that a nullable pointer to it needs `{ to }`. */
export function isNullable(type: NdrType): boolean {
  if (type.kind === "interface") return true;
  return type.kind === "pointer" && (type.pointer !== "ref" || isNullable(type.to));
}

/** The commonest referent of all has a function of its own. */
function isPlainWide(e: Emitter, type: NdrType): boolean {
  return (
    type.kind === "string" &&
    type.char === "wchar" &&
    type.fixed === undefined &&
    type.size === undefined &&
    e.syntax.count === 4
  );
}

/** Alignment of the first byte of a whole item. */
export function firstAlign(e: Emitter, type: NdrType): number {
  const layout = layoutOf(type, e.syntax);
  return layout.conformance > 0 ? e.syntax.count : layout.align;
}

/** Emits the reading of a whole item; answers the code of its value. */
export function readWhole(e: Emitter, type: NdrType, site: Site): string {
  if (type.kind === "pointer" && type.pointer === "ref") return readWhole(e, type.to, site);
  if (type.kind === "user") {
    const inner = { ...site, user: true, id: undefined };
    const wire = type.wire();
    const code = isOtherOrder(e, type) ? readLittle(e, wire, inner) : readWhole(e, wire, inner);
    return fromWire(e, type, code);
  }
  if (isPlainWide(e, type)) {
    return e.bind(`${e.run("receiveWide")}(r, ${e.little}, s, ${JSON.stringify(site.where)})`, "text");
  }
  const layout = layoutOf(type, e.syntax);
  const f = e.name("f");
  if (layout.size !== undefined) {
    if (layout.size === 0) return e.kindOf(type).read(e, type, { base: "0", offset: 0 }, site);
    e.line(`const ${f} = ${e.run("take")}(r, ${layout.align}, ${layout.size});`);
    return e.kindOf(type).read(e, type, { base: f, offset: 0 }, site);
  }
  const { count } = e.syntax;
  const counts: string[] = [];
  if (layout.conformance > 0) {
    const c = e.bind(`${e.run("take")}(r, ${count}, ${count * layout.conformance})`, "c");
    for (let i = 0; i < layout.conformance; i++) {
      counts.push(e.bind(readCount(e, i === 0 ? c : `${c} + ${i * count}`), "max"));
    }
  }
  const inner = { ...site, counts };
  const m = e.name("m");
  const start = alignsItself(type, layout) ? 1 : layout.align;
  e.line(`let ${f} = ${e.run("take")}(r, ${start}, 0), ${m} = ${f};`);
  e.kindOf(type).skip(e, type, m, inner);
  e.line(`${e.run("takeTo")}(r, ${m});`);
  return e.kindOf(type).read(e, type, { base: f, offset: 0 }, inner);
}

/** Emits the reading of a whole item that is little-endian within a big-endian message. */
export function readLittle(e: Emitter, type: NdrType, site: Site): string {
  const inner = new Emitter(e.syntax, "decode", e.link, e.kindOf);
  // A function of its own: it sees nothing of what surrounds the item.
  const own: Site = {
    scope: emptyScope,
    where: site.where,
    counts: [],
    checks: [],
    user: site.user === true,
  };
  inner.line("const d = r.view;");
  const x = inner.bind(readWhole(inner, type, own), "value");
  inner.line(`return ${x};`);
  const read = inner.compile(`return function (r, s) {\n${inner.take()}\n};`, `${site.where}.decode`);
  return e.bind(`${e.constant(read, "little")}(r, s)`, "value");
}

/** Emits the max_counts of a value of variable size, which may lie in its last member's last member. */
function conformanceOf(e: Emitter, type: NdrType, value: string, site: Site): string[] {
  if (layoutOf(type, e.syntax).conformance === 0) return [];
  switch (type.kind) {
    case "array":
      return arrayConformance(e, type, value, site);
    case "string":
      return [e.bind(stringConformance(e, type, value, site), "max")];
    case "struct": {
      const last = type.fields().at(-1);
      if (last === undefined) return [];
      const where = `${type.name}.${last.name}`;
      return conformanceOf(e, last.type, property(value, last.name), {
        ...site,
        where,
        scope: structScope(type, (name) => property(value, name)),
      });
    }
    default:
      return [];
  }
}
