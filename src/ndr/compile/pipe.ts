import type { ArrayType, NdrType, PipeType } from "../types.ts";
import { type NumberName, arrayTypes } from "../run/numbers.ts";
import { readWhole, writeWhole } from "./complete.ts";
import type { Emitter } from "./emitter.ts";
import type { Site } from "./kind.ts";

/*
 * Pipes ([C706] 14.3.10): parameters whose elements come in chunks, each a count and as many elements, until one is empty. A chunk is laid out as
 * a conformant array is. All elements are in memory at once here: the call is one message in any case.
 */

const chunkTypes = new WeakMap<PipeType, ArrayType>();

function chunkOf(type: PipeType): ArrayType {
  let chunk = chunkTypes.get(type);
  if (chunk === undefined)
    chunkTypes.set(type, (chunk = { kind: "array", of: type.of, dims: [{ size: true }] }));
  return chunk;
}

/** The pipe that a parameter is, or points to. */
export function pipeOf(type: NdrType): PipeType | undefined {
  if (type.kind === "pointer" && type.pointer === "ref") return pipeOf(type.to);
  return type.kind === "pipe" ? type : undefined;
}

/** Emits the writing of all elements as one chunk. */
export function writePipe(e: Emitter, type: PipeType, value: string, site: Site): void {
  const x = e.bind(value, "pipe");
  const length = e.bind(`${e.run("lengthOf")}(${x}, ${JSON.stringify(site.where)})`, "length");
  e.block(`if (${length} > 0)`, () => {
    writeWhole(e, chunkOf(type), x, site);
    if (e.syntax.count === 8) e.line(`${e.run("endChunk")}(w, ${length});`);
    e.stale = true;
  });
  e.line(`${e.run("endPipe")}(w, ${e.syntax.count});`);
  e.stale = true;
}

/** Emits the reading of chunks; answers the code of the list of their elements. */
export function readPipe(e: Emitter, type: PipeType, site: Site): string {
  const chunks = e.name("chunks");
  const where = JSON.stringify(site.where);
  e.line(`const ${chunks} = [];`);
  e.loop(`while (!${e.run("pipeEnds")}(r, ${e.syntax.count}, ${e.little}))`, () => {
    const checks: (() => void)[] = [];
    const chunk = e.bind(readWhole(e, chunkOf(type), { ...site, checks }), "chunk");
    for (const check of checks) check();
    if (e.syntax.count === 8) e.line(`${e.run("chunkEnds")}(r, ${chunk}.length, ${e.little}, ${where});`);
    e.line(`${chunks}.push(${chunk});`);
  });
  const name: NumberName | undefined =
    type.of.kind === "base" && type.of.name in arrayTypes ? (type.of.name as NumberName) : undefined;
  return e.bind(`${e.run("joinChunks")}(${chunks}, ${JSON.stringify(name)}, s, ${where})`, "pipe");
}
