import type { Emitter } from "./emitter.ts";

/** Emits the writing of an offset, a max_count or an actual_count. */
export function writeCount(e: Emitter, where: string, value: string): void {
  e.freshView();
  e.line(
    e.syntax.count === 4
      ? `d.setUint32(${where}, ${value}, true);`
      : `${e.run("setCount64")}(d, ${where}, ${value});`,
  );
}

/** Code that reads one. */
export function readCount(e: Emitter, where: string): string {
  return e.syntax.count === 4
    ? `d.getUint32(${where}, ${e.little})`
    : `${e.run("count64")}(d, ${where}, ${e.little})`;
}
