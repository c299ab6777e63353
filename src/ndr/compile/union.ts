import type { Arm, UnionType } from "../types.ts";
import { type Emitter, key, property } from "./emitter.ts";
import { numberCode } from "./expression.ts";
import { at, emptyScope, type Kind, type Place, type Site } from "./kind.ts";
import { armAlign, layoutOf } from "./layout.ts";
import { isRecursive } from "./recursive.ts";

/*
 * Unions ([C706] 14.3.8): the discriminant, always on the wire, then the arm. A value is { tag, [name of the arm]: value }.
 */

export const unionKind: Kind<UnionType> = {
  measure(e, type, value, cursor, site) {
    e.line(`${cursor} = ${e.unit(type)}.measure(w, ${value}, ${cursor}, s${tagArgument(site)});`);
  },
  write(e, type, value, place, site) {
    const call = `${e.unit(type)}.write(w, ${value}, ${at(place)}, s${tagArgument(site)})`;
    e.line(layoutOf(type, e.syntax).size === undefined ? `${place.base} = ${call};` : `${call};`);
    e.stale = true;
  },
  skip(e, type, cursor) {
    e.line(`${cursor} = ${e.unit(type)}.skip(r, ${cursor}, s);`);
  },
  read(e, type, place, site) {
    const x = e.bind(`${e.unit(type)}.read(r, ${at(place)}, s)`, type.name);
    if (layoutOf(type, e.syntax).size === undefined) e.line(`${place.base} = s.end;`);
    expectTag(e, x, site);
    return x;
  },
};

function tagArgument(site: Site): string {
  const code = site.switchIs === undefined ? undefined : numberCode(site.switchIs, site.scope);
  return code === undefined ? "" : `, ${code}`;
}

/** The discriminant inside the union and the switch_is beside it must say the same. */
function expectTag(e: Emitter, value: string, site: Site): void {
  const { switchIs } = site;
  if (switchIs === undefined) return;
  const kept = e.hoist("tag");
  e.line(`${kept} = ${value}.tag;`);
  site.checks.push(() => {
    const wanted = numberCode(switchIs, site.scope);
    if (wanted === undefined) return;
    e.line(
      `if (${kept} !== undefined && ${kept} !== ${wanted}) ${e.run("refuse")}.otherTag(${JSON.stringify(site.where)}, ${kept}, ${wanted});`,
    );
  });
}

/** Emits all functions of a union as an object literal. */
export function unionUnit(e: Emitter, type: UnionType): string {
  const variable = layoutOf(type, e.syntax).size === undefined;
  if (e.direction === "encode") {
    const measure = variable ? `measure(w, v, f, s, tag) {\n${measureBody(e, type)}\n},\n` : "";
    return `{\n${measure}write(w, v, f, s, tag) {\n${writeBody(e, type)}\n} }`;
  }
  const skip = variable ? `skip(r, f, s) {\n${skipBody(e, type)}\n},\n` : "";
  return `{\n${skip}read(r, f, s) {\n${readBody(e, type)}\n} }`;
}

const armSite = (type: UnionType, arm: Arm): Site => ({
  scope: emptyScope,
  where: `${type.name}.${arm.name}`,
  counts: [],
  checks: [],
});

/** Emits a switch over the tag with a body for each arm. */
function eachArm(e: Emitter, type: UnionType, body: (arm: Arm) => void): void {
  const arms = type.arms();
  const before = e.stale;
  let after = before;
  e.block("switch (tag)", () => {
    for (const arm of [
      ...arms.filter((one) => one.cases.length > 0),
      ...arms.filter((one) => one.cases.length === 0),
    ]) {
      const labels =
        arm.cases.length === 0 ? "default:" : arm.cases.map((label) => `case ${label}:`).join(" ");
      e.stale = before;
      e.block(labels, () => {
        body(arm);
        e.line("break;");
      });
      after ||= e.stale;
    }
    if (arms.every((arm) => arm.cases.length > 0)) {
      e.line(`default: ${e.run("refuse")}.tag(${JSON.stringify(type.name)}, tag);`);
    }
  });
  e.stale = after;
}

/** NDR64 aligns behind the discriminant for the widest arm, an empty arm too. */
function alignArm(e: Emitter, type: UnionType, arm: Arm, doing: "measure" | "write" | "read"): void {
  e.align("f", doing, armAlign(type, arm, e.syntax));
}

function resolveTag(e: Emitter, type: UnionType): void {
  e.line("if (tag === undefined) tag = Number(v.tag);");
  e.line(
    `else if (v.tag !== undefined && Number(v.tag) !== tag) ${e.run("refuse")}.otherTag(${JSON.stringify(type.name)}, v.tag, tag);`,
  );
}

const tagSize = (e: Emitter, type: UnionType): number => layoutOf(type.discriminant, e.syntax).size ?? 0;

function measureBody(e: Emitter, type: UnionType): string {
  resolveTag(e, type);
  e.line(`f += ${tagSize(e, type)};`);
  eachArm(e, type, (arm) => {
    alignArm(e, type, arm, "measure");
    if (arm.type === null) return;
    const { size } = layoutOf(arm.type, e.syntax);
    if (size !== undefined) e.line(`f += ${size};`);
    else e.kindOf(arm.type).measure(e, arm.type, property("v", arm.name), "f", armSite(type, arm));
  });
  e.line("return f;");
  return e.take();
}

function writeBody(e: Emitter, type: UnionType): string {
  e.stale = false;
  e.line("let d = w.view;");
  resolveTag(e, type);
  if (isRecursive(type)) e.line(`s.enter(${JSON.stringify(type.name)});`);
  const site: Site = { scope: emptyScope, where: `${type.name}.tag`, counts: [], checks: [] };
  e.kindOf(type.discriminant).write(e, type.discriminant, "tag", { base: "f", offset: 0 }, site);
  e.line(`f += ${tagSize(e, type)};`);
  eachArm(e, type, (arm) => {
    alignArm(e, type, arm, "write");
    if (arm.type === null) return;
    e.kindOf(arm.type).write(
      e,
      arm.type,
      property("v", arm.name),
      { base: "f", offset: 0 },
      armSite(type, arm),
    );
    const { size } = layoutOf(arm.type, e.syntax);
    if (size !== undefined) e.line(`f += ${size};`);
  });
  if (isRecursive(type)) e.line("s.depth--;");
  e.line("return f;");
  return e.take();
}

function readTag(e: Emitter, type: UnionType, place: Place): void {
  const site: Site = { scope: emptyScope, where: `${type.name}.tag`, counts: [], checks: [] };
  const code = e.kindOf(type.discriminant).read(e, type.discriminant, place, site);
  const boolean = type.discriminant.kind === "base" && /boolean|Bool/.test(type.discriminant.name);
  e.line(`const tag = ${boolean ? `Number(${code})` : code};`);
  e.line(`f += ${tagSize(e, type)};`);
}

function skipBody(e: Emitter, type: UnionType): string {
  e.line("const d = r.view;");
  e.line(`${e.run("within")}(r, f + ${tagSize(e, type)});`);
  readTag(e, type, { base: "f", offset: 0 });
  eachArm(e, type, (arm) => {
    alignArm(e, type, arm, "read");
    if (arm.type === null) return;
    const { size } = layoutOf(arm.type, e.syntax);
    if (size !== undefined) e.line(`f += ${size};`);
    else {
      e.line(`${e.run("within")}(r, f);`);
      e.kindOf(arm.type).skip(e, arm.type, "f", armSite(type, arm));
    }
  });
  e.line(`${e.run("within")}(r, f);`);
  e.line("return f;");
  return e.take();
}

function readBody(e: Emitter, type: UnionType): string {
  e.line("const d = r.view;");
  e.line("let u;");
  if (isRecursive(type)) e.line(`s.enter(${JSON.stringify(type.name)});`);
  readTag(e, type, { base: "f", offset: 0 });
  eachArm(e, type, (arm) => {
    alignArm(e, type, arm, "read");
    if (arm.type === null) {
      e.line("u = { tag };");
      return;
    }
    const value = e.kindOf(arm.type).read(e, arm.type, { base: "f", offset: 0 }, armSite(type, arm));
    const x = e.bind(value, arm.name);
    const { size } = layoutOf(arm.type, e.syntax);
    if (size !== undefined) e.line(`f += ${size};`);
    e.line(`u = { tag, ${key(arm.name)}: ${x} };`);
  });
  if (isRecursive(type)) e.line("s.depth--;");
  e.line("s.end = f;");
  e.line("return u;");
  return e.take();
}
