import {
  LibraryBuilder,
  STDOLE_FILE,
  type TypeBuilder,
  TypeCode,
  type TypeLibrary,
  type TypeOptions,
  type TypeReference,
  stdole,
} from "../../automation/index.ts";
import { GUID_NULL, type Guid, guid } from "../../base/index.ts";
import type {
  Alias,
  Coclass,
  Dispinterface,
  Entity,
  Enum,
  Interface,
  Library,
  Model,
  Module,
  Struct,
  Type,
  Union,
} from "../model.ts";
import { hasAttribute, textArgument } from "../model.ts";
import type { Attribute } from "../syntax/ast.ts";
import { documentationOf, type Evaluate, numberOf, variantOf } from "./documentation.ts";
import { flagsOf, ImplFlag, Kind, TypeFlag } from "./flags.ts";
import { functionOf, variableOf } from "./members.ts";
import { describe, type TypeScope } from "./types.ts";

export interface TypeLibraryOptions {
  /** The library of a name in `importlib`; undefined when it is not at hand. stdole need not be given. */
  readonly imported?: (name: string) => TypeLibrary | undefined;
  /** The system whose pointers the library counts in (SYSKIND); default 1, Windows of 32 bits. */
  readonly sysKind?: TypeLibrary["sysKind"];
}

/** What the compiler knows beyond the model. */
export interface LoweringSource {
  readonly evaluate: Evaluate;
  /** The type in `[wire_marshal]`. */
  readonly wireType: (alias: Alias) => Type;
}

type Described = Interface | Dispinterface | Coclass | Enum | Struct | Union | Alias | Module;

/** Makes the type library of a `library` statement. */
export class LibraryLowering implements TypeScope {
  readonly #library: Library;
  readonly #evaluate: Evaluate;
  readonly #wireType: (alias: Alias) => Type;
  readonly #builder: LibraryBuilder;
  readonly #made = new Map<object, TypeBuilder>();
  readonly #wires = new Set<Alias>();
  readonly #waiting: (() => void)[] = [];
  /** The library names stdole in `importlib`; one that does not holds copies of IUnknown and GUID. */
  readonly #standard: boolean;
  /** Libraries of `importlib` with the names they are known by, stdole last. */
  readonly #imports: { readonly library: TypeLibrary; readonly file: string }[] = [];

  constructor(library: Library, source: LoweringSource, options: TypeLibraryOptions) {
    this.#library = library;
    this.#evaluate = source.evaluate;
    this.#wireType = source.wireType;
    const { evaluate } = source;
    for (const file of library.imports) {
      const known = isStdole(file) ? undefined : options.imported?.(file);
      if (known !== undefined) this.#imports.push({ library: known, file: baseName(file) });
    }
    this.#standard = library.imports.some(isStdole);
    if (this.#standard) this.#imports.push({ library: stdole(), file: STDOLE_FILE });
    const { attributes } = library;
    const helpFile = textArgument(attributes, "helpfile");
    const helpStringDll = textArgument(attributes, "helpstringdll");
    this.#builder = new LibraryBuilder({
      name: library.name,
      guid: library.libid === undefined ? GUID_NULL : guid(library.libid),
      version: { major: library.version[0], minor: library.version[1] },
      lcid: library.lcid,
      flags: flagsOf("libraries", attributes),
      helpFile,
      helpStringDll,
      ...(options.sysKind === undefined ? {} : { sysKind: options.sysKind }),
      ...documentationOf(attributes, evaluate),
    });
  }

  lower(model: Model): TypeLibrary {
    for (const member of this.#library.members) this.#add(member);
    const byName = new Map(model.entities.map((it) => [it.name, it]));
    for (const name of this.#library.references) {
      const entity = byName.get(name);
      if (entity !== undefined) this.#add(entity);
    }
    // A type's members are looked at when all types of the library have their places.
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) next();
    return this.#builder.build();
  }

  #add(entity: Entity): void {
    switch (entity.kind) {
      case "interface":
      case "dispinterface":
      case "coclass":
      case "enum":
      case "struct":
      case "union":
      case "module":
        this.#type(entity);
        return;
      case "alias":
        if (isPublic(entity)) this.#type(entity);
        return;
      case "constant":
      case "library":
        return;
      default:
        entity satisfies never;
    }
  }

  referenceTo(type: Type): TypeReference | undefined {
    switch (type.kind) {
      case "interface":
      case "dispinterface":
      case "coclass":
      case "enum":
      case "struct":
      case "union":
        return this.#made.get(type)?.reference ?? this.#imported(type) ?? this.#describedHere(type);
      case "alias":
        if (isPublic(type) || this.#wires.has(type))
          return this.#made.get(type)?.reference ?? this.#imported(type) ?? this.#type(type).reference;
        return this.#made.get(type)?.reference ?? this.#imported(type);
      case "unknown":
        return this.#importedName(type.name);
      default:
        return undefined;
    }
  }

  /** A type of `[wire_marshal]` is described as what travels, and under that name. */
  wireType(alias: Alias): Type {
    const wire = this.#wireType(alias);
    if (wire.kind === "alias") this.#wires.add(wire);
    return wire;
  }

  #describedHere(type: Exclude<Described, Alias | Module>): TypeReference | undefined {
    return type.kind === "interface" && type.missing ? undefined : this.#type(type).reference;
  }

  /** A type that an imported library has, unless this one declares it. */
  #imported(type: Exclude<Described, Module>): TypeReference | undefined {
    if ("library" in type && type.library === this.#library.name) return undefined;
    return this.#importedName(nameOf(type)) ?? this.#importedName(type.name);
  }

  #importedName(name: string): TypeReference | undefined {
    const wanted = name.toLowerCase();
    for (const { library, file } of this.#imports) {
      const index = library.types.findIndex((it) => it.name.toLowerCase() === wanted);
      if (index >= 0) return this.#builder.importType(library, index, file);
    }
    return undefined;
  }

  // --- types --------------------------------------------------------------------------------------------------------

  #type(entity: Described): TypeBuilder {
    const known = this.#made.get(entity);
    if (known !== undefined) return known;
    const { kind, fill } = this.#plan(entity);
    const made = this.#builder.addType(this.#freeName(nameOf(entity)), kind, this.#options(entity));
    this.#made.set(entity, made);
    this.#waiting.push(() => fill(made));
    return made;
  }

  #options(entity: Described): TypeOptions {
    const { attributes } = entity;
    const id = guidOf(entity);
    const version = "version" in entity ? entity.version : versionOf(attributes);
    return {
      ...(id === undefined ? {} : { guid: id }),
      version: { major: version[0] ?? 0, minor: version[1] ?? 0 },
      flags: typeFlags(entity),
      dllName: textArgument(attributes, "dllname"),
      ...documentationOf(attributes, this.#evaluate),
    };
  }

  #plan(entity: Described): { kind: (typeof Kind)[keyof typeof Kind]; fill: (type: TypeBuilder) => void } {
    switch (entity.kind) {
      case "enum":
        return { kind: Kind.enum, fill: (type) => this.#enum(type, entity) };
      case "struct":
        return { kind: Kind.record, fill: (type) => this.#fields(type, entity) };
      case "union":
        return entity.encapsulated === undefined
          ? { kind: Kind.union, fill: (type) => this.#fields(type, entity) }
          : { kind: Kind.record, fill: (type) => this.#encapsulated(type, entity, entity.encapsulated) };
      case "alias":
        return { kind: Kind.alias, fill: (type) => type.setAlias(describe(entity.type, this)) };
      case "interface":
        return {
          kind: entity.dual ? Kind.dispatch : Kind.interface,
          fill: (type) => this.#interface(type, entity),
        };
      case "dispinterface":
        return { kind: Kind.dispatch, fill: (type) => this.#dispinterface(type, entity) };
      case "coclass":
        return { kind: Kind.coclass, fill: (type) => this.#coclass(type, entity) };
      case "module":
        return { kind: Kind.module, fill: (type) => this.#module(type, entity) };
      default:
        return entity satisfies never;
    }
  }

  #enum(type: TypeBuilder, entity: Enum): void {
    for (const it of entity.values) {
      type.addVariable({
        name: it.name,
        type: { vt: TypeCode.INT },
        value: variantOf(it.value, undefined),
        flags: flagsOf("variables", it.attributes),
        ...documentationOf(it.attributes, this.#evaluate),
      });
    }
  }

  /** `union switch (…)` is a record of the discriminant and the union. */
  #encapsulated(type: TypeBuilder, entity: Union, names: Union["encapsulated"]): void {
    if (names === undefined) return;
    const inner = this.#builder.addType(this.#freeName(`${nameOf(entity)}_${names.member}`), Kind.union);
    if (entity.switchType !== undefined)
      type.addVariable({ name: names.name, type: describe(entity.switchType, this) });
    type.addVariable({ name: names.member, type: { vt: TypeCode.USERDEFINED, reference: inner.reference } });
    this.#fields(inner, entity);
  }

  #fields(type: TypeBuilder, entity: Struct | Union): void {
    const fields = entity.kind === "struct" ? entity.fields : entity.arms.flatMap((it) => it.field ?? []);
    if (entity.kind === "struct" && entity.pack > 0) type.draft.packing = entity.pack;
    for (const field of fields) type.addVariable(variableOf(field, this, this.#evaluate));
  }

  #interface(type: TypeBuilder, entity: Interface): void {
    const base = entity.base === undefined ? undefined : this.referenceTo(entity.base);
    if (base !== undefined) type.addImplType(base);
    for (const method of entity.methods) {
      if (method.opnum < 0 || method.callAs !== undefined || method.callback) continue;
      // A library is for callers from afar: it shows what travels in place of a local method.
      const wire = entity.methods.find((it) => it.callAs === method.name);
      type.addFunction(functionOf(wire ?? method, this, this.#evaluate));
    }
  }

  #dispinterface(type: TypeBuilder, entity: Dispinterface): void {
    // Every dispinterface rests on IDispatch, which is stdole's where no other is named.
    const own = this.#library.members.find((it) => it.kind === "interface" && it.name === "IDispatch");
    if (own?.kind === "interface") this.referenceTo(own);
    else if (!this.#standard) this.#builder.importType(stdole(), DISPATCH_POSITION, STDOLE_FILE);
    else this.#importedName("IDispatch");
    const of = entity.of === undefined ? undefined : this.referenceTo(entity.of);
    if (of !== undefined) type.addImplType(of);
    for (const it of entity.properties) {
      const memid = it.dispId;
      type.addVariable({
        ...variableOf(it, this, this.#evaluate),
        ...(memid === undefined ? {} : { memid }),
      });
    }
    for (const method of entity.methods) type.addFunction(functionOf(method, this, this.#evaluate));
  }

  #coclass(type: TypeBuilder, entity: Coclass): void {
    for (const it of entity.interfaces) {
      const reference = this.referenceTo(it.interface);
      if (reference === undefined) continue;
      const vtable = hasAttribute(it.attributes, "defaultvtable");
      const flags =
        (it.default ? ImplFlag.default : 0) |
        (it.source ? ImplFlag.source : 0) |
        (it.restricted ? ImplFlag.restricted : 0) |
        (vtable ? ImplFlag.defaultVtable : 0);
      type.addImplType(reference, flags);
    }
    // Where nobody says, the first of each direction is the default.
    for (const source of [false, true]) {
      const same = type.draft.implTypes.filter((it) => ((it.flags & ImplFlag.source) !== 0) === source);
      const first = same.find((it) => (it.flags & ImplFlag.restricted) === 0);
      if (first === undefined || same.some((it) => (it.flags & ImplFlag.default) !== 0)) continue;
      const index = type.draft.implTypes.indexOf(first);
      type.draft.implTypes[index] = { ...first, flags: first.flags | ImplFlag.default };
    }
  }

  #module(type: TypeBuilder, entity: Module): void {
    for (const method of entity.methods) {
      const entry = textArgument(method.attributes, "entry");
      const ordinal = numberOf(method.attributes, "entry", this.#evaluate);
      type.addFunction({ ...functionOf(method, this, this.#evaluate), entry: ordinal ?? entry });
    }
    for (const it of entity.constants) {
      const desc = describe(it.type, this);
      type.addVariable({
        name: it.name,
        type: desc,
        value: variantOf(it.value, desc.vt),
        flags: flagsOf("variables", it.attributes),
        ...documentationOf(it.attributes, this.#evaluate),
      });
    }
  }

  /** The name, or with a number behind it: types of one name stand in different places of IDL. */
  #freeName(name: string): string {
    let free = name;
    for (let i = 2; this.#builder.typeOfName(free) !== undefined; i++) free = `${name}${i}`;
    return free;
  }
}

/** Where stdole has IDispatch. */
const DISPATCH_POSITION = 4;

function guidOf(entity: Described): Guid | undefined {
  switch (entity.kind) {
    case "interface":
    case "dispinterface":
      return entity.iid === undefined ? undefined : guid(entity.iid);
    case "coclass":
      return entity.clsid === undefined ? undefined : guid(entity.clsid);
    case "module":
      return entity.uuid === undefined ? undefined : guid(entity.uuid);
    default: {
      const text = textArgument(entity.attributes, "uuid");
      return text === undefined ? undefined : guid(text);
    }
  }
}

function typeFlags(entity: Described): number {
  const flags = flagsOf("types", entity.attributes);
  if (entity.kind === "coclass") {
    return hasAttribute(entity.attributes, "noncreatable") ? flags : flags | TypeFlag.canCreate;
  }
  return entity.kind === "interface" && entity.dual ? flags | TypeFlag.dual : flags;
}

/** Enumerations and structures are known by their tags. */
function nameOf(entity: Described): string {
  const tagged = entity.kind === "enum" || entity.kind === "struct" || entity.kind === "union";
  return tagged ? (entity.tag ?? entity.name) : entity.name;
}

function versionOf(attributes: readonly Attribute[]): [number, number] {
  const [major = 0, minor = 0] = (textArgument(attributes, "version") ?? "").split(".").map(Number);
  return [major, minor];
}

/** A typedef stands in a library by itself when it is said to. */
function isPublic(entity: Alias): boolean {
  return hasAttribute(entity.attributes, "public") || hasAttribute(entity.attributes, "uuid");
}

function isStdole(file: string): boolean {
  return /^(?:stdole(?:2|32)?\.tlb|STDOLE\w*|STDTYPE\w*|olepro32\.dll)$/i.test(baseName(file));
}

function baseName(file: string): string {
  return file.slice(Math.max(file.lastIndexOf("/"), file.lastIndexOf("\\")) + 1);
}
