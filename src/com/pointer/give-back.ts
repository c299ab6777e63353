import { Pointer } from "./base.ts";

/** Releases the pointers of a call's result that nobody will see: the result itself, its members, or theirs. */
export function giveBack(result: unknown, depth = 0): void {
  if (result instanceof Pointer) result[Symbol.dispose]();
  else if (depth < 2 && typeof result === "object" && result !== null && !ArrayBuffer.isView(result))
    for (const member of Object.values(result)) giveBack(member, depth + 1);
}
