import type { PointerType, StructType } from "../types.ts";
import { readCount, writeCount } from "./counts.ts";
import { type Emitter, key, property } from "./emitter.ts";
import { at } from "./kind.ts";
import { layoutOf, type Slot } from "./layout.ts";
import { ordered, readMember, structScope, writeMember, zeroTail } from "./members.ts";
import { isRecursive } from "./recursive.ts";

/*
 * Structures that can contain themselves: lists, trees, graphs. The object is made before its pointees are read, so that full pointers
 * may lead back to it. The last pointer to the structure's own type is followed in a loop and not by a call: a list may be as long
 * as the message, and what stands behind that pointer in each node follows in reverse order, as the specification has it.
 */

/** True for structures that are compiled this way. */
export function isNode(e: Emitter, type: StructType): boolean {
  return layoutOf(type, e.syntax).size !== undefined && isRecursive(type);
}

interface Parts {
  readonly plain: readonly Slot[];
  /** Pointers before the one that is followed in the loop. */
  readonly before: readonly Slot[];
  readonly next: (Slot & { readonly pointer: PointerType }) | undefined;
  readonly after: readonly Slot[];
}

function partsOf(e: Emitter, type: StructType): Parts {
  const slots = ordered(e, type);
  const plain = slots.filter((slot) => !slot.layout.deferred);
  const deferred = slots.filter((slot) => slot.layout.deferred);
  const at = deferred.findLastIndex(
    ({ field }) => field.type.kind === "pointer" && field.type.pointer !== "ref" && field.type.to === type,
  );
  const slot = deferred[at];
  const next = slot?.field.type.kind === "pointer" ? { ...slot, pointer: slot.field.type } : undefined;
  return {
    plain,
    before: next ? deferred.slice(0, at) : deferred,
    next,
    after: next ? deferred.slice(at + 1) : [],
  };
}

const own = (e: Emitter, type: StructType): { readonly align: number; readonly size: number } => {
  const { align, size } = layoutOf(type, e.syntax);
  return { align, size: size ?? 0 };
};

export function writeNode(e: Emitter, type: StructType): string {
  const { plain, before, next, after } = partsOf(e, type);
  const scope = structScope(type, (name) => property("v", name));
  const write = (slots: readonly Slot[]): void => {
    const checks: (() => void)[] = [];
    for (const slot of slots) writeMember(e, type, slot, scope, [], checks);
    for (const check of checks) check();
  };
  e.line("let d = w.view;");
  e.line(`s.enter(${JSON.stringify(type.name)});`);
  if (next === undefined) {
    write([...plain, ...before]);
    zeroTail(e, type);
    e.line("s.depth--;");
    return e.take();
  }
  if (after.length > 0) e.line("const chain = [];");
  e.loop("for (;;)", () => {
    write(plain);
    zeroTail(e, type);
    write(before);
    writeNext(e, type, next, after.length > 0);
  });
  if (after.length > 0) {
    e.loop("for (;;)", () => {
      write(after);
      e.line("if (chain.length === 0) break;");
      e.line("f = chain.pop();");
      e.line("v = chain.pop();");
    });
  }
  e.line("s.depth--;");
  return e.take();
}

/** Emits the step from a node to the next, or out of the loop. */
function writeNext(e: Emitter, type: StructType, next: NonNullable<Parts["next"]>, kept: boolean): void {
  const { align, size } = own(e, type);
  const place = at({ base: "f", offset: next.offset ?? 0 });
  e.line(`const next = ${property("v", next.field.name)};`);
  e.block("if (next === null || next === undefined)", () => {
    writeCount(e, place, "0");
    e.line("break;");
  });
  if (next.pointer.pointer === "full") {
    e.line("const known = s.known(next);");
    e.block("if (known !== 0)", () => {
      writeCount(e, place, "known");
      e.line("break;");
    });
    writeCount(e, place, "s.show(next)");
  } else {
    writeCount(e, place, "s.ref");
    e.line("s.ref += 4;");
  }
  e.line(
    `if (w.pos - w.origin > s.context.limits.maxMessageBytes) ${e.run("refuse")}.tooLong(${JSON.stringify(`${type.name}.${next.field.name}`)}, s.context.limits.maxMessageBytes);`,
  );
  if (kept) e.line("chain.push(v, f);");
  e.line("v = next;");
  e.line(`f = ${e.run("claim")}(w, ${align}, ${size});`);
}

export function readNode(e: Emitter, type: StructType): string {
  const { plain, before, next, after } = partsOf(e, type);
  e.line("const d = r.view;");
  e.line(`s.enter(${JSON.stringify(type.name)});`);
  if (next === undefined) {
    readShell(e, type, plain);
    readInto(e, type, before, plain);
    e.line("s.depth--;");
    e.line("return o;");
    return e.take();
  }
  e.line("let head, last;");
  if (after.length > 0) e.line("const chain = [];");
  e.loop("for (;;)", () => {
    readShell(e, type, plain);
    e.line(`if (head === undefined) head = o; else ${property("last", next.field.name)} = o;`);
    e.line("last = o;");
    readInto(e, type, before, plain);
    readNext(e, type, next, after.length > 0);
  });
  if (after.length > 0) {
    e.loop("for (let o = last; ; )", () => {
      readInto(e, type, after, [...plain, ...before]);
      e.line("if (chain.length === 0) break;");
      e.line("f = chain.pop();");
      e.line("o = chain.pop();");
    });
  }
  e.line("s.depth--;");
  e.line("return head;");
  return e.take();
}

/** Emits the object with its plain members; pointers are null as yet. */
function readShell(e: Emitter, type: StructType, plain: readonly Slot[]): void {
  const values = new Map<string, string>();
  const checks: (() => void)[] = [];
  const scope = structScope(type, (name) => values.get(name));
  for (const slot of plain) values.set(slot.field.name, readMember(e, type, slot, scope, [], checks));
  for (const check of checks) check();
  const members = type.fields().map((field) => `${key(field.name)}: ${values.get(field.name) ?? "null"}`);
  e.line(`const o = { ${members.join(", ")} };`);
  e.line("if (id !== undefined) s.ready(id, o);");
}

function readInto(e: Emitter, type: StructType, slots: readonly Slot[], known: readonly Slot[]): void {
  const names = new Set(known.map((slot) => slot.field.name));
  const checks: (() => void)[] = [];
  const scope = structScope(type, (name) => (names.has(name) ? property("o", name) : undefined));
  for (const slot of slots) {
    e.line(`${property("o", slot.field.name)} = ${readMember(e, type, slot, scope, [], checks)};`);
    names.add(slot.field.name);
  }
  for (const check of checks) check();
}

function readNext(e: Emitter, type: StructType, next: NonNullable<Parts["next"]>, kept: boolean): void {
  const { align, size } = own(e, type);
  const where = JSON.stringify(`${type.name}.${next.field.name}`);
  e.line(`const next = ${readCount(e, at({ base: "f", offset: next.offset ?? 0 }))};`);
  e.line("if (next === 0) break;");
  if (next.pointer.pointer === "full") {
    const target = e.constant(type, "target");
    e.block(`if (s.has(next))`, () => {
      e.line(`${property("o", next.field.name)} = s.get(next, ${target}, ${where});`);
      e.line("break;");
    });
    e.line(`s.begin(next, ${target});`);
    e.line("id = next;");
  } else e.line("id = undefined;");
  if (kept) e.line("chain.push(o, f);");
  e.line(`f = ${e.run("take")}(r, ${align}, ${size});`);
}
