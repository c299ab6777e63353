/** Names that generated code takes from other modules, collected while it is printed. */
export class Imports {
  readonly #taken: Set<string>;
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

  /** What is used so far; {@link restore} takes back what came after. */
  mark(): ReadonlyMap<string, ReadonlyMap<string, { local: string; value: boolean }>> {
    return new Map(
      [...this.#modules].map(([module, names]) => [
        module,
        new Map([...names].map(([k, v]) => [k, { ...v }])),
      ]),
    );
  }

  restore(mark: ReturnType<Imports["mark"]>): void {
    for (const [module, names] of this.#modules) {
      const before = mark.get(module);
      for (const [name, use] of names) {
        const known = before?.get(name);
        if (known !== undefined) use.value = known.value;
        else {
          names.delete(name);
          this.#taken.delete(use.local);
        }
      }
      if (names.size === 0) this.#modules.delete(module);
    }
  }

  #use(module: string, name: string, value: boolean): string {
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

  /** The import declarations, sorted; only of names that stand in `body`. */
  print(body: string): string {
    const used = new Set(body.match(/[A-Za-z_$][\w$]*/g));
    const lines: string[] = [];
    for (const module of [...this.#modules.keys()].toSorted()) {
      const names = this.#modules.get(module) ?? new Map<string, { local: string; value: boolean }>();
      const list = [...names]
        .filter(([, use]) => used.has(use.local))
        .toSorted(([a], [b]) => (a < b ? -1 : 1));
      if (list.length === 0) continue;
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
