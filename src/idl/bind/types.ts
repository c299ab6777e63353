import type {
  Alias,
  Arm,
  Enum,
  EnumValue,
  Field,
  Named,
  Param,
  PointerClass,
  Struct,
  Type,
  Union,
} from "../model.ts";
import { attributeOf, hasAttribute, wireAttribute } from "../model.ts";
import type {
  Attribute,
  BaseName,
  Declarator,
  EnumSpec,
  Field as FieldSpec,
  Layer,
  Parameter,
  StructSpec,
  TypedefDecl,
  TypeSpec,
  TypeUse,
  UnionSpec,
} from "../syntax/ast.ts";
import type { Binder } from "./binder.ts";
import { evaluate } from "./evaluate.ts";
import type { TagSpec, TypeSymbol } from "./symbols.ts";

/** Typedef attributes that make a type of its own, not a second name. */
const distinguishing = [
  "wire_marshal",
  "transmit_as",
  "context_handle",
  "handle",
  "string",
  "range",
  "cs_char",
  "call_as",
];

/** Binds type specifiers and declarators. Every bound type is made once for its place in the text. */
export class TypeBinder {
  readonly #binder: Binder;
  readonly #specs = new Map<TagSpec, Struct | Union | Enum>();
  readonly #typedefs = new Map<Declarator, Type>();
  readonly #pending = new Set<Alias>();
  readonly #resolving = new Set<Declarator>();
  readonly #unknown = new Map<string, Type>();
  readonly #bases = new Map<BaseName, Type>();
  readonly #pointers = new Map<Type, Type>();

  constructor(binder: Binder) {
    this.#binder = binder;
  }

  /** `hint` names a structure that has no name of its own. */
  use(use: TypeUse, hint = ""): Type {
    return this.declared(use.spec, use.declarator, hint);
  }

  declared(spec: TypeSpec, declarator: Declarator, hint: string): Type {
    let type = this.spec(spec, hint);
    const { layers } = declarator;
    for (let i = layers.length - 1; i >= 0; i--) type = this.#layer(layers[i] as Layer, type);
    return type;
  }

  #layer(layer: Layer, to: Type): Type {
    switch (layer.kind) {
      case "pointer":
        return layer.attributes === undefined
          ? this.#pointerTo(to)
          : { kind: "pointer", to, attributes: layer.attributes };
      case "function":
        return { kind: "function", returns: to, params: layer.parameters.map((it, i) => this.param(it, i)) };
      case "array": {
        const size = layer.size === undefined ? undefined : evaluate(layer.size, this.#binder.evaluator);
        const low = layer.low === undefined ? 0 : evaluate(layer.low, this.#binder.evaluator);
        // DCE writes the highest index, C the count.
        const extra = layer.low === undefined ? 0 : 1;
        const first = typeof low === "number" ? low : 0;
        const count = typeof size === "number" ? size - first + extra : undefined;
        return { kind: "array", of: to, size: count, sizeExpr: layer.size, low: first };
      }
      default:
        return layer satisfies never;
    }
  }

  /** The type in `[wire_marshal]` or `[transmit_as]`. */
  wireType(alias: Alias): Type {
    const arg = wireAttribute(alias.attributes)?.args?.[0];
    return arg?.kind === "type" ? this.use(arg.type) : { kind: "unknown", name: alias.name };
  }

  /** The plain pointer to a type, made once: a file has thousands of them. */
  #pointerTo(to: Type): Type {
    let pointer = this.#pointers.get(to);
    if (pointer === undefined) {
      pointer = { kind: "pointer", to, attributes: undefined };
      this.#pointers.set(to, pointer);
    }
    return pointer;
  }

  spec(spec: TypeSpec, hint: string): Type {
    switch (spec.kind) {
      case "base":
        return this.base(spec.name);
      case "reference":
        return this.reference(spec.name, spec.word, spec.place);
      case "struct":
      case "union":
      case "enum":
        return this.tagged(spec, hint);
      case "safearray":
        return { kind: "safearray", of: this.use(spec.element, hint) };
      case "pipe":
        return { kind: "pipe", of: this.use(spec.element, hint) };
      default:
        return spec satisfies never;
    }
  }

  base(name: BaseName): Type {
    let type = this.#bases.get(name);
    if (type === undefined) this.#bases.set(name, (type = { kind: "base", name }));
    return type;
  }

  reference(name: string, word: string | undefined, place: number): Type {
    const { symbols } = this.#binder;
    if (word === "struct" || word === "union" || word === "enum") {
      const spec = symbols.tag(name);
      if (spec !== undefined) return this.tagged(spec, name);
    }
    const symbol = symbols.type(name);
    if (symbol !== undefined) return this.symbol(symbol, name);
    const spec = symbols.tag(name);
    if (spec !== undefined) return this.tagged(spec, name);
    const sync = name.startsWith("Async") ? symbols.type(name.slice(5)) : undefined;
    if (sync?.kind === "interface") {
      const async = this.#binder.interfaces.async(this.#binder.interfaces.interface(sync));
      if (async !== undefined) return async;
    }
    if (name.endsWith(">"))
      return this.#binder.generics.instance(name, place) ?? this.#unknownType(name, "interface", place);
    // Of a name of the Windows Runtime the last part is enough.
    const dot = name.lastIndexOf(".");
    if (dot > 0) {
      const last = name.slice(dot + 1);
      const isKnown = symbols.type(last) !== undefined || symbols.tag(last) !== undefined;
      if (!isKnown && name.startsWith("Windows.Foundation.")) this.#binder.addRuntimeFoundation();
      return this.reference(last, word, place);
    }
    return this.#unknownType(name, word, place);
  }

  symbol(symbol: TypeSymbol, name: string): Type {
    switch (symbol.kind) {
      case "typedef":
        return this.typedef(symbol.decl, symbol.declarator);
      case "interface":
        return this.#binder.interfaces.interface(symbol);
      case "dispinterface":
        return this.#binder.interfaces.dispinterface(symbol);
      case "coclass":
        return this.#binder.interfaces.coclass(symbol);
      case "forward":
        return this.#forward(symbol.decl, name);
      default:
        return symbol satisfies never;
    }
  }

  /** Declared and nowhere defined: an interface pointer can still be sent if the interface is known elsewhere. */
  #forward(decl: { readonly word: string; readonly place: number }, name: string): Type {
    const found = this.#binder.findElsewhere(name, decl.place);
    if (found) return this.reference(name, undefined, decl.place);
    let type = this.#unknown.get(name);
    if (type === undefined) {
      type =
        decl.word === "interface" || decl.word === "dispinterface"
          ? this.#binder.interfaces.undefinedInterface(name, decl.place)
          : { kind: "unknown", name };
      this.#unknown.set(name, type);
    }
    return type;
  }

  #unknownType(name: string, word: string | undefined, place: number): Type {
    const known = this.#unknown.get(name);
    if (known !== undefined) return known;
    if (this.#binder.findElsewhere(name, place)) return this.reference(name, word, place);
    const spelling = this.#binder.symbols.spelling(name);
    if (spelling !== undefined && spelling !== name) {
      this.#binder.diagnostics.warning(place, `"${name}" is taken for ${spelling}`);
      return this.reference(spelling, word, place);
    }
    const type: Type =
      word === "interface"
        ? this.#binder.interfaces.undefinedInterface(name, place)
        : word === "struct" || word === "union"
          ? this.#opaque(name, place)
          : { kind: "unknown", name };
    this.#unknown.set(name, type);
    if (type.kind === "unknown") this.#binder.unknown(place, `"${name}" is not a known type`);
    return type;
  }

  /** A structure that is only ever pointed to. */
  #opaque(name: string, place: number): Struct {
    return {
      kind: "struct",
      ...this.#named(name, [], undefined, place),
      tag: name,
      pointerDefault: "unique",
      fields: [],
      pack: 0,
    };
  }

  #named(name: string, attributes: readonly Attribute[], doc: Named["doc"], place: number): Named {
    return { name, attributes, doc, place, file: this.#binder.fileOf(place) };
  }

  typedef(decl: TypedefDecl, declarator: Declarator): Type {
    const known = this.#typedefs.get(declarator);
    if (known !== undefined) return known;
    const name = declarator.name ?? "";
    if (this.#resolving.has(declarator)) {
      // `typedef struct _X X` whose tag is nowhere defined, or a typedef of itself.
      return { kind: "unknown", name };
    }
    this.#resolving.add(declarator);
    const type = this.#makeTypedef(decl, declarator, name);
    this.#resolving.delete(declarator);
    this.#typedefs.set(declarator, type);
    return type;
  }

  #makeTypedef(decl: TypedefDecl, declarator: Declarator, name: string): Type {
    const { spec } = decl;
    const tagged = spec.kind === "struct" || spec.kind === "union" || spec.kind === "enum";
    const second =
      tagged || (spec.kind === "reference" && spec.word !== undefined && spec.word !== "interface");
    const own = decl.attributes.some((it) => distinguishing.includes(it.name));
    if (second && declarator.layers.length === 0 && !own) {
      const type = tagged ? this.tagged(spec, name, decl) : this.spec(spec, name);
      if (type.kind === "struct" || type.kind === "union" || type.kind === "enum") {
        if (type.name === name || tagged) return type;
      } else if (type.kind !== "unknown") return type;
    }
    const base = this.#named(name, decl.attributes, decl.doc, declarator.place);
    const shell = { kind: "alias" as const, ...base, pointerDefault: this.#default(declarator) };
    const alias = lazy<Alias, "type">(shell, "type", () => {
      if (tagged) this.tagged(spec, name, decl);
      const type = this.declared(spec, declarator, name);
      this.#pending.add(alias);
      const circular = this.#leadsBack(type);
      this.#pending.delete(alias);
      return circular ? { kind: "unknown", name } : type;
    });
    return alias;
  }

  /** True when following typedefs leads to one that is being bound: `typedef X Y; typedef Y X;`. */
  #leadsBack(type: Type): boolean {
    for (let at = type; at.kind === "alias"; at = at.type) if (this.#pending.has(at)) return true;
    return false;
  }

  /** The entity of a structure, union or enum written out somewhere. */
  tagged(spec: TagSpec, hint: string, decl?: TypedefDecl): Struct | Union | Enum {
    const known = this.#specs.get(spec);
    if (known !== undefined) return known;
    const { symbols } = this.#binder;
    const name = symbols.nameOf(spec) ?? spec.tag ?? hint;
    const outer = decl === undefined || decl.spec !== spec ? [] : decl.attributes;
    const named = this.#named(name, [...outer, ...spec.attributes], decl?.doc ?? spec.doc, spec.place);
    const entity = this.#entity(spec, named);
    this.#specs.set(spec, entity);
    this.#binder.declare(entity);
    return entity;
  }

  #entity(spec: TagSpec, named: Named): Struct | Union | Enum {
    switch (spec.kind) {
      case "struct":
        return this.#struct(spec, named);
      case "union":
        return this.#union(spec, named);
      case "enum":
        return lazy<Enum, "values">({ kind: "enum", ...named, tag: spec.tag }, "values", () =>
          this.#values(spec),
        );
      default:
        return spec satisfies never;
    }
  }

  #default(at: object): PointerClass {
    return this.#binder.symbols.pointerDefault(at);
  }

  #struct(spec: StructSpec, named: Named): Struct {
    const shell = {
      kind: "struct" as const,
      ...named,
      tag: spec.tag,
      pointerDefault: this.#default(spec),
      pack: spec.pack,
    };
    return lazy<Struct, "fields">(shell, "fields", () =>
      spec.fields.flatMap((it) => this.fields(it, named.name)),
    );
  }

  #union(spec: UnionSpec, named: Named): Union {
    const { encapsulated } = spec;
    const attribute = attributeOf(named.attributes, "switch_type")?.args?.[0];
    const shell = {
      kind: "union" as const,
      ...named,
      tag: spec.tag,
      pointerDefault: this.#default(spec),
      encapsulated:
        encapsulated === undefined
          ? undefined
          : { name: encapsulated.name, member: encapsulated.member ?? "tagged_union" },
    };
    const withType = lazy<Omit<Union, "arms">, "switchType">(shell, "switchType", () => {
      if (encapsulated !== undefined) return this.spec(encapsulated.type, named.name);
      return attribute?.kind === "type" ? this.use(attribute.type) : undefined;
    });
    return lazy<Union, "arms">(withType, "arms", () => this.#arms(spec, named.name));
  }

  #arms(spec: UnionSpec, owner: string): Arm[] {
    const arms: Arm[] = [];
    for (const arm of spec.arms) {
      const cases: number[] = [];
      for (const label of arm.cases) {
        const value = evaluate(label, this.#binder.evaluator);
        if (typeof value === "number" || typeof value === "boolean") cases.push(Number(value));
        else this.#binder.unknown(label.place, "this case is not a constant of a 32-bit type");
      }
      const fields = arm.field === undefined ? [] : this.fields(arm.field, owner);
      arms.push({ cases, isDefault: arm.isDefault, field: fields[0], place: arm.place });
    }
    return arms;
  }

  /** The members one line declares. */
  fields(spec: FieldSpec, owner: string): Field[] {
    const { attributes, doc, place } = spec;
    if (spec.declarators.length === 0) {
      // An anonymous structure or union as a member.
      const inner = this.spec(spec.spec, uniqueHint(owner, "u"));
      return [{ name: "", type: inner, attributes, doc, place, bits: undefined }];
    }
    return spec.declarators.map((declarator) => {
      const name = declarator.name ?? "";
      const bits =
        declarator.bits === undefined ? undefined : evaluate(declarator.bits, this.#binder.evaluator);
      return {
        name,
        type: this.declared(spec.spec, declarator, uniqueHint(owner, name)),
        attributes,
        doc,
        place: declarator.place,
        bits: typeof bits === "number" ? bits : undefined,
      };
    });
  }

  #values(spec: EnumSpec): EnumValue[] {
    let next = 0;
    return spec.members.map((member, index) => {
      if (member.value !== undefined) {
        const value = this.#binder.enumeratorExpression(spec, index);
        if (typeof value === "number" || typeof value === "boolean" || typeof value === "bigint")
          next = Number(value);
        else
          this.#binder.unknown(member.value.place, `the value of ${member.name} is not a constant integer`);
      }
      const value = next++;
      return { name: member.name, value, attributes: member.attributes, doc: member.doc };
    });
  }

  param(spec: Parameter, index: number): Param {
    const { attributes, place } = spec;
    const out = hasAttribute(attributes, "out");
    return {
      name: spec.declarator.name ?? `arg${index + 1}`,
      type: this.declared(spec.spec, spec.declarator, ""),
      attributes,
      in: hasAttribute(attributes, "in") || !out,
      out,
      retval: hasAttribute(attributes, "retval"),
      place,
    };
  }
}

function uniqueHint(owner: string, name: string): string {
  return name === "" ? `${owner}_u` : `${owner}_${name}`;
}

/** An object one of whose members is computed when it is first read: types may refer to themselves. */
export function lazy<T extends object, K extends keyof T>(shell: Omit<T, K>, key: K, make: () => T[K]): T {
  let state: { value: T[K] } | undefined;
  Object.defineProperty(shell, key, {
    enumerable: true,
    get: () => (state ??= { value: make() }).value,
  });
  return shell as T;
}
