import type { Evaluator } from "../bind/evaluate.ts";
import type {
  Alias,
  Arm,
  Coclass,
  Constant,
  Dispinterface,
  Enum,
  Field,
  Interface,
  Library,
  Struct,
  Type,
  Union,
} from "../model.ts";
import { attributeOf, hasAttribute, textArgument, unalias, wireAttribute } from "../model.ts";
import { evaluate } from "../bind/evaluate.ts";
import type { SourceMap } from "../source.ts";
import type { Attribute, Expr } from "../syntax/ast.ts";
import { docLines, printDoc } from "./docs.ts";
import type { Imports } from "./imports.ts";
import { defaultInterface, type Lowered, Lowering, type LoweringScope, Unmarshalable } from "./lower.ts";
import { printMethods } from "./methods.ts";

/** What printing one file needs to know. */
export interface FileScope extends LoweringScope {
  readonly sources: SourceMap;
  readonly imports: Imports;
  /** Name of an interface's constant and type. */
  interfaceName(entity: Interface | Dispinterface): string;
  /** Local name of a constant that another module has; undefined for one of this file. */
  importedValue(entity: { readonly name: string; readonly file: string }): string | undefined;
  /** True for an interface that travels as its type library says. */
  byLibrary(entity: Interface | Dispinterface): boolean;
  /** Remembers a method that cannot be sent, to be reported. */
  report(place: number, message: string): void;
  readonly lowering: Lowering;
  /** The type of a `[wire_marshal]` attribute. */
  wireType(alias: Alias): Type;
  /** Type of the [switch_is] of a union that has no [switch_type]. */
  switchTypeOf(union: Union): Type | undefined;
  /** Name of IDispatch. */
  dispatchName(): string;
}

/** The TypeScript of one type of a member or parameter; `unknown` for what has no form on the wire. */
export function typeScriptOf(scope: FileScope, make: () => Lowered): string {
  try {
    // A type that fails half way must leave no imports behind.
    scope.imports.without("all", make);
    return scope.imports.without("values", make).ts;
  } catch (error) {
    if (error instanceof Unmarshalable) return "unknown";
    throw error;
  }
}

const identifier = /^[A-Za-z_$][\w$]*$/;

/** A member's name as it may stand in an object type or literal. */
export function memberName(name: string): string {
  return identifier.test(name) ? name : JSON.stringify(name);
}

// --- structures ------------------------------------------------------------------------------------------------------

function lowerField(
  scope: FileScope,
  owner: Struct | Union,
  field: Field,
  siblings: ReadonlySet<string>,
): Lowered {
  return scope.lowering.lower(field.type, {
    attributes: field.attributes,
    siblings,
    pointerDefault: owner.pointerDefault,
    top: false,
    level: 0,
  });
}

/** Members under the name they have in JavaScript; an anonymous one is called `u`. */
function namedFields(fields: readonly Field[]): readonly { name: string; field: Field }[] {
  let anonymous = 0;
  return fields.map((field) => {
    if (field.name !== "") return { name: field.name, field };
    anonymous++;
    return { name: anonymous === 1 ? "u" : `u${anonymous}`, field };
  });
}

export function printStruct(scope: FileScope, struct: Struct, marshalable: boolean): string {
  const siblings = new Set(struct.fields.map((it) => it.name));
  const fields = namedFields(struct.fields);
  const members = fields.map(({ name, field }) => {
    const ts = typeScriptOf(scope, () => lowerField(scope, struct, field, siblings));
    return `${printDoc(docLines(scope.sources, field), "  ")}  ${memberName(name)}: ${ts};\n`;
  });
  const doc = printDoc(docLines(scope.sources, struct), "");
  const head = `${doc}export interface ${struct.name} {\n${members.join("")}}\n`;
  if (!marshalable) return head;
  const lines = fields.map(({ name, field }) => {
    const { ndr } = lowerField(scope, struct, field, siblings);
    const extra = fieldExtra(scope, field, siblings);
    return `  ${scope.runtime("field")}(${JSON.stringify(name)}, ${ndr}${extra}),\n`;
  });
  const type = scope.runtimeType("NdrType");
  const maker = scope.runtime("struct");
  return `${head}\nexport const ${struct.name}: ${type} = ${maker}(${JSON.stringify(struct.name)}, () => [\n${lines.join("")}]);\n`;
}

/** The discriminant and range of a member or parameter, as an object literal behind a comma. */
function fieldExtra(scope: FileScope, field: Field, siblings: ReadonlySet<string>): string {
  const parts = extras(scope, field.attributes, field.type, siblings);
  return parts.length === 0 ? "" : `, { ${parts.join(", ")} }`;
}

export function extras(
  scope: FileScope,
  attributes: readonly Attribute[],
  type: Type,
  siblings: ReadonlySet<string>,
): string[] {
  const parts: string[] = [];
  const expr = attributeOf(attributes, "switch_is")?.args?.[0];
  if (expr !== undefined) parts.push(`switchIs: ${scope.lowering.switchIs(expr, siblings)}`);
  const range = rangeOf(scope.evaluator, attributes, type);
  if (range !== undefined) parts.push(`range: [${range[0]}, ${range[1]}]`);
  return parts;
}

function rangeOf(
  evaluator: Evaluator,
  attributes: readonly Attribute[],
  type: Type,
): [number, number] | undefined {
  const args = attributeOf(attributes, "range")?.args ?? aliasRange(type);
  if (args === undefined || args.length < 2) return undefined;
  const [low, high] = args.map((arg) => evaluateNumber(evaluator, arg));
  return low === undefined || high === undefined ? undefined : [low, high];
}

function aliasRange(type: Type): readonly Expr[] | undefined {
  return type.kind === "alias" ? attributeOf(type.attributes, "range")?.args : undefined;
}

function evaluateNumber(evaluator: Evaluator, expr: Expr): number | undefined {
  const value = evaluate(expr, evaluator);
  return typeof value === "number" ? value : undefined;
}

// --- unions ----------------------------------------------------------------------------------------------------------

export function printUnion(scope: FileScope, union: Union, marshalable: boolean): string {
  const forms = union.arms.map((arm) => armForm(scope, union, arm));
  const doc = printDoc(docLines(scope.sources, union), "");
  const body = forms.length === 0 ? " never" : `\n  | ${forms.join("\n  | ")}`;
  const head = `${doc}export type ${union.name} =${body};\n`;
  if (!marshalable) return head;
  const arms = union.arms.map((arm) => `  ${scope.runtime("arm")}(${armArguments(scope, union, arm)}),\n`);
  const encapsulated = union.encapsulated === undefined ? "" : ", true";
  const type = scope.runtimeType("NdrType");
  const name = JSON.stringify(union.name);
  const maker = scope.runtime("union");
  const discriminant = discriminantOf(scope, union);
  return `${head}\nexport const ${union.name}: ${type} = ${maker}(${name}, ${discriminant}, () => [\n${arms.join("")}]${encapsulated});\n`;
}

/** The discriminant's descriptor: what the union says, else the type of what a [switch_is] names, else a long. */
function discriminantOf(scope: FileScope, union: Union): string {
  const type = union.switchType ?? scope.switchTypeOf(union);
  if (type === undefined) return scope.runtime("i32");
  const use = {
    attributes: [],
    siblings: new Set<string>(),
    pointerDefault: "unique" as const,
    top: false,
    level: 0,
  };
  const plain = unalias(type);
  const values = plain.kind === "enum" ? scope.importedValue(plain) : undefined;
  // The descriptor of another module is of any type to TypeScript; a discriminant has to be a number.
  if (plain.kind === "enum" && values !== undefined) return enumDescriptor(scope, plain, values);
  return scope.lowering.lower(type, use).ndr;
}

export function enumDescriptor(scope: FileScope, entity: Enum, values: string, wider = false): string {
  const wide = wider || hasAttribute(entity.attributes, "v1_enum") ? ", true" : "";
  return `${scope.runtime("enumeration")}(${JSON.stringify(entity.name)}, ${values}${wide})`;
}

function armName(arm: Arm): string {
  if (arm.field === undefined || emptyArm(arm)) return "";
  return arm.field.name === "" ? "u" : arm.field.name;
}

function emptyArm(arm: Arm): boolean {
  const plain = arm.field === undefined ? undefined : unalias(arm.field.type);
  return plain?.kind === "base" && plain.name === "void";
}

function armForm(scope: FileScope, union: Union, arm: Arm): string {
  const tag = arm.isDefault || arm.cases.length === 0 ? "number" : arm.cases.join(" | ");
  const name = armName(arm);
  if (arm.field === undefined || name === "") return `{ tag: ${tag} }`;
  const { field } = arm;
  const ts = typeScriptOf(scope, () => lowerField(scope, union, field, new Set()));
  return `{ tag: ${tag}; ${memberName(name)}: ${ts} }`;
}

function armArguments(scope: FileScope, union: Union, arm: Arm): string {
  const cases = arm.isDefault ? "[]" : `[${arm.cases.join(", ")}]`;
  const name = armName(arm);
  if (arm.field === undefined || name === "") return `${cases}, "", null`;
  return `${cases}, ${JSON.stringify(name)}, ${lowerField(scope, union, arm.field, new Set()).ndr}`;
}

/** Throws {@link Unmarshalable} when a structure or union has a member without a form on the wire. */
export function requireMarshalable(scope: FileScope, entity: Struct | Union): void {
  if (entity.kind === "struct") {
    if (entity.fields.length === 0) throw new Unmarshalable(`structure ${entity.name} has no members`);
    const siblings = new Set(entity.fields.map((it) => it.name));
    for (const field of entity.fields) {
      if (field.bits !== undefined)
        throw new Unmarshalable(`bit fields (${entity.name}.${field.name}) cannot be sent`);
      const lowered = within(`${entity.name}.${field.name}`, () =>
        lowerField(scope, entity, field, siblings),
      );
      if (lowered.ndr === "") throw new Unmarshalable(entity.name);
      fieldExtra(scope, field, siblings);
      requireSwitch(entity, field);
      if (field !== entity.fields.at(-1) && isConformant(field.type))
        throw new Unmarshalable(
          `${entity.name}.${field.name} has no fixed size, which only the last member of a structure may have`,
        );
    }
    return;
  }
  discriminantOf(scope, entity);
  for (const arm of entity.arms)
    within(`${entity.name}.${armName(arm)}`, () => armArguments(scope, entity, arm));
}

/** An array whose size stands in the message, or a structure that ends with one. */
function isConformant(type: Type): boolean {
  const plain = unalias(type);
  if (plain.kind === "array") return plain.size === undefined;
  const last = plain.kind === "struct" ? plain.fields.at(-1) : undefined;
  return last !== undefined && isConformant(last.type);
}

function requireSwitch(entity: Struct, field: Field): void {
  const plain = unalias(field.type);
  if (plain.kind !== "union" || plain.encapsulated !== undefined) return;
  if (attributeOf(field.attributes, "switch_is") === undefined) {
    throw new Unmarshalable(`${entity.name}.${field.name} is a union without [switch_is]`);
  }
}

/** Says where inside a type the trouble is. */
export function within<R>(where: string, make: () => R): R {
  try {
    return make();
  } catch (error) {
    if (error instanceof Unmarshalable && !error.message.includes(" (at ")) {
      throw new Unmarshalable(`${error.message} (at ${where})`);
    }
    throw error;
  }
}

// --- enums and constants ---------------------------------------------------------------------------------------------

export function printEnum(scope: FileScope, entity: Enum): string {
  const { name } = entity;
  const doc = printDoc(docLines(scope.sources, entity), "");
  // Without a name it only gives names to numbers.
  if (name === "") {
    const constants = entity.values.map(
      (it) => `${printDoc(docLines(scope.sources, it), "")}export const ${it.name} = ${it.value};\n`,
    );
    return constants.join("");
  }
  const values = entity.values.map(
    (it) => `${printDoc(docLines(scope.sources, it), "  ")}  ${memberName(it.name)}: ${it.value},\n`,
  );
  return [
    `${doc}export const ${name} = {\n${values.join("")}} as const;\n`,
    `export type ${name} = (typeof ${name})[keyof typeof ${name}];\n`,
    `export const ${name}_enum: ${scope.runtimeType("NdrType")} = ${enumDescriptor(scope, entity, name)};\n`,
  ].join("");
}

/** Undefined for a constant without a value to print. */
export function printConstant(scope: FileScope, constant: Constant): string | undefined {
  const { value, name } = constant;
  if (value === undefined) return undefined;
  const doc = printDoc(docLines(scope.sources, constant), "");
  const plain = unalias(constant.type);
  if (plain.kind === "struct" && typeof value === "string") {
    const guid = scope.runtimeType("Guid");
    return `${doc}export const ${name}: ${guid} = ${JSON.stringify(value)} as ${guid};\n`;
  }
  const wide = plain.kind === "base" && (plain.name === "int64" || plain.name === "uint64");
  const text =
    typeof value === "bigint" || (wide && typeof value === "number")
      ? `${value}n`
      : typeof value === "string" || value === null
        ? JSON.stringify(value)
        : String(value);
  return `${doc}export const ${name} = ${text};\n`;
}

// --- wire_marshal types ----------------------------------------------------------------------------------------------

export function printUserType(scope: FileScope, alias: Alias, marshal: string): string | undefined {
  const wire = wireAttribute(alias.attributes)?.args?.[0];
  if (wire?.kind !== "type") return undefined;
  return printWire(scope, alias, marshal);
}

function printWire(scope: FileScope, alias: Alias, marshal: string): string {
  const use = {
    attributes: [],
    siblings: new Set<string>(),
    pointerDefault: "unique" as const,
    top: false,
    level: 0,
  };
  const wire = scope.lowering.lower(scope.wireType(alias), use);
  const doc = printDoc(docLines(scope.sources, alias), "");
  const name = JSON.stringify(alias.name);
  const maker = scope.runtime("userType");
  return `${doc}export const ${alias.name}: ${scope.runtimeType("NdrType")} = ${maker}(${name}, () => ${wire.ndr}, () => ${marshal});\n`;
}

// --- interfaces ------------------------------------------------------------------------------------------------------

export function printInterface(scope: FileScope, entity: Interface): string {
  const { name, iid } = entity;
  // Without an IID there is a type and no constant.
  const wanted = iid === undefined ? "values" : "none";
  const methods = scope.imports.without(wanted, () => printMethods(scope, entity));
  const { base: parent } = entity;
  const base =
    parent === undefined
      ? undefined
      : iid === undefined
        ? scope.typeName(parent)
        : scope.interfaceName(parent);
  const clashes = entity.base === undefined ? [] : methods.names.filter((it) => hasMethod(entity.base, it));
  const omitted = clashes.map((it) => JSON.stringify(it)).join(" | ");
  const heritage =
    base === undefined ? "" : ` extends ${clashes.length === 0 ? base : `Omit<${base}, ${omitted}>`}`;
  const doc = printDoc(docLines(scope.sources, entity), "");
  const head = `${doc}export interface ${name}${heritage} {\n${methods.signatures}}\n`;
  if (iid === undefined) return head;
  const facts = [`name: ${JSON.stringify(name)}`, `iid: ${JSON.stringify(iid)}`];
  if (!entity.object) facts.push(`version: [${entity.version.join(", ")}]`, `kind: "rpc"`);
  if (entity.dual) facts.push("dual: true");
  if (entity.oleautomation) facts.push("oleautomation: true");
  if (base !== undefined) facts.push(`base: () => ${base}`);
  if (entity.asyncIid !== undefined) facts.push(`asyncIid: ${JSON.stringify(entity.asyncIid)}`);
  facts.push(`methods: () => [\n${methods.descriptors}  ]`);
  return `${head}\n${defined(scope, name, facts)}`;
}

function defined(scope: FileScope, name: string, facts: readonly string[]): string {
  const type = scope.runtimeType("Interface");
  const maker = scope.runtime("defineInterface");
  return `export const ${name}: ${type}<${name}> = ${maker}<${name}>({\n${facts.map((it) => `  ${it},\n`).join("")}});\n`;
}

function hasMethod(entity: Interface | undefined, name: string): boolean {
  for (let at = entity; at !== undefined; at = at.base) {
    if (at.name === "IUnknown") return ["QueryInterface", "AddRef", "Release"].includes(name);
    if (at.methods.some((it) => it.name === name)) return true;
  }
  return false;
}

export function printDispinterface(scope: FileScope, entity: Dispinterface): string {
  const doc = printDoc(docLines(scope.sources, entity), "");
  const { name, iid } = entity;
  const methods = printMethods(scope, entity);
  const base = scope.dispatchName();
  const heritage = entity.of === undefined ? base : scope.interfaceName(entity.of);
  const head = `${doc}export interface ${name} extends ${heritage} {\n${methods.signatures}}\n`;
  if (iid === undefined) return head;
  const facts = [
    `name: ${JSON.stringify(name)}`,
    `iid: ${JSON.stringify(iid)}`,
    `kind: "dispatch"`,
    "oleautomation: true",
    `base: () => ${heritage}`,
    `methods: () => [\n${methods.descriptors}  ]`,
  ];
  return `${head}\n${defined(scope, name, facts)}`;
}

export function printCoclass(scope: FileScope, entity: Coclass): string {
  const { name, clsid } = entity;
  if (clsid === undefined) return "";
  const first = defaultInterface(entity);
  const type = scope.runtimeType("ClassDescriptor");
  const own = first === undefined ? "unknown" : scope.interfaceName(first);
  const ordered = entity.interfaces.toSorted((a, b) => Number(b.default) - Number(a.default));
  const list = (source: boolean): string =>
    `[${ordered
      .filter((it) => it.source === source && it.interface.iid !== undefined)
      .map((it) => scope.interfaceName(it.interface))
      .join(", ")}]`;
  const programmatic = textArgument(entity.attributes, "progid");
  const independent = textArgument(entity.attributes, "vi_progid");
  const progId = programmatic ?? (entity.library === undefined ? undefined : `${entity.library}.${name}`);
  const facts = [`name: ${JSON.stringify(name)}`, `clsid: ${JSON.stringify(clsid)}`];
  if (progId !== undefined) facts.push(`progId: ${JSON.stringify(progId)}`);
  if (independent !== undefined) facts.push(`versionIndependentProgId: ${JSON.stringify(independent)}`);
  facts.push(`interfaces: ${list(false)}`);
  const sources = list(true);
  if (sources !== "[]") facts.push(`sources: ${sources}`);
  const doc = printDoc(docLines(scope.sources, entity), "");
  const maker = scope.runtime("defineCoclass");
  return `${doc}export const ${name}: ${type}<${own}> = ${maker}<${own}>({\n${facts.map((it) => `  ${it},\n`).join("")}});\n`;
}

export function printLibrary(scope: FileScope, entity: Library): string {
  if (entity.libid === undefined) return "";
  const guid = scope.runtimeType("Guid");
  const doc = printDoc(docLines(scope.sources, entity), "");
  return `${doc}export const LIBID_${entity.name}: ${guid} = ${JSON.stringify(entity.libid)} as ${guid};\n`;
}
