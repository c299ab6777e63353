import { evaluate } from "../bind/evaluate.ts";
import type { Dispinterface, Interface, Method, Param, PointerClass, Type } from "../model.ts";
import { attributeOf, hasAttribute, unalias } from "../model.ts";
import { docLines, printDoc } from "./docs.ts";
import { extras, type FileScope, memberName, typeScriptOf, within } from "./entities.ts";
import { type Lowered, Unmarshalable } from "./lower.ts";

export interface PrintedMethods {
  /** Members of the TypeScript interface. */
  readonly signatures: string;
  /** Elements of the descriptor's method list. */
  readonly descriptors: string;
  readonly names: readonly string[];
}

/** Prints the own methods of an interface. A local method that travels as another one has the other one's parameters. */
export function printMethods(scope: FileScope, entity: Interface | Dispinterface): PrintedMethods {
  const pointerDefault = entity.kind === "interface" ? entity.pointerDefault : "unique";
  const wireMethods = new Map(
    entity.methods.filter((it) => it.callAs !== undefined).map((it) => [it.name, it]),
  );
  let signatures = "";
  let descriptors = "";
  const names: string[] = [];
  for (const method of [...properties(entity), ...entity.methods]) {
    if (method.callback || method.callAs !== undefined) continue;
    if (entity.kind === "interface" && !entity.object && method.local) continue;
    const form = (method.wire === undefined ? undefined : wireMethods.get(method.wire)) ?? method;
    const printed = new MethodPrinter(scope, entity, method, form, pointerDefault);
    signatures += printed.signature();
    descriptors += printed.descriptor();
    names.push(method.name);
  }
  return { signatures, descriptors, names };
}

/** The properties of a dispinterface as the get and put methods they are called through. */
function properties(entity: Interface | Dispinterface): Method[] {
  if (entity.kind === "interface") return [];
  return entity.properties.flatMap((property): Method[] => {
    const { name, type, attributes, doc, place, dispId } = property;
    const facts = {
      idlName: name,
      opnum: -1,
      attributes,
      dispId,
      local: false,
      callback: false,
      callAs: undefined,
      wire: undefined,
      doc,
      place,
    };
    const none: Type = { kind: "base", name: "void" };
    const get: Method = { ...facts, name: `get_${name}`, invoke: "get", params: [], returns: type };
    if (hasAttribute(attributes, "readonly")) return [get];
    const value: Param = { name: "value", type, attributes: [], in: true, out: false, retval: false, place };
    return [get, { ...facts, name: `put_${name}`, invoke: "put", params: [value], returns: none }];
  });
}

const maxLine = 112;

function braced(result: string | readonly string[]): string {
  return typeof result === "string" ? result : `{ ${result.join("; ")} }`;
}

const reserved = new Set([
  "break",
  "case",
  "catch",
  "class",
  "const",
  "continue",
  "debugger",
  "default",
  "delete",
  "do",
  "else",
  "enum",
  "export",
  "extends",
  "false",
  "finally",
  "for",
  "function",
  "if",
  "import",
  "in",
  "instanceof",
  "new",
  "null",
  "return",
  "super",
  "switch",
  "this",
  "throw",
  "true",
  "try",
  "typeof",
  "var",
  "void",
  "while",
  "with",
  "yield",
  "let",
  "static",
  "await",
  "implements",
  "interface",
  "package",
  "private",
  "protected",
  "public",
  "arguments",
  "eval",
  "options",
]);

class MethodPrinter {
  readonly #scope: FileScope;
  readonly #method: Method;
  readonly #form: Method;
  readonly #dispatch: boolean;
  readonly #pointerDefault: PointerClass;
  readonly #wideEnums: boolean;
  readonly #params: readonly Param[];
  readonly #siblings: ReadonlySet<string>;
  /** Why the method has no wire form; undefined when it has one. */
  readonly #refusal: string | undefined;

  constructor(
    scope: FileScope,
    entity: Interface | Dispinterface,
    method: Method,
    form: Method,
    pointerDefault: PointerClass,
  ) {
    this.#scope = scope;
    this.#method = method;
    this.#form = form;
    this.#dispatch = entity.kind === "dispinterface";
    this.#pointerDefault = pointerDefault;
    this.#wideEnums = scope.byLibrary(entity);
    // A binding handle is not sent.
    this.#params = form.params.filter((it) => !isHandle(it.type));
    this.#siblings = new Set(this.#params.map((it) => it.name));
    this.#refusal = this.#check(entity);
  }

  #check(entity: Interface | Dispinterface): string | undefined {
    const scope = this.#scope;
    if (this.#form.local) return "it is [local]";
    try {
      scope.imports.without("all", () => {
        for (const param of this.#params) within(param.name, () => this.#paramText(param));
        this.#returns();
      });
      return undefined;
    } catch (error) {
      if (!(error instanceof Unmarshalable)) throw error;
      const name = `${entity.name}.${this.#method.name}`;
      // A dispinterface travels in VARIANTs; what does not fit there is only documentation.
      if (!this.#dispatch)
        this.#scope.report(this.#method.place, `${name} cannot be called remotely: ${error.message}`);
      return error.message;
    }
  }

  #lower(param: Param): Lowered {
    return this.#scope.lowering.lower(param.type, {
      attributes: param.attributes,
      siblings: this.#siblings,
      pointerDefault: this.#pointerDefault,
      top: true,
      level: 0,
      wideEnums: this.#wideEnums,
    });
  }

  #lowerReturn(): Lowered {
    return this.#scope.lowering.lower(this.#form.returns, {
      attributes: this.#form.attributes,
      siblings: this.#siblings,
      pointerDefault: this.#pointerDefault,
      top: false,
      level: 0,
      wideEnums: this.#wideEnums,
    });
  }

  #ts(param: Param): string {
    return typeScriptOf(this.#scope, () => this.#lower(param));
  }

  /** An argument's type: where an interface pointer goes in, an object that implements it does as well. */
  #taken(param: Param): string {
    const ts = this.#ts(param);
    if (this.#refusal !== undefined || param.out) return ts;
    if (!this.#lower(param).ndr.startsWith("interfacePointer")) return ts;
    const [name = ""] = ts.split(" | ");
    return `${this.#scope.runtimeType("Given")}<${name}>${ts.slice(name.length)}`;
  }

  // --- the TypeScript signature -------------------------------------------------------------------------------------

  signature(): string {
    const scope = this.#scope;
    const inputs = this.#params.filter((it) => it.in && !it.retval);
    let optionalFrom = inputs.length;
    while (optionalFrom > 0 && isOptional(inputs[optionalFrom - 1])) optionalFrom--;
    const list = inputs.map((it, i) => {
      const name = reserved.has(it.name) ? `${it.name}_` : it.name;
      return `${name}${i >= optionalFrom ? "?" : ""}: ${this.#taken(it)}`;
    });
    list.push(`options?: ${scope.runtimeType("CallOptions")}`);
    const lines = docLines(scope.sources, this.#method);
    if (lines.length === 0 && this.#form !== this.#method) lines.push(...docLines(scope.sources, this.#form));
    const awaitable = scope.runtimeType("Awaitable");
    const name = memberName(this.#method.name);
    const result = this.#result();
    const one = `  ${name}(${list.join(", ")}): ${awaitable}<${braced(result)}>;\n`;
    if (one.length <= maxLine) return printDoc(lines, "  ") + one;
    const short = `  ): ${awaitable}<${braced(result)}>;\n`;
    const end =
      short.length <= maxLine
        ? short
        : `  ): ${awaitable}<{\n${[result]
            .flat()
            .map((it) => `    ${it};\n`)
            .join("")}  }>;\n`;
    return `${printDoc(lines, "  ")}  ${name}(\n${list.map((it) => `    ${it},\n`).join("")}${end}`;
  }

  /** The result's type, or the members of the result object. */
  #result(): string | string[] {
    const outs = this.#params.filter((it) => it.out);
    const hasValue = !this.#returnsStatus() && !isVoid(this.#form.returns);
    const value = hasValue ? typeScriptOf(this.#scope, () => this.#lowerReturn()) : "void";
    const [only] = outs;
    if (only === undefined) return value;
    if (outs.length === 1 && !hasValue) return this.#ts(only);
    const members = outs.map((it) => `${memberName(it.name)}: ${this.#ts(it)}`);
    if (hasValue) members.push(`returnValue: ${value}`);
    return members;
  }

  #returnsStatus(): boolean {
    return this.#form.returns.kind === "alias" && this.#form.returns.name === "HRESULT";
  }

  // --- the descriptor -----------------------------------------------------------------------------------------------

  descriptor(): string {
    const method = this.#method;
    const remote = this.#refusal === undefined;
    const params = remote ? this.#params.map((it) => this.#paramText(it)) : [];
    const parts = [
      `name: ${JSON.stringify(method.name)}`,
      `opnum: ${method.opnum}`,
      params.length <= 1
        ? `params: [${params.join("")}]`
        : `params: [\n${params.map((it) => `        ${it},\n`).join("")}      ]`,
      `returns: ${remote ? this.#returns() : this.#scope.runtime("hresult")}`,
    ];
    if (method.dispId !== undefined) parts.push(`dispId: ${method.dispId}`);
    if (method.dispId !== undefined || method.invoke !== "method") parts.push(`invoke: "${method.invoke}"`);
    if (!remote) parts.push("local: true");
    if (hasAttribute(method.attributes, "restricted")) parts.push("restricted: true");
    if (hasAttribute(method.attributes, "vararg")) parts.push("vararg: true");
    const one = `    { ${parts.join(", ")} },\n`;
    if (one.length <= 112 && !one.slice(0, -1).includes("\n")) return one;
    return `    {\n${parts.map((it) => `      ${it},\n`).join("")}    },\n`;
  }

  #paramText(param: Param): string {
    requireSwitch(param);
    const parts = [
      `name: ${JSON.stringify(param.name)}`,
      `type: ${this.#lower(param).ndr}`,
      `in: ${param.in}`,
      `out: ${param.out}`,
    ];
    if (param.retval) parts.push("retval: true");
    if (isOptional(param)) parts.push("optional: true");
    if (hasAttribute(param.attributes, "lcid")) parts.push("lcid: true");
    const initial = defaultValue(this.#scope, param);
    if (initial !== undefined) parts.push(`defaultValue: ${initial}`);
    parts.push(...extras(this.#scope, param.attributes, param.type, this.#siblings));
    return `{ ${parts.join(", ")} }`;
  }

  #returns(): string {
    if (this.#returnsStatus()) return this.#scope.runtime("hresult");
    if (isVoid(this.#form.returns)) return this.#scope.runtime("voidType");
    return this.#lowerReturn().ndr;
  }
}

function isVoid(type: Type): boolean {
  const plain = unalias(type);
  return plain.kind === "base" && plain.name === "void";
}

function isHandle(type: Type): boolean {
  const plain = unalias(type);
  return plain.kind === "base" && plain.name === "handle";
}

function isOptional(param: Param | undefined): boolean {
  if (param === undefined) return false;
  return hasAttribute(param.attributes, "optional") || hasAttribute(param.attributes, "defaultvalue");
}

function requireSwitch(param: Param): void {
  let plain = unalias(param.type);
  if (plain.kind === "pointer") plain = unalias(plain.to);
  if (plain.kind !== "union" || plain.encapsulated !== undefined) return;
  if (attributeOf(param.attributes, "switch_is") === undefined) {
    throw new Unmarshalable(`${param.name} is a union without [switch_is]`);
  }
}

function defaultValue(scope: FileScope, param: Param): string | undefined {
  const arg = attributeOf(param.attributes, "defaultvalue")?.args?.[0];
  const value = arg === undefined ? undefined : evaluate(arg, scope.evaluator);
  if (value === undefined) return undefined;
  return typeof value === "bigint" ? String(Number(value)) : JSON.stringify(value);
}
