import type { NdrType } from "../types.ts";

/** The types directly inside or behind a type. */
function childrenOf(type: NdrType): readonly NdrType[] {
  switch (type.kind) {
    case "struct":
      return type.fields().map((field) => field.type);
    case "union":
      return type.arms().flatMap((arm) => arm.type ?? []);
    case "pointer":
      return [type.to];
    case "array":
    case "pipe":
      return [type.of];
    case "user":
      return [type.wire()];
    case "base":
    case "enum":
    case "string":
    case "interface":
    case "contextHandle":
    default:
      return [];
  }
}

const known = new WeakMap<NdrType, boolean>();

/** True when a value of the type can contain another value of the type. */
export function isRecursive(type: NdrType): boolean {
  let answer = known.get(type);
  if (answer === undefined) {
    const seen = new Set<NdrType>();
    const stack = [...childrenOf(type)];
    for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      stack.push(...childrenOf(next));
    }
    answer = seen.has(type);
    known.set(type, answer);
  }
  return answer;
}
