import type { Expression } from "../types.ts";
import type { Emitter } from "./emitter.ts";
import { numberCode } from "./expression.ts";
import type { Site } from "./kind.ts";

/** Emits the check that a count is what its expression says: at once, or at the end when a sibling is still to come. */
export function expectCount(e: Emitter, site: Site, expression: Expression, count: string): void {
  const where = JSON.stringify(site.where);
  const now = numberCode(expression, site.scope);
  if (now !== undefined) {
    e.line(`if (${count} !== ${now}) ${e.run("refuse")}.bound(${where}, ${count}, ${now});`);
    return;
  }
  const kept = e.hoist("kept");
  e.line(`${kept} = ${count};`);
  site.checks.push(() => {
    const later = numberCode(expression, site.scope);
    if (later === undefined) return;
    e.line(
      `if (${kept} !== undefined && ${kept} !== ${later}) ${e.run("refuse")}.bound(${where}, ${kept}, ${later});`,
    );
  });
}

/** Emits the check of a `[range]`; null pointers have none. */
export function expectRange(
  e: Emitter,
  where: string,
  value: string,
  range: readonly [number, number],
  nullable: boolean,
): void {
  const x = e.bind(value, "ranged");
  const [low, high] = range;
  const there = nullable ? `${x} !== null && ${x} !== undefined && ` : "";
  e.line(
    `if (${there}(${x} < ${low} || ${x} > ${high})) ${e.run("refuse")}.range(${JSON.stringify(where)}, ${x}, ${low}, ${high});`,
  );
}
