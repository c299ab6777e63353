/** Names that generated code takes from other modules, collected while it is printed. */
export class Imports {
  readonly #taken: Set<string>;
  #ignored: "none" | "values" | "all" = "none";
  readonly #modules = new Map<string, Map<string, { local: string; value: boolean }>>();

  /** `taken` are the names the file declares itself. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** The local name of an imported value; another one when the file has that name already. */
  value(module: string, name: string): string {
    return this.#use(module, name, true);
  }

  /** The local name of an imported type. */
  type(module: string, name: string): string {
    return this.#use(module, name, false);
  }

  /** Runs `make` without counting what it uses: nothing at all, or values only when just types are wanted. */
  without<R>(what: "none" | "values" | "all", make: () => R): R {
    const before = this.#ignored;
    this.#ignored = before === "all" || what === "none" ? before : what;
    try {
      return make();
    } finally {
      this.#ignored = before;
    }
  }

  #use(module: string, name: string, value: boolean): string {
    if (this.#ignored === "all" || (value && this.#ignored === "values")) return name;
    let names = this.#modules.get(module);
    if (names === undefined) this.#modules.set(module, (names = new Map()));
    const known = names.get(name);
    if (known !== undefined) {
      known.value ||= value;
      return known.local;
    }
    let local = name;
    while (this.#taken.has(local)) local += "_";
    this.#taken.add(local);
    names.set(name, { local, value });
    return local;
  }

  /** The import declarations, sorted. */
  print(): string {
    const lines: string[] = [];
    for (const module of [...this.#modules.keys()].toSorted()) {
      const names = this.#modules.get(module) ?? new Map<string, { local: string; value: boolean }>();
      const list = [...names].toSorted(([a], [b]) => (a < b ? -1 : 1));
      const onlyTypes = list.every(([, use]) => !use.value);
      const items = list.map(([name, use]) => {
        const item = use.local === name ? name : `${name} as ${use.local}`;
        return use.value || onlyTypes ? item : `type ${item}`;
      });
      lines.push(...importLines(onlyTypes ? "import type" : "import", items, module));
    }
    return lines.join("\n");
  }
}

function importLines(word: string, items: readonly string[], module: string): string[] {
  const one = `${word} { ${items.join(", ")} } from ${JSON.stringify(module)};`;
  if (one.length <= 110) return [one];
  return [`${word} {`, ...items.map((item) => `  ${item},`), `} from ${JSON.stringify(module)};`];
}
