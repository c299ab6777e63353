import type { LoadedUnit } from "../loader.ts";
import type {
  CoclassDecl,
  ConstDecl,
  Declarator,
  Decl,
  DispinterfaceDecl,
  EnumMember,
  EnumSpec,
  Field,
  InterfaceDecl,
  StructSpec,
  TypeSpec,
  TypedefDecl,
  UnionSpec,
} from "../syntax/ast.ts";

/** What a type's name stands for, before it is bound. */
export type TypeSymbol =
  | { readonly kind: "typedef"; readonly decl: TypedefDecl; readonly declarator: Declarator }
  | { readonly kind: "interface"; readonly decl: InterfaceDecl; readonly library: string | undefined }
  | { readonly kind: "dispinterface"; readonly decl: DispinterfaceDecl; readonly library: string | undefined }
  | { readonly kind: "coclass"; readonly decl: CoclassDecl; readonly library: string | undefined }
  | { readonly kind: "forward"; readonly decl: Extract<Decl, { kind: "forward" }> };

export type TagSpec = StructSpec | UnionSpec | EnumSpec;

export type ConstantSymbol =
  | { readonly kind: "const"; readonly decl: ConstDecl }
  | {
      readonly kind: "enumerator";
      readonly spec: EnumSpec;
      readonly index: number;
      readonly member: EnumMember;
    };

/** Every name one file declares, with what it includes. Made once for a file, whoever imports it. */
class UnitSymbols {
  readonly types: Map<string, TypeSymbol> = new Map();
  readonly tags: Map<string, TagSpec> = new Map();
  readonly constants: Map<string, ConstantSymbol> = new Map();
  /** The typedef name of a structure, union or enum written out in a typedef. */
  readonly specNames: Map<TagSpec, string> = new Map();
  /** The typedef name given to a tag: `typedef struct _X X;`. */
  readonly tagNames: Map<string, string> = new Map();
  /** `[pointer_default]` of the interface a type stands in, by its specifier or declarator, when it is not unique. */
  readonly pointerDefaults: Map<object, "ref" | "ptr"> = new Map();
  #pointerDefault: "ref" | "ptr" | undefined;

  constructor(unit: LoadedUnit) {
    this.#addDecls(unit.decls, undefined);
  }

  #addDecls(decls: readonly Decl[], library: string | undefined): void {
    for (const decl of decls) this.#addDecl(decl, library);
  }

  #addDecl(decl: Decl, library: string | undefined): void {
    switch (decl.kind) {
      case "typedef":
        this.#addSpec(decl.spec);
        for (const declarator of decl.declarators) {
          if (declarator.name === undefined) continue;
          if (this.#pointerDefault !== undefined) this.pointerDefaults.set(declarator, this.#pointerDefault);
          this.#addType(declarator.name, { kind: "typedef", decl, declarator });
          if (declarator.layers.length === 0) this.#nameSpec(decl.spec, declarator.name);
        }
        return;
      case "type":
        this.#addSpec(decl.spec);
        return;
      case "const":
        this.#addSpec(decl.type.spec);
        if (decl.value !== undefined && !this.constants.has(decl.name)) {
          this.constants.set(decl.name, { kind: "const", decl });
        }
        return;
      case "interface":
        this.#addType(decl.name, { kind: "interface", decl, library });
        this.#pointerDefault = pointerDefault(decl);
        this.#addDecls(decl.body, library);
        this.#pointerDefault = undefined;
        return;
      case "dispinterface":
        this.#addType(decl.name, { kind: "dispinterface", decl, library });
        return;
      case "coclass":
        this.#addType(decl.name, { kind: "coclass", decl, library });
        return;
      case "library":
        this.#addDecls(decl.body, decl.name);
        return;
      case "module":
        this.#addDecls(decl.body, library);
        return;
      case "forward":
        // An instance of a generic interface is made where it is used.
        if (!this.types.has(decl.name) && !decl.name.endsWith(">"))
          this.types.set(decl.name, { kind: "forward", decl });
        return;
      case "function":
        this.#addSpec(decl.result.spec);
        for (const parameter of decl.parameters) this.#addSpec(parameter.spec);
        return;
      case "import":
      case "importlib":
      case "cpp_quote":
        return;
      default:
        decl satisfies never;
    }
  }

  #nameSpec(spec: TypeSpec, name: string): void {
    if (spec.kind === "struct" || spec.kind === "union" || spec.kind === "enum") {
      if (!this.specNames.has(spec)) this.specNames.set(spec, name);
    } else if (spec.kind === "reference" && spec.word !== undefined && !this.tagNames.has(spec.name)) {
      this.tagNames.set(spec.name, name);
    }
  }

  /** The first definition stays; a definition replaces a forward declaration. */
  #addType(name: string, symbol: TypeSymbol): void {
    const known = this.types.get(name);
    if (known === undefined || known.kind === "forward") this.types.set(name, symbol);
    else if (known.kind === "typedef" && symbol.kind !== "typedef") this.types.set(name, symbol);
  }

  /** Tags and enumerators are known from wherever a type is written out. */
  #addSpec(spec: TypeSpec): void {
    switch (spec.kind) {
      case "enum":
        this.#addTag(spec);
        spec.members.forEach((member, index) => {
          if (!this.constants.has(member.name)) {
            this.constants.set(member.name, { kind: "enumerator", spec, index, member });
          }
        });
        return;
      case "struct":
        this.#addTag(spec);
        this.#addFields(spec.fields);
        return;
      case "union":
        this.#addTag(spec);
        if (spec.encapsulated !== undefined) this.#addSpec(spec.encapsulated.type);
        for (const arm of spec.arms) if (arm.field !== undefined) this.#addSpec(arm.field.spec);
        return;
      case "safearray":
      case "pipe":
        this.#addSpec(spec.element.spec);
        return;
      case "base":
      case "reference":
        return;
      default:
        spec satisfies never;
    }
  }

  #addFields(fields: readonly Field[]): void {
    for (const field of fields) this.#addSpec(field.spec);
  }

  #addTag(spec: TagSpec): void {
    if (this.#pointerDefault !== undefined) this.pointerDefaults.set(spec, this.#pointerDefault);
    if (spec.tag !== undefined && !this.tags.has(spec.tag)) this.tags.set(spec.tag, spec);
  }
}

function pointerDefault(decl: InterfaceDecl): "ref" | "ptr" | undefined {
  const arg = decl.attributes.find((it) => it.name === "pointer_default")?.args?.[0];
  return arg?.kind === "name" && (arg.name === "ref" || arg.name === "ptr") ? arg.name : undefined;
}

const known = new WeakMap<LoadedUnit, UnitSymbols>();

function symbolsOf(unit: LoadedUnit): UnitSymbols {
  let symbols = known.get(unit);
  if (symbols === undefined) known.set(unit, (symbols = new UnitSymbols(unit)));
  return symbols;
}

/** True when a file defines a type of this name. */
export function definesType(unit: LoadedUnit, name: string): boolean {
  const { types, tags } = symbolsOf(unit);
  const symbol = types.get(name);
  return (symbol !== undefined && symbol.kind !== "forward") || tags.has(name);
}

/** How much a symbol says: a definition more than a typedef of its name, a typedef more than a forward declaration. */
function weight(symbol: TypeSymbol): number {
  return symbol.kind === "forward" ? 0 : symbol.kind === "typedef" ? 1 : 2;
}

/**
 * Every name of a file and of all it imports; the file's own come first. MIDL has one space of types, one of tags and one of
 * constants.
 */
export class SymbolTable {
  readonly #units: UnitSymbols[] = [];
  readonly #seen = new Set<LoadedUnit>();
  readonly #types = new Map<string, TypeSymbol | undefined>();
  readonly #spellings = new Map<string, string>();
  readonly #tags = new Map<string, TagSpec | undefined>();
  readonly #constants = new Map<string, ConstantSymbol | undefined>();

  /** Adds a unit and what it imports. */
  add(unit: LoadedUnit): void {
    const queue = [unit];
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (this.#seen.has(next)) continue;
      this.#seen.add(next);
      this.#units.push(symbolsOf(next));
      for (const imported of next.imports) queue.push(imported);
    }
    this.#types.clear();
    this.#spellings.clear();
    this.#tags.clear();
    this.#constants.clear();
  }

  type(name: string): TypeSymbol | undefined {
    if (this.#types.has(name)) return this.#types.get(name);
    let best: TypeSymbol | undefined;
    for (const unit of this.#units) {
      const symbol = unit.types.get(name);
      if (symbol !== undefined && (best === undefined || weight(symbol) > weight(best))) best = symbol;
    }
    this.#types.set(name, best);
    return best;
  }

  /** The spelling of a type's name that differs from this one in letter case alone: ODL does not tell them apart. */
  spelling(name: string): string | undefined {
    if (this.#spellings.size === 0)
      for (const unit of this.#units)
        for (const it of unit.types.keys())
          if (!this.#spellings.has(it.toLowerCase())) this.#spellings.set(it.toLowerCase(), it);
    return this.#spellings.get(name.toLowerCase());
  }

  tag(name: string): TagSpec | undefined {
    return this.#first(this.#tags, name, (unit) => unit.tags);
  }

  constant(name: string): ConstantSymbol | undefined {
    return this.#first(this.#constants, name, (unit) => unit.constants);
  }

  #first<T>(
    memo: Map<string, T | undefined>,
    name: string,
    of: (unit: UnitSymbols) => Map<string, T>,
  ): T | undefined {
    if (memo.has(name)) return memo.get(name);
    let found: T | undefined;
    for (const unit of this.#units) {
      found = of(unit).get(name);
      if (found !== undefined) break;
    }
    memo.set(name, found);
    return found;
  }

  /** The typedef name of a structure, union or enum. */
  nameOf(spec: TagSpec): string | undefined {
    for (const unit of this.#units) {
      const name =
        unit.specNames.get(spec) ?? (spec.tag === undefined ? undefined : unit.tagNames.get(spec.tag));
      if (name !== undefined) return name;
    }
    return undefined;
  }

  pointerDefault(at: object): "ref" | "ptr" | "unique" {
    for (const unit of this.#units) {
      const found = unit.pointerDefaults.get(at);
      if (found !== undefined) return found;
    }
    return "unique";
  }
}
