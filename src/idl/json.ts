import type {
  Alias,
  Constant,
  Coclass,
  Dispinterface,
  Entity,
  Field,
  Interface,
  Method,
  Model,
  Type,
} from "./model.ts";
import type { SourceMap } from "./source.ts";
import type { Attribute } from "./syntax/ast.ts";
import { printAttribute, printExpr } from "./print-syntax.ts";

type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** The bound model as plain data, for `comity idl --json` and for comparing contracts. */
export function modelToJson(model: Model, _sources: SourceMap): Json {
  const of = <K extends Entity["kind"]>(kind: K): Extract<Entity, { kind: K }>[] =>
    model.entities.filter((it): it is Extract<Entity, { kind: K }> => it.kind === kind);
  return {
    file: model.path,
    imports: model.imports,
    missing: model.missing,
    interfaces: of("interface").map(interfaceJson),
    dispinterfaces: of("dispinterface").map(dispinterfaceJson),
    coclasses: of("coclass").map(coclassJson),
    libraries: of("library").map((it) => ({
      ...named(it),
      libid: it.libid ?? null,
      version: it.version.join("."),
      lcid: it.lcid,
      imports: it.imports,
      members: it.members.map((member) => member.name),
      references: it.references,
    })),
    modules: of("module").map((it) => ({
      ...named(it),
      methods: it.methods.map(methodJson),
      constants: it.constants.map(constantJson),
    })),
    enums: of("enum").map((it) => ({
      ...named(it),
      tag: it.tag ?? null,
      values: Object.fromEntries(it.values.map((value) => [value.name, value.value])),
    })),
    structs: of("struct").map((it) => ({
      ...named(it),
      tag: it.tag ?? null,
      fields: it.fields.map(fieldJson),
    })),
    unions: of("union").map((it) => ({
      ...named(it),
      tag: it.tag ?? null,
      encapsulated: it.encapsulated !== undefined,
      switchType: it.switchType === undefined ? null : typeText(it.switchType),
      arms: it.arms.map((arm) => ({
        cases: arm.cases,
        default: arm.isDefault,
        field: arm.field === undefined ? null : fieldJson(arm.field),
      })),
    })),
    typedefs: of("alias").map((it: Alias) => ({ ...named(it), type: typeText(it.type) })),
    constants: of("constant").map(constantJson),
  };
}

function named(it: { readonly name: string; readonly attributes: readonly Attribute[] }): {
  name: string;
  attributes: readonly string[];
} {
  return { name: it.name, attributes: it.attributes.map(printAttribute) };
}

function interfaceJson(it: Interface): Json {
  return {
    ...named(it),
    iid: it.iid ?? null,
    version: it.version.join("."),
    base: it.base?.name ?? null,
    object: it.object,
    local: it.local,
    dual: it.dual,
    oleautomation: it.oleautomation,
    methods: it.methods.filter(hasSlot).map(methodJson),
    wireMethods: it.methods.filter((method) => method.callAs !== undefined).map(methodJson),
    callbacks: it.methods.filter((method) => method.callback).map(methodJson),
    localProcedures: it.methods.filter((method) => isLocalProcedure(method)).map(methodJson),
  };
}

function hasSlot(it: Method): boolean {
  return it.opnum >= 0 && it.callAs === undefined && !it.callback;
}

/** `[local]` in an interface without a vtable. */
function isLocalProcedure(it: Method): boolean {
  return it.opnum < 0 && it.callAs === undefined && !it.callback;
}

function dispinterfaceJson(it: Dispinterface): Json {
  return {
    ...named(it),
    iid: it.iid ?? null,
    version: it.version.join("."),
    of: it.of?.name ?? null,
    properties: it.properties.map((field) => ({ ...(fieldJson(field) as object), id: field.dispId ?? null })),
    methods: it.methods.map(methodJson),
  };
}

function coclassJson(it: Coclass): Json {
  return {
    ...named(it),
    clsid: it.clsid ?? null,
    version: it.version.join("."),
    interfaces: it.interfaces.map((member) => ({
      name: member.interface.name,
      iid: member.interface.iid ?? null,
      default: member.default,
      source: member.source,
    })),
  };
}

function methodJson(it: Method): Json {
  return {
    ...named(it),
    idlName: it.idlName,
    opnum: it.opnum,
    invoke: it.invoke,
    id: it.dispId ?? null,
    local: it.local,
    callAs: it.callAs ?? null,
    wire: it.wire ?? null,
    returns: typeText(it.returns),
    params: it.params.map((param) => ({
      ...named(param),
      type: typeText(param.type),
      in: param.in,
      out: param.out,
      retval: param.retval,
    })),
  };
}

function fieldJson(it: Field): Json {
  return { ...named(it), type: typeText(it.type) };
}

function constantJson(it: Constant): Json {
  const value = typeof it.value === "bigint" ? String(it.value) : (it.value ?? null);
  return { name: it.name, type: typeText(it.type), value };
}

/** A type as a person writes it, name last: `long *[3]` is an array of three pointers. */
function typeText(type: Type): string {
  switch (type.kind) {
    case "base":
      return type.name;
    case "pointer":
      return `${typeText(type.to)} *`;
    case "array":
      return `${typeText(type.of)}[${type.size ?? (type.sizeExpr === undefined ? "" : printExpr(type.sizeExpr))}]`;
    case "safearray":
      return `SAFEARRAY(${typeText(type.of)})`;
    case "pipe":
      return `pipe ${typeText(type.of)}`;
    case "function":
      return `${typeText(type.returns)} (${type.params.map((it) => typeText(it.type)).join(", ")})`;
    case "unknown":
    case "alias":
    case "struct":
    case "union":
    case "enum":
    case "interface":
    case "dispinterface":
    case "coclass":
      return type.name;
    default:
      return type satisfies never;
  }
}
