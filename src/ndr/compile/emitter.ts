import { ComError, HResult } from "../../base/index.ts";
import type { NdrType, StructType, UnionType } from "../types.ts";
import { type RuntimeName, runtime } from "../run/runtime.ts";
import type { Kind } from "./kind.ts";
import type { Syntax } from "./syntax.ts";

/** What a piece of code is for. The reader of big-endian messages is compiled only when one arrives. */
export type Direction = "encode" | "decode" | "decodeBig";

/** The compiled functions of a structure or union; filled after compilation, so that types may be recursive. */
export interface Unit {
  /** encode: writes the flat part at `f`, the pointees at the end; answers the end of a flat part of variable size. */
  write: CompiledFunction;
  /** encode, variable size: the end of the flat part that starts at `f`. */
  measure: CompiledFunction;
  /** decode: the value whose flat part is at `f`, its pointees at the reader's position; `s.end` is the end of a flat part of variable size. */
  read: CompiledFunction;
  /** decode, variable size: the end of the flat part at `f`, everything within bounds. */
  skip: CompiledFunction;
}

// oxlint-disable-next-line typescript/no-explicit-any -- generated code has no types
export type CompiledFunction = (...args: any[]) => any;

/** Gives the unit of a structure or union, compiling it when it is new. */
export type Linker = (type: StructType | UnionType, direction: Direction) => Unit;

/**
 * Collects the source of one `new Function`. Names in emitted code: `w` writer, `r` reader, `d` its DataView, `s` the state of this
 * message, `v` the value, `f` the place of the flat part.
 */
export class Emitter {
  readonly syntax: Syntax;
  readonly direction: Direction;
  readonly link: Linker;
  /** `true` or `false`, as the DataView functions want it. */
  readonly little: string;
  /** True while `d` may be the view of a buffer that has been outgrown. */
  stale = false;
  readonly #lines: string[] = [];
  readonly #hoisted: string[] = [];
  readonly #constants = new Map<unknown, string>();
  readonly #used = new Set<string>();
  #depth = 1;
  #serial = 0;

  /** The generator of a type's kind. */
  readonly kindOf: (type: NdrType) => Kind<NdrType>;

  constructor(syntax: Syntax, direction: Direction, link: Linker, kindOf: (type: NdrType) => Kind<NdrType>) {
    this.kindOf = kindOf;
    this.syntax = syntax;
    this.direction = direction;
    this.link = link;
    this.little = direction === "decodeBig" ? "false" : "true";
  }

  line(text: string): void {
    this.#lines.push("  ".repeat(this.#depth) + text);
  }

  /** `head { body }`. A view that grew stale on any way through is stale behind it. */
  block(head: string, body: () => void, tail = ""): void {
    const before = this.stale;
    this.line(`${head} {`);
    this.#depth++;
    body();
    this.#depth--;
    this.line(`}${tail}`);
    this.stale ||= before;
  }

  /** A block that runs again and again: its first lines may see what its last lines did. */
  loop(head: string, body: () => void): void {
    this.stale = true;
    this.block(head, body);
    this.stale = true;
  }

  /** Takes the view anew if a call may have moved the buffer. */
  freshView(): void {
    if (this.stale) this.line("d = w.view;");
    this.stale = false;
  }

  /** Aligns a cursor; when writing, the gap is zeroed. */
  align(cursor: string, doing: "measure" | "write" | "read", align: number): void {
    if (align === 1) return;
    const call =
      doing === "write"
        ? `${this.run("pad")}(w, ${cursor}, ${align})`
        : `${this.run("alignUp")}(${doing === "read" ? "r" : "w"}.origin, ${cursor}, ${align})`;
    this.line(`${cursor} = ${call};`);
  }

  /** A new name for a variable. */
  name(hint: string): string {
    return `${identifier(hint)}_${++this.#serial}`;
  }

  /** A variable of the whole function, for what is known in an inner block and wanted at the end. */
  hoist(hint: string): string {
    const name = this.name(hint);
    this.#hoisted.push(name);
    return name;
  }

  /** Puts a value that is used more than once in a constant. */
  bind(value: string, hint: string): string {
    if (/^\w+$/.test(value)) return value;
    const name = this.name(hint);
    this.line(`const ${name} = ${value};`);
    return name;
  }

  /** A value of the compiler's that the code refers to. */
  constant(value: unknown, hint: string): string {
    let name = this.#constants.get(value);
    if (name === undefined) {
      name = `${identifier(hint)}$${this.#constants.size}`;
      this.#constants.set(value, name);
    }
    return name;
  }

  /** The name of a runtime function. */
  run(name: RuntimeName): string {
    this.#used.add(name);
    return name;
  }

  unit(type: StructType | UnionType): string {
    return this.constant(this.link(type, this.direction), type.name);
  }

  /** The lines so far and none left: the body of one function. */
  take(): string {
    const hoisted = this.#hoisted.splice(0).map((name) => `  let ${name};`);
    return [...hoisted, ...this.#lines.splice(0)].join("\n");
  }

  /** Compiles functions; `source` holds them and ends with a `return`. */
  compile(source: string, title: string): unknown {
    const names = [...this.#constants.values()];
    const helpers = [...this.#used].toSorted();
    const text = `"use strict";\nconst { ${helpers.join(", ")} } = runtime;\n${source}\n//# sourceURL=comity-ndr/${title.replaceAll(/[^\w.-]/g, "_")}`;
    let make: CompiledFunction;
    try {
      // oxlint-disable-next-line no-new-func, typescript/no-implied-eval -- the point of this file; all names in the text are quoted or made here
      make = new Function("runtime", ...names, text) as CompiledFunction;
    } catch (error) {
      if (!(error instanceof EvalError)) throw error;
      throw new ComError(
        HResult.E_NOTIMPL,
        "NDR codecs are compiled at run time, which --disallow-code-generation-from-strings forbids in this process",
        { cause: error, where: title },
      );
    }
    return make(runtime, ...this.#constants.keys());
  }
}

function identifier(hint: string): string {
  return hint.replaceAll(/\W/g, "").replace(/^(?=\d)/, "_");
}

/** A property access that is right for any name. */
export function property(object: string, name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `${object}.${name}` : `${object}[${JSON.stringify(name)}]`;
}

/** A key in an object literal; `__proto__` must not set the prototype. */
export function key(name: string): string {
  return /^[A-Za-z_$][\w$]*$/.test(name) && name !== "__proto__" ? name : `[${JSON.stringify(name)}]`;
}
