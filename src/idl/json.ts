import type {
  Arm,
  Coclass,
  CoclassInterface,
  Constant,
  Dispinterface,
  Entity,
  Enum,
  Field,
  Interface,
  Library,
  Method,
  Model,
  Module,
  Param,
  Struct,
  Type,
  Union,
} from "./model.ts";
import { printAttribute, printExpr } from "./print-syntax.ts";
import type { Attribute } from "./syntax/ast.ts";

/** As much text as is put together before it is written. */
const chunk = 256 * 1024;

/**
 * Writes the bound model as JSON, for `comity idl --json` and for comparing contracts: declarations and their members one to a
 * line, for people and for `diff`. The text of a large file is as large as all of its model, so it is written in pieces and made
 * without objects in between.
 */
export function writeModel(model: Model, write: (text: string) => void): void {
  const writer = new ModelWriter();
  let pending = `{\n  "file": ${quote(model.path)},\n  "imports": ${quotes(model.imports)},\n  "missing": ${quotes(model.missing)}`;
  for (const [name, items] of writer.sections(model)) {
    pending += `,\n  "${name}": [`;
    let separator = "\n    ";
    for (const item of items) {
      pending += separator + item();
      separator = ",\n    ";
      if (pending.length < chunk) continue;
      write(pending);
      pending = "";
    }
    pending += items.length === 0 ? "]" : "\n  ]";
  }
  write(`${pending}\n}`);
}

const quote = (text: string): string => JSON.stringify(text);
const quotes = (texts: readonly string[]): string => JSON.stringify(texts);
const orNull = (text: string | undefined): string => (text === undefined ? "null" : JSON.stringify(text));

/** Members one to a line. */
function list(items: readonly string[]): string {
  return items.length === 0 ? "[]" : `[\n        ${items.join(",\n        ")}\n      ]`;
}

/** An object one member to a line, of names and texts of values. */
function block(members: Readonly<Record<string, string>>): string {
  const lines = Object.entries(members).map(([name, text]) => `\n      "${name}": ${text}`);
  return `{${lines.join(",")}\n    }`;
}

class ModelWriter {
  readonly #types = new Map<Type, string>();
  /** Texts of methods that several dispinterfaces have; undefined for those seen once. */
  readonly #shared = new Map<Method, string | undefined>();

  sections(model: Model): readonly (readonly [string, readonly (() => string)[]])[] {
    const of = <K extends Entity["kind"]>(
      kind: K,
      text: (it: Extract<Entity, { kind: K }>) => string,
    ): (() => string)[] =>
      model.entities
        .filter((it): it is Extract<Entity, { kind: K }> => it.kind === kind)
        .map((it) => () => text(it));
    return [
      ["interfaces", of("interface", (it) => this.#interface(it))],
      ["dispinterfaces", of("dispinterface", (it) => this.#dispinterface(it))],
      ["coclasses", of("coclass", (it) => this.#coclass(it))],
      ["libraries", of("library", (it) => this.#library(it))],
      ["modules", of("module", (it) => this.#module(it))],
      ["enums", of("enum", (it) => this.#enum(it))],
      ["structs", of("struct", (it) => this.#struct(it))],
      ["unions", of("union", (it) => this.#union(it))],
      ["typedefs", of("alias", (it) => `{${this.#named(it)},"type":${this.#type(it.type)}}`)],
      ["constants", of("constant", (it) => this.#constant(it))],
    ];
  }

  #interface(it: Interface): string {
    const methods = (keep: (method: Method) => boolean): string =>
      list(it.methods.filter(keep).map((method) => this.#method(method)));
    return block({
      ...this.#head(it),
      ...(it.instance === undefined ? {} : { instance: quote(it.instance) }),
      iid: orNull(it.iid),
      version: `"${it.version.join(".")}"`,
      base: orNull(it.base?.name),
      object: `${it.object}`,
      local: `${it.local}`,
      dual: `${it.dual}`,
      oleautomation: `${it.oleautomation}`,
      methods: methods(hasSlot),
      wireMethods: methods((method) => method.callAs !== undefined),
      callbacks: methods((method) => method.callback),
      localProcedures: methods(isLocalProcedure),
    });
  }

  #dispinterface(it: Dispinterface): string {
    const properties = it.properties.map((field) => {
      const id = field.dispId ?? "null";
      return `{${this.#named(field)},"type":${this.#type(field.type)},"id":${id}}`;
    });
    return block({
      ...this.#head(it),
      iid: orNull(it.iid),
      version: `"${it.version.join(".")}"`,
      of: orNull(it.of?.name),
      properties: list(properties),
      methods: list(it.methods.map((method) => this.#sharedMethod(method))),
    });
  }

  #sharedMethod(it: Method): string {
    const known = this.#shared.get(it);
    if (known !== undefined) return known;
    const text = this.#method(it);
    this.#shared.set(it, this.#shared.has(it) ? text : undefined);
    return text;
  }

  #coclass(it: Coclass): string {
    const member = (of: CoclassInterface): string => {
      const { name, iid } = of.interface;
      const flags = `"default":${of.default},"source":${of.source},"restricted":${of.restricted}`;
      return `{"name":${quote(name)},"iid":${orNull(iid)},${flags}}`;
    };
    return block({
      ...this.#head(it),
      clsid: orNull(it.clsid),
      version: `"${it.version.join(".")}"`,
      interfaces: list(it.interfaces.map(member)),
    });
  }

  #library(it: Library): string {
    return block({
      ...this.#head(it),
      libid: orNull(it.libid),
      version: `"${it.version.join(".")}"`,
      lcid: `${it.lcid}`,
      imports: quotes(it.imports),
      members: quotes(it.members.map((member) => member.name)),
      references: quotes(it.references),
    });
  }

  #module(it: Module): string {
    return block({
      ...this.#head(it),
      uuid: orNull(it.uuid),
      methods: list(it.methods.map((method) => this.#method(method))),
      constants: list(it.constants.map((constant) => this.#constant(constant))),
    });
  }

  #enum(it: Enum): string {
    const values = Object.fromEntries(it.values.map((value) => [value.name, value.value]));
    return block({ ...this.#head(it), tag: orNull(it.tag), values: JSON.stringify(values) });
  }

  #struct(it: Struct): string {
    const fields = list(it.fields.map((field) => this.#field(field)));
    return block({ ...this.#head(it), tag: orNull(it.tag), pack: `${it.pack}`, fields });
  }

  #union(it: Union): string {
    const arm = (of: Arm): string => {
      const field = of.field === undefined ? "null" : this.#field(of.field);
      return `{"cases":[${of.cases.join(",")}],"default":${of.isDefault},"field":${field}}`;
    };
    return block({
      ...this.#head(it),
      tag: orNull(it.tag),
      encapsulated: `${it.encapsulated !== undefined}`,
      switchType: it.switchType === undefined ? "null" : this.#type(it.switchType),
      arms: list(it.arms.map(arm)),
    });
  }

  // --- members ------------------------------------------------------------------------------------------------------

  #method(it: Method): string {
    const params = it.params.map((param) => this.#param(param)).join(",");
    return (
      `{${this.#named(it)},"idlName":${quote(it.idlName)},"opnum":${it.opnum},"invoke":"${it.invoke}","id":${it.dispId ?? null}` +
      `,"local":${it.local},"callAs":${orNull(it.callAs)},"wire":${orNull(it.wire)}` +
      `,"returns":${this.#type(it.returns)},"params":[${params}]}`
    );
  }

  #param(it: Param): string {
    return `{${this.#named(it)},"type":${this.#type(it.type)},"in":${it.in},"out":${it.out},"retval":${it.retval}}`;
  }

  #field(it: Field): string {
    const bits = it.bits === undefined ? "" : `,"bits":${it.bits}`;
    return `{${this.#named(it)},"type":${this.#type(it.type)}${bits}}`;
  }

  #constant(it: Constant): string {
    const value = typeof it.value === "bigint" ? String(it.value) : (it.value ?? null);
    return `{"name":${quote(it.name)},"type":${this.#type(it.type)},"value":${JSON.stringify(value)}}`;
  }

  #head(it: { readonly name: string; readonly attributes: readonly Attribute[] }): Record<string, string> {
    return { name: quote(it.name), attributes: attributesText(it.attributes) };
  }

  #named(it: { readonly name: string; readonly attributes: readonly Attribute[] }): string {
    return `"name":${quote(it.name)},"attributes":${attributesText(it.attributes)}`;
  }

  /** A type is used many times; its text is made once. */
  #type(type: Type): string {
    let text = this.#types.get(type);
    if (text === undefined) this.#types.set(type, (text = quote(typeText(type))));
    return text;
  }
}

function attributesText(attributes: readonly Attribute[]): string {
  let text = "";
  for (const it of attributes) text += `${text === "" ? "" : ","}${quote(printAttribute(it))}`;
  return `[${text}]`;
}

function hasSlot(it: Method): boolean {
  return it.opnum >= 0 && it.callAs === undefined && !it.callback;
}

/** `[local]` in an interface without a vtable. */
function isLocalProcedure(it: Method): boolean {
  return it.opnum < 0 && it.callAs === undefined && !it.callback;
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
