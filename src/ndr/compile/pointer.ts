import { ComError, HResult } from "../../base/index.ts";
import type { InterfacePointerType, PointerType } from "../types.ts";
import { writeCount, readCount } from "./counts.ts";
import { expectTarget, firstAlign, isNullable, readLittle, readWhole, writeWhole } from "./complete.ts";
import type { Emitter } from "./emitter.ts";
import { at, type Kind, type Place, type Site } from "./kind.ts";
import { numberCode } from "./expression.ts";

/*
 * Pointers ([C706] 14.3.10 to 14.3.12). The flat part is the referent id. The referent is written at the end of the message at once:
 * the whole flat part around the pointer has been reserved before, so the order is that of the specification.
 */

const never = (): never => {
  throw new ComError(HResult.E_UNEXPECTED, "a pointer has a fixed size");
};

/** What Windows writes as the referent id of a user-marshaled pointer: "User". */
const userReferent = 0x72657355;

/** Referent ids have the width of counts in both syntaxes. */
function writeId(e: Emitter, place: Place, id: string): void {
  writeCount(e, at(place), id);
}

const inside = (site: Site): Site => ({
  ...site,
  user: false,
  little: false,
  start: undefined,
  id: undefined,
});

export const pointerKind: Kind<PointerType> = {
  measure: never,
  skip: never,
  write(e, type, value, place, site) {
    const x = e.bind(value, "pointer");
    if (type.pointer === "ref") {
      expectTarget(e, type, x, site);
      writeNewId(e, place, site);
      writeWhole(e, type.to, x, inside(site));
      return;
    }
    const boxed = isNullable(type.to);
    e.block(`if (${x} === null || ${x} === undefined)`, () => {
      writeId(e, place, "0");
    });
    e.block("else", () => {
      const target = boxed ? `${x}.to` : x;
      if (type.pointer === "full") {
        writeFull(e, type, x, target, place, site);
        return;
      }
      writeNewId(e, place, site);
      if (site.start !== undefined) {
        e.line(`${site.start} = ${e.run("alignUp")}(w.origin, w.pos, ${firstAlign(e, type.to)});`);
      }
      writeWhole(e, type.to, target, inside(site));
    });
  },
  read(e, type, place, site) {
    const readTarget = site.little === true ? readLittle : readWhole;
    if (type.pointer === "ref") return readTarget(e, type.to, inside(site));
    const x = e.name("pointer");
    const id = e.bind(readCount(e, at(place)), "id");
    e.line(`let ${x} = null;`);
    const boxed = isNullable(type.to);
    e.block(`if (${id} !== 0)`, () => {
      if (type.pointer === "full") {
        readFull(e, type, x, id, boxed, site);
        return;
      }
      const value = readTarget(e, type.to, inside(site));
      e.line(`${x} = ${boxed ? `{ to: ${value} }` : value};`);
    });
    return x;
  },
};

function writeNewId(e: Emitter, place: Place, site: Site): void {
  if (site.user === true) {
    writeId(e, place, `${userReferent}`);
    return;
  }
  writeId(e, place, "s.ref");
  e.line("s.ref += 4;");
}

/** The same object gets the same id, and its referent stands where it was shown first. */
function writeFull(
  e: Emitter,
  type: PointerType,
  identity: string,
  target: string,
  place: Place,
  site: Site,
): void {
  const id = e.name("id");
  e.line(`let ${id} = s.known(${identity});`);
  e.block(`if (${id} !== 0)`, () => writeId(e, place, id));
  e.block("else", () => {
    e.line(`${id} = s.show(${identity});`);
    writeId(e, place, id);
    writeWhole(e, type.to, target, inside(site));
  });
}

function readFull(e: Emitter, type: PointerType, x: string, id: string, boxed: boolean, site: Site): void {
  const to = e.constant(type.to, "target");
  const where = JSON.stringify(site.where);
  e.block(`if (s.has(${id}))`, () => {
    e.line(`${x} = s.get(${id}, ${to}, ${where});`);
  });
  e.block("else", () => {
    e.line(`s.begin(${id}, ${to});`);
    const value = readWhole(e, type.to, { ...inside(site), id });
    e.line(`${x} = ${boxed ? `{ to: ${value} }` : value};`);
    e.line(`s.ready(${id}, ${x});`);
  });
}

/** Interface pointers: a unique pointer to MInterfacePointer ([MS-DCOM] 2.2.14). */
export const interfaceKind: Kind<InterfacePointerType> = {
  measure: never,
  skip: never,
  write(e, type, value, place, site) {
    const x = e.bind(value, "pointer");
    e.block(`if (${x} === null || ${x} === undefined)`, () => writeId(e, place, "0"));
    e.block("else", () => {
      writeNewId(e, place, site);
      e.line(
        `${e.run("putInterface")}(w, ${x}, ${iidCode(type, site)}, ${e.syntax.count}, s, ${JSON.stringify(site.where)});`,
      );
      e.stale = true;
    });
  },
  read(e, type, place, site) {
    const id = readCount(e, at(place));
    const get = `${e.run("getInterface")}(r, ${iidCode(type, site)}, ${e.syntax.count}, ${e.little}, s, ${JSON.stringify(site.where)})`;
    return e.bind(`${id} === 0 ? null : ${get}`, "pointer");
  },
};

function iidCode(type: InterfacePointerType, site: Site): string {
  if (type.iid !== undefined) return JSON.stringify(type.iid.toLowerCase());
  if (type.iidIs === undefined) return "undefined";
  const code =
    typeof type.iidIs === "string" ? site.scope.value(type.iidIs) : numberCode(type.iidIs, site.scope);
  return code ?? "undefined";
}
