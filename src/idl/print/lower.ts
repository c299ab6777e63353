import type { Evaluator } from "../bind/evaluate.ts";
import type { Alias, ArrayModel, Enum, Interface, PointerClass, Struct, Type, Union } from "../model.ts";
import { attributeOf, hasAttribute, unalias, wireAttribute } from "../model.ts";
import type { Attribute, BaseName, Expr } from "../syntax/ast.ts";
import { printExpression, wireExpression } from "./expression.ts";

/** A type as generated code has it: the descriptor expression and the TypeScript type. */
export interface Lowered {
  readonly ndr: string;
  readonly ts: string;
  /** The value may be null, so a nullable pointer around it needs a box. */
  readonly nullable: boolean;
  /** Which typed array holds many of it; undefined for none. */
  readonly many?: string;
}

/** A type that has no form on the wire. */
export class Unmarshalable extends Error {}

/** Where names of types and of the runtime come from; the printer's file provides it. */
export interface LoweringScope {
  readonly evaluator: Evaluator;
  /** A name of codegen/v1. */
  runtime(name: string): string;
  runtimeType(name: string): string;
  /** Descriptor of a structure, union or enum. Throws {@link Unmarshalable}. */
  descriptor(entity: Struct | Union | Enum): string;
  /** Descriptor of an enumeration that takes 32 bits whatever its declaration says. */
  wideEnum(entity: Enum): string;
  /** TypeScript name of a structure, union, enum or interface. */
  typeName(entity: { readonly name: string; readonly file: string }): string;
  /** A `[wire_marshal]` type; undefined when no module says how. */
  userType(name: string, alias: Alias | undefined): Lowered | undefined;
  /** The type that travels in place of one with `[wire_marshal]` or `[transmit_as]`. */
  wireType(alias: Alias): Type;
  /** The interface every interface pointer is at least. */
  unknownName(): string;
}

/** What is known about a type from the place it is used in. */
export interface Use {
  readonly attributes: readonly Attribute[];
  /** Names that size expressions may mention. */
  readonly siblings: ReadonlySet<string>;
  readonly pointerDefault: PointerClass;
  /** The outermost pointer of a parameter is a reference unless it says otherwise. */
  readonly top: boolean;
  /** How many pointers and dimensions are already gone through. */
  readonly level: number;
  /** Enumerations take 32 bits here: see {@link LibraryInterfaces}. */
  readonly wideEnums?: boolean;
}

const bases: Readonly<Record<BaseName, { ndr: string; ts: string; many?: string } | undefined>> = {
  void: undefined,
  handle: undefined,
  int128: undefined,
  boolean: { ndr: "boolean", ts: "boolean" },
  byte: { ndr: "u8", ts: "number", many: "Uint8Array" },
  char: { ndr: "char", ts: "number", many: "Uint8Array" },
  int8: { ndr: "i8", ts: "number", many: "Int8Array" },
  uint8: { ndr: "u8", ts: "number", many: "Uint8Array" },
  int16: { ndr: "i16", ts: "number", many: "Int16Array" },
  uint16: { ndr: "u16", ts: "number", many: "Uint16Array" },
  wchar: { ndr: "wchar", ts: "number", many: "Uint16Array" },
  int32: { ndr: "i32", ts: "number", many: "Int32Array" },
  uint32: { ndr: "u32", ts: "number", many: "Uint32Array" },
  int: { ndr: "i32", ts: "number", many: "Int32Array" },
  uint: { ndr: "u32", ts: "number", many: "Uint32Array" },
  error_status: { ndr: "u32", ts: "number", many: "Uint32Array" },
  int3264: { ndr: "int3264", ts: "number" },
  uint3264: { ndr: "uint3264", ts: "number" },
  int64: { ndr: "i64", ts: "bigint", many: "BigInt64Array" },
  uint64: { ndr: "u64", ts: "bigint", many: "BigUint64Array" },
  float: { ndr: "f32", ts: "number", many: "Float32Array" },
  double: { ndr: "f64", ts: "number", many: "Float64Array" },
};

/** Types that are more than their declaration says. */
const special: Readonly<Record<string, { ndr: string; ts: string; many?: string }>> = {
  HRESULT: { ndr: "hresult", ts: "number", many: "Uint32Array" },
  SCODE: { ndr: "hresult", ts: "number", many: "Uint32Array" },
  VARIANT_BOOL: { ndr: "variantBool", ts: "boolean" },
  GUID: { ndr: "guidType", ts: "Guid" },
  LARGE_INTEGER: { ndr: "i64", ts: "bigint", many: "BigInt64Array" },
  ULARGE_INTEGER: { ndr: "u64", ts: "bigint", many: "BigUint64Array" },
};

const specialTags: Readonly<Record<string, string>> = { _GUID: "GUID", UUID: "GUID", uuid_t: "GUID" };

/** Puts types of the model into descriptors. */
export class Lowering {
  readonly #scope: LoweringScope;

  constructor(scope: LoweringScope) {
    this.#scope = scope;
  }

  lower(type: Type, use: Use): Lowered {
    switch (type.kind) {
      case "base":
        return this.#base(type.name);
      case "alias":
        return this.#alias(type, use);
      case "pointer":
        return this.#pointer(type, use);
      case "array":
        return this.#arrayOrPointer(type, use);
      case "struct":
        if (isSafeArray(type)) return this.#user("LPSAFEARRAY", undefined);
        return this.#special(type) ?? this.#tagged(type);
      case "union":
        return this.#special(type) ?? this.#tagged(type);
      case "enum":
        return {
          ndr: use.wideEnums === true ? this.#scope.wideEnum(type) : this.#scope.descriptor(type),
          ts: this.#scope.typeName(type),
          nullable: false,
        };
      case "interface":
      case "dispinterface":
      case "coclass":
        return this.#interface(type, use);
      case "safearray":
        return this.#user("LPSAFEARRAY", undefined);
      case "pipe": {
        const of = this.lower(type.of, { ...use, attributes: [], top: false });
        return {
          ndr: `${this.#scope.runtime("pipe")}(${of.ndr})`,
          ts: manyOf(of),
          nullable: false,
        };
      }
      case "function":
        throw new Unmarshalable("a function pointer cannot be sent");
      case "unknown":
        throw new Unmarshalable(`"${type.name}" is not known`);
      default:
        return type satisfies never;
    }
  }

  #base(name: BaseName): Lowered {
    const entry = bases[name];
    if (entry === undefined) throw new Unmarshalable(`a value of type ${name} cannot be sent`);
    return { ...entry, ndr: this.#scope.runtime(entry.ndr), nullable: false };
  }

  #named(name: string): Lowered | undefined {
    const entry = special[name];
    if (entry === undefined || !Object.hasOwn(special, name)) return undefined;
    const ts = entry.ts === "Guid" ? this.#scope.runtimeType("Guid") : entry.ts;
    return { ...entry, ndr: this.#scope.runtime(entry.ndr), ts, nullable: false };
  }

  #special(type: Struct | Union): Lowered | undefined {
    const tag =
      type.tag !== undefined && Object.hasOwn(specialTags, type.tag) ? specialTags[type.tag] : undefined;
    return this.#named(tag ?? type.name) ?? this.#named(type.name);
  }

  #tagged(type: Struct | Union): Lowered {
    return { ndr: this.#scope.descriptor(type), ts: this.#scope.typeName(type), nullable: false };
  }

  #user(name: string, alias: Alias | undefined): Lowered {
    const user = this.#scope.userType(name, alias);
    if (user === undefined) throw new Unmarshalable(`no module is named that marshals ${name}`);
    return user;
  }

  #alias(type: Alias, use: Use): Lowered {
    // Without a module that converts, a program sees what travels. (`represent_as` names only a form in a C program.)
    if (wireAttribute(type.attributes) !== undefined) {
      const user = this.#scope.userType(type.name, type);
      return user ?? this.lower(this.#scope.wireType(type), { ...use, attributes: [] });
    }
    if (type.type.kind !== "pointer") {
      const named = this.#named(type.name);
      if (named !== undefined) return named;
    }
    // Sizes belong to the place of use; the rest of a typedef's attributes holds for every use of it.
    const attributes = [...use.attributes, ...type.attributes];
    const pointerDefault = type.pointerDefault === "unique" ? use.pointerDefault : type.pointerDefault;
    return this.lower(type.type, { ...use, attributes, pointerDefault });
  }

  // --- pointers -----------------------------------------------------------------------------------------------------

  #pointer(type: Extract<Type, { kind: "pointer" }>, use: Use): Lowered {
    const target = unalias(type.to);
    const isVoid = target.kind === "base" && target.name === "void";
    if (target.kind !== "pointer" && hasAttribute(use.attributes, "context_handle")) {
      const ts = this.#scope.runtimeType("ContextHandle");
      return { ndr: this.#scope.runtime("contextHandle"), ts, nullable: false };
    }
    if (target.kind === "interface" || target.kind === "dispinterface" || target.kind === "coclass") {
      return this.#interface(target, use);
    }
    if (isVoid && hasAttribute(use.attributes, "iid_is")) return this.#interface(undefined, use);
    if (isVoid) throw new Unmarshalable("a void pointer cannot be sent");
    // `SAFEARRAY *` is the array; only an [out] one is a place for it, in the manner of the specifications.
    if (isSafeArray(target) && !(use.top && hasAttribute(use.attributes, "out"))) {
      return this.#user("LPSAFEARRAY", undefined);
    }
    const pointer = this.#class(type.attributes ?? [], use) ?? (use.top ? "ref" : use.pointerDefault);
    const inner = {
      ...use,
      attributes: use.attributes.filter(notPointerClass),
      top: false,
      level: use.level + 1,
    };
    return this.#wrap(pointer, this.#pointee(type.to, inner, use));
  }

  #pointee(to: Type, inner: Use, use: Use): Lowered {
    const text = this.#string(to, use);
    if (text !== undefined) return text;
    const dimension = this.#dimension(use, undefined);
    if (dimension === undefined) return this.lower(to, inner);
    const element = this.lower(to, inner);
    return {
      ndr: `${this.#scope.runtime("array")}(${element.ndr}, ${dimension})`,
      ts: manyOf(element),
      nullable: false,
    };
  }

  #class(own: readonly Attribute[], use: Use): PointerClass | undefined {
    for (const { name } of [...own, ...use.attributes]) {
      if (name === "ref" || name === "unique" || name === "ptr") return name;
    }
    return undefined;
  }

  #wrap(pointer: PointerClass, to: Lowered): Lowered {
    const maker = this.#scope.runtime(pointer === "ptr" ? "full" : pointer);
    const ndr = `${maker}(${to.ndr})`;
    if (pointer === "ref") return { ndr, ts: to.ts, nullable: to.nullable };
    const ts = to.nullable
      ? `{ to: ${to.ts} } | null`
      : to.ts.endsWith(" | null")
        ? to.ts
        : `${to.ts} | null`;
    return { ndr, ts, nullable: true };
  }

  /** `[string]` on characters: the pointee of a pointer, or the elements of an array. */
  #string(of: Type, use: Use, fixed?: number): Lowered | undefined {
    if (!hasAttribute(use.attributes, "string")) return undefined;
    const plain = unalias(of);
    if (plain.kind !== "base") return undefined;
    const wide = plain.name === "wchar" || plain.name === "uint16";
    if (!wide && !["char", "byte", "uint8", "int8"].includes(plain.name)) return undefined;
    const size = this.#sized(use, "size_is", "max_is");
    const extra =
      fixed !== undefined ? `, { fixed: ${fixed} }` : size === undefined ? "" : `, { size: ${size} }`;
    const ndr = `${this.#scope.runtime("string")}("${wide ? "wchar" : "char"}"${extra})`;
    return { ndr, ts: "string", nullable: false };
  }

  #interface(
    type: Extract<Type, { kind: "interface" | "dispinterface" | "coclass" }> | undefined,
    use: Use,
  ): Lowered {
    const scope = this.#scope;
    const iidIs = attributeOf(use.attributes, "iid_is")?.args?.[0];
    const ts =
      type === undefined || type.kind === "coclass" || (type.kind === "interface" && type.missing)
        ? this.#classInterface(type)
        : scope.typeName(type);
    if (iidIs !== undefined) {
      const expr = this.#expression(iidIs, use, "iid_is");
      return { ndr: `${scope.runtime("interfacePointerIs")}(${expr})`, ts: `${ts} | null`, nullable: true };
    }
    const iid = type?.kind === "coclass" ? defaultInterface(type)?.iid : type?.iid;
    const name =
      type?.kind === "coclass" ? (defaultInterface(type)?.name ?? type.name) : (type?.name ?? "IUnknown");
    if (iid === undefined) throw new Unmarshalable(`interface ${name} has no IID`);
    const ndr = `${scope.runtime("interfacePointer")}(${JSON.stringify(name)}, ${JSON.stringify(iid)})`;
    return { ndr, ts: `${ts} | null`, nullable: true };
  }

  #classInterface(type: Interface | Extract<Type, { kind: "coclass" }> | undefined): string {
    const first = type?.kind !== "coclass" ? undefined : defaultInterface(type);
    return first === undefined ? this.#scope.unknownName() : this.#scope.typeName(first);
  }

  // --- arrays -------------------------------------------------------------------------------------------------------

  /** An array parameter with a pointer class is a pointer to an array. */
  #arrayOrPointer(type: ArrayModel, use: Use): Lowered {
    const pointer = use.level === 0 ? this.#class([], use) : undefined;
    const array = this.#array(type, { ...use, attributes: use.attributes.filter(notPointerClass) });
    return pointer === undefined || (pointer === "ref" && use.top) ? array : this.#wrap(pointer, array);
  }

  #array(type: ArrayModel, use: Use): Lowered {
    const dims: string[] = [];
    let element: Type = type;
    let at = { ...use, top: false };
    for (let plain = unalias(element); plain.kind === "array"; plain = unalias(element)) {
      const text = this.#string(plain.of, at, plain.size);
      if (text !== undefined) return nest(this.#scope.runtime("array"), text, dims);
      dims.push(this.#dimension(at, plain) ?? `{ size: true }`);
      if (element.kind === "alias") at = { ...at, attributes: [...at.attributes, ...element.attributes] };
      element = plain.of;
      at = { ...at, level: at.level + 1 };
    }
    return nest(this.#scope.runtime("array"), this.lower(element, at), dims);
  }

  /** One dimension's descriptor; undefined when nothing says how many there are. */
  #dimension(use: Use, array: ArrayModel | undefined): string | undefined {
    const size = this.#sized(use, "size_is", "max_is");
    const first = this.#at(use, "first_is");
    const length = this.#sized(use, "length_is", undefined) ?? this.#last(use, first);
    const parts: string[] = [];
    if (array?.size !== undefined) parts.push(`fixed: ${array.size}`);
    else if (size !== undefined) parts.push(`size: ${size}`);
    else if (array?.sizeExpr !== undefined)
      parts.push(`size: ${this.#expression(array.sizeExpr, use, "array")}`);
    else if (array === undefined && length === undefined) return undefined;
    else parts.push("size: true");
    if (length !== undefined) parts.push(`length: ${length}`);
    if (first !== undefined) parts.push(`first: ${first}`);
    return `{ ${parts.join(", ")} }`;
  }

  /** The expression of a size attribute at this level; `max` counts one less. */
  #sized(use: Use, name: string, max: string | undefined): string | undefined {
    const plain = this.#at(use, name);
    if (plain !== undefined || max === undefined) return plain;
    const highest = this.#at(use, max);
    return highest === undefined ? undefined : plusOne(highest);
  }

  #last(use: Use, first: string | undefined): string | undefined {
    const last = this.#at(use, "last_is");
    if (last === undefined) return undefined;
    const count = first === undefined ? last : `{ op: "-", left: ${last}, right: ${first} }`;
    return plusOne(count);
  }

  #at(use: Use, name: string): string | undefined {
    const expr = attributeOf(use.attributes, name)?.args?.[use.level];
    return expr === undefined || expr.kind === "empty" ? undefined : this.#expression(expr, use, name);
  }

  #expression(expr: Expr, use: Use, what: string): string {
    const wire = wireExpression(expr, use.siblings, this.#scope.evaluator);
    if (wire === undefined) throw new Unmarshalable(`the expression of [${what}] names nothing known here`);
    return printExpression(wire);
  }

  /** Source text of a `[switch_is]` expression. */
  switchIs(expr: Expr, siblings: ReadonlySet<string>): string {
    const use: Use = { attributes: [], siblings, pointerDefault: "unique", top: false, level: 0 };
    return this.#expression(expr, use, "switch_is");
  }
}

function isSafeArray(type: Type): boolean {
  return type.kind === "struct" && (type.tag === "tagSAFEARRAY" || type.name === "SAFEARRAY");
}

function plusOne(text: string): string {
  return /^-?\d+$/.test(text) ? String(Number(text) + 1) : `{ op: "+", left: ${text}, right: 1 }`;
}

function notPointerClass(attribute: Attribute): boolean {
  return attribute.name !== "ref" && attribute.name !== "unique" && attribute.name !== "ptr";
}

/** The TypeScript type of many elements. */
function manyOf(element: Lowered): string {
  if (element.many !== undefined) return element.many;
  return /^[\w.]+$/.test(element.ts) ? `readonly ${element.ts}[]` : `readonly (${element.ts})[]`;
}

function nest(maker: string, element: Lowered, dims: readonly string[]): Lowered {
  if (dims.length === 0) return element;
  let ts = manyOf(element);
  for (let i = 1; i < dims.length; i++) ts = `readonly (${ts})[]`;
  return { ndr: `${maker}(${element.ndr}, ${dims.join(", ")})`, ts, nullable: false };
}

/** The default interface of a coclass. */
export function defaultInterface(
  type: Extract<Type, { kind: "coclass" }>,
): Interface | Extract<Type, { kind: "dispinterface" }> | undefined {
  const own = type.interfaces.filter((it) => !it.source);
  return (own.find((it) => it.default) ?? own[0])?.interface;
}
