import { ComError, HResult } from "../../base/index.ts";
import type { NdrType, StructType, UnionType } from "../types.ts";
import { readWhole, writeWhole } from "./complete.ts";
import { type CompiledFunction, type Direction, Emitter, type Unit } from "./emitter.ts";
import { emptyScope, type Site } from "./kind.ts";
import { kindOf } from "./kinds.ts";
import { structUnit } from "./struct.ts";
import type { Syntax } from "./syntax.ts";
import { unionUnit } from "./union.ts";

/** Compiles the types of one syntax, each once. */
export class Compiler {
  readonly syntax: Syntax;
  readonly #units: Readonly<Record<Direction, WeakMap<NdrType, Unit>>> = {
    encode: new WeakMap(),
    decode: new WeakMap(),
    decodeBig: new WeakMap(),
  };

  constructor(syntax: Syntax) {
    this.syntax = syntax;
  }

  emitter(direction: Direction): Emitter {
    return new Emitter(this.syntax, direction, this.link, kindOf);
  }

  /** The unit of a structure or union. It is registered before its members are looked at, so that types may be recursive. */
  readonly link = (type: StructType | UnionType, direction: Direction): Unit => {
    const known = this.#units[direction].get(type);
    if (known !== undefined) return known;
    const unit: Unit = { write: unfinished, measure: unfinished, read: unfinished, skip: unfinished };
    this.#units[direction].set(type, unit);
    try {
      const e = this.emitter(direction);
      const source = type.kind === "struct" ? structUnit(e, type) : unionUnit(e, type);
      Object.assign(unit, e.compile(`return ${source};`, `${this.syntax.name}/${type.name}.${direction}`));
    } catch (error) {
      this.#units[direction].delete(type);
      throw error;
    }
    return unit;
  };

  /** `(w, v, s)` writes a whole item. */
  writer(type: NdrType): CompiledFunction {
    const e = this.emitter("encode");
    e.line("let d = w.view;");
    writeWhole(e, type, "v", siteOf(type));
    return e.compile(
      `return function (w, v, s) {\n${e.take()}\n};`,
      `${titleOf(type)}.encode`,
    ) as CompiledFunction;
  }

  /** `(r, s)` reads a whole item. */
  reader(type: NdrType, direction: "decode" | "decodeBig"): CompiledFunction {
    const e = this.emitter(direction);
    e.line("const d = r.view;");
    const site = siteOf(type);
    const x = e.bind(readWhole(e, type, site), "value");
    for (const check of site.checks) check();
    e.line(`return ${x};`);
    return e.compile(
      `return function (r, s) {\n${e.take()}\n};`,
      `${titleOf(type)}.${direction}`,
    ) as CompiledFunction;
  }
}

function unfinished(): never {
  throw new ComError(HResult.E_UNEXPECTED, "the type's compilation has not ended");
}

function siteOf(type: NdrType): Site {
  return { scope: emptyScope, where: titleOf(type), counts: [], checks: [] };
}

/** A type's name for messages. */
export function titleOf(type: NdrType): string {
  return "name" in type && type.name !== undefined ? type.name : type.kind;
}
