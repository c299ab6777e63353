import type { Macro, Token } from "./macros.ts";
import type { NameTable } from "./names.ts";

/** The macros known at a place of the text, by the number of their name. */
export class MacroTable {
  readonly #names: NameTable;
  readonly #macros = new Map<number, Macro>();
  /** How often a macro was changed or taken away: what was worked out before may no longer hold. */
  changes = 0;

  constructor(names: NameTable) {
    this.#names = names;
  }

  has(id: number): boolean {
    return this.#names.maybeMacro[id] === 1 && this.#macros.has(id);
  }

  get(id: number): Macro | undefined {
    return this.#macros.get(id);
  }

  delete(id: number): void {
    if (this.#macros.delete(id)) this.changes++;
  }

  set(
    id: number,
    macro: Pick<Macro, "name" | "parameters" | "variadic" | "body"> & Partial<Pick<Macro, "unread">>,
  ): void {
    const { name, parameters, variadic, body, unread } = macro;
    if (this.#macros.has(id)) this.changes++;
    this.#names.maybeMacro[id] = 1;
    const state = { unread, folded: undefined, foldedIn: -1, active: false };
    this.#macros.set(id, { name, parameters, variadic, body, ...state });
  }

  define(name: string, body: readonly Token[]): void {
    this.set(this.#names.intern(name), { name, parameters: undefined, variadic: false, body });
  }
}
