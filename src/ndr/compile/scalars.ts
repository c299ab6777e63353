import { ComError, GUID_NULL, HResult } from "../../base/index.ts";
import type { BaseName, BaseType, ContextHandle, ContextHandleType, EnumType } from "../types.ts";
import type { Emitter } from "./emitter.ts";
import { at, type Kind, type Place, type Site } from "./kind.ts";

const never = (): never => {
  throw new ComError(HResult.E_UNEXPECTED, "a scalar has a fixed size");
};

const quote = (site: Site): string => JSON.stringify(site.where);

interface Scalar {
  /** DataView function without get and set. */
  readonly access: string;
  /** Code that is true for values that do not fit. */
  readonly wrong: (x: string) => string;
}

// An unsigned 32-bit place takes negative numbers too: HRESULTs are written both ways.
const word = (x: string): string => `(${x} | 0) !== ${x} && (${x} >>> 0) !== ${x}`;

const scalars: Readonly<Partial<Record<BaseName, Scalar>>> = {
  i8: { access: "Int8", wrong: (x) => `(${x} << 24 >> 24) !== ${x}` },
  u8: { access: "Uint8", wrong: (x) => `(${x} & 0xff) !== ${x}` },
  char: { access: "Uint8", wrong: (x) => `(${x} & 0xff) !== ${x}` },
  i16: { access: "Int16", wrong: (x) => `(${x} << 16 >> 16) !== ${x}` },
  u16: { access: "Uint16", wrong: (x) => `(${x} & 0xffff) !== ${x}` },
  wchar: { access: "Uint16", wrong: (x) => `(${x} & 0xffff) !== ${x}` },
  i32: { access: "Int32", wrong: (x) => `(${x} | 0) !== ${x}` },
  u32: { access: "Uint32", wrong: word },
  hresult: { access: "Uint32", wrong: word },
  f32: { access: "Float32", wrong: (x) => `typeof ${x} !== "number"` },
  f64: { access: "Float64", wrong: (x) => `typeof ${x} !== "number"` },
};

/** Base types. */
export const baseKind: Kind<BaseType> = {
  measure: never,
  skip: never,
  write(e, type, value, place, site) {
    if (type.name === "void") return;
    const x = e.bind(value, type.name);
    e.freshView();
    const where = at(place);
    const scalar = scalars[type.name];
    if (scalar !== undefined) {
      e.line(`if (${scalar.wrong(x)}) ${e.run("refuse")}.value(${quote(site)}, "${type.name}", ${x});`);
      e.line(`d.set${scalar.access}(${where}, ${x}, true);`);
      return;
    }
    switch (type.name) {
      case "boolean":
        e.line(`d.setUint8(${where}, ${x} ? 1 : 0);`);
        return;
      case "variantBool":
        e.line(`d.setUint16(${where}, ${x} ? 0xffff : 0, true);`);
        return;
      case "guid":
        e.line(`${e.run("putGuid")}(w, ${where}, ${x}, ${quote(site)});`);
        return;
      case "int3264":
      case "uint3264":
        writePointerSized(e, type.name, x, where, site);
        return;
      case "i64":
        e.line(`d.setBigInt64(${where}, ${e.run("toI64")}(${x}, ${quote(site)}), true);`);
        return;
      default:
        e.line(`d.setBigUint64(${where}, ${e.run("toU64")}(${x}, ${quote(site)}), true);`);
    }
  },
  read(e, type, place) {
    const where = at(place);
    const scalar = scalars[type.name];
    if (scalar !== undefined) return `d.get${scalar.access}(${where}, ${e.little})`;
    switch (type.name) {
      case "void":
        return "undefined";
      case "boolean":
        return `d.getUint8(${where}) !== 0`;
      case "variantBool":
        return `d.getUint16(${where}, ${e.little}) !== 0`;
      case "guid":
        return `${e.run("guidFromBytes")}(r.bytes, ${where}, ${e.little})`;
      case "int3264":
        return e.syntax.int3264 === 4
          ? `d.getInt32(${where}, ${e.little})`
          : `${e.run("toSafe")}(d.getBigInt64(${where}, ${e.little}))`;
      case "uint3264":
        return e.syntax.int3264 === 4
          ? `d.getUint32(${where}, ${e.little})`
          : `${e.run("toSafe")}(d.getBigUint64(${where}, ${e.little}))`;
      case "i64":
        return `d.getBigInt64(${where}, ${e.little})`;
      default:
        return `d.getBigUint64(${where}, ${e.little})`;
    }
  },
};

/** `__int3264`: a number or a bigint; on the NDR 2.0 wire its low 32 bits, which must be all of it. */
function writePointerSized(
  e: Emitter,
  name: "int3264" | "uint3264",
  value: string,
  where: string,
  site: Site,
): void {
  if (e.syntax.int3264 === 8) {
    const [set, to] =
      name === "int3264" ? (["BigInt64", "toI64"] as const) : (["BigUint64", "toU64"] as const);
    e.line(`d.set${set}(${where}, ${e.run(to)}(${value}, ${quote(site)}), true);`);
    return;
  }
  const x = e.bind(`typeof ${value} === "bigint" ? Number(${value}) : ${value}`, name);
  e.line(`if (${word(x)}) ${e.run("refuse")}.value(${quote(site)}, "32 bits of ${name}", ${x});`);
  e.line(`d.setInt32(${where}, ${x}, true);`);
}

/** Enumerations: 15 bits of 16 ([C706] 14.2.9; Windows refuses the sixteenth), or 32. Values without a name pass. */
export const enumKind: Kind<EnumType> = {
  measure: never,
  skip: never,
  write(e, type, value, place, site) {
    const x = e.bind(value, type.name);
    const wrong = type.wide ? word(x) : `(${x} & 0x7fff) !== ${x}`;
    e.freshView();
    e.line(`if (${wrong}) ${e.run("refuse")}.enumeration(${quote(site)}, ${x});`);
    e.line(`d.set${bytes(type, e) === 4 ? "Int32" : "Uint16"}(${at(place)}, ${x}, true);`);
  },
  read(e, type, place, site) {
    const unsigned = Object.values(type.values).some((value) => value > 0x7fff_ffff);
    const access = bytes(type, e) === 2 ? "Uint16" : unsigned ? "Uint32" : "Int32";
    const x = e.bind(`d.get${access}(${at(place)}, ${e.little})`, type.name);
    if (!type.wide)
      e.line(`if ((${x} & 0x7fff) !== ${x}) ${e.run("refuse")}.enumeration(${quote(site)}, ${x});`);
    return x;
  },
};

function bytes(type: EnumType, e: Emitter): number {
  return type.wide ? 4 : e.syntax.narrowEnum;
}

const nullHandle: ContextHandle = { attributes: 0, uuid: GUID_NULL };

/** ndr_context_handle ([C706] 14.3.11): attributes and a UUID. Null may stand for a handle of zeros. */
export const contextHandleKind: Kind<ContextHandleType> = {
  measure: never,
  skip: never,
  write(e, _type, value, place, site) {
    const x = e.bind(`${value} ?? ${e.constant(nullHandle, "nullHandle")}`, "handle");
    e.freshView();
    e.line(`d.setUint32(${at(place)}, ${x}.attributes, true);`);
    e.line(`${e.run("putGuid")}(w, ${at(place, 4)}, ${x}.uuid, ${quote(site)});`);
  },
  read(e, _type, place: Place) {
    const uuid = `${e.run("guidFromBytes")}(r.bytes, ${at(place, 4)}, ${e.little})`;
    return `{ attributes: d.getUint32(${at(place)}, ${e.little}), uuid: ${uuid} }`;
  },
};
