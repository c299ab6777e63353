import { ComError } from "../../base/index.ts";
import { CALLCONV, INVOKEKIND, TYPEKIND } from "../gen/oaidl.ts";
import type {
  CustomData,
  Documentation,
  FunctionDesc,
  ImportedType,
  ParameterDesc,
  TypeInfo,
  TypeLibrary,
  TypeReference,
  VariableDesc,
} from "./model.ts";
import { type NameOf, declare, typeText } from "./print/declarator.ts";
import {
  attributesOf,
  functionFlags,
  implFlags,
  libraryFlags,
  parameterFlags,
  typeFlags,
  variableFlags,
} from "./print/flags.ts";
import { canAnnounce, definitionOrder } from "./print/order.ts";
import { packingOf } from "./print/packing.ts";
import { Lines, hex, literal, quote } from "./print/text.ts";
import { IID_IDispatch, IID_IUnknown, guidOfImported } from "./roots.ts";
import type { LibraryScope } from "./scope.ts";

const TypeFlag = { appObject: 1, canCreate: 2, predeclared: 8, dual: 0x40, oleAutomation: 0x100 } as const;
const PARAMFLAG_FHASDEFAULT = 0x20;
const FUNCTION_IDS = 0x60;
const VARIABLE_IDS = 0x40000000;
/** What MIDL itself leaves in a library: its version and the time. */
const compilerData = /^de77ba6[345]-517c-11d1-a2da-0000f8773ce9$/;

export interface PrintIdlOptions {
  /**
   * Adds an `import` of an IDL file for each imported library, for compilers that do not look into them (see {@link importedIdl}), and shows unions as
   * their bytes: nothing in a library says which member counts, so that code for the wire cannot know it.
   */
  readonly importIdl?: boolean;
}

/**
 * Prints a library as IDL that compiles to the same declarations. Types of other libraries are named when the scope finds them, else by their GUID.
 */
export function printIdl(scope: LibraryScope, options: PrintIdlOptions = {}): string {
  return new IdlPrinter(scope, options).print();
}

/** What oaidl.idl defines of stdole. */
const wellKnown: ReadonlySet<string> = new Set([
  "IUnknown",
  "IDispatch",
  "IEnumVARIANT",
  "GUID",
  "DISPPARAMS",
  "EXCEPINFO",
]);

/** The IDL files that a text printed with `importIdl` imports, and those they import, by name. */
export function importedIdl(scope: LibraryScope): Map<string, string> {
  const files = new Map<string, string>();
  const visit = (one: LibraryScope): void => {
    for (const [file, imported] of idlImports(one)) {
      if (files.has(file)) continue;
      files.set(file, "");
      files.set(file, printIdl(imported, { importIdl: true }));
      visit(imported);
    }
  };
  visit(scope);
  return files;
}

/** Imported libraries that have types which are not well known, by the name of an IDL file. */
function idlImports(scope: LibraryScope): [file: string, imported: LibraryScope][] {
  const { imports, importedTypes } = scope.library;
  return imports.flatMap(({ fileName }, position): [string, LibraryScope][] => {
    const imported = scope.imported(position);
    if (imported === undefined || imported === scope) return [];
    const needed = importedTypes.some((type) => {
      if (type.library !== position) return false;
      const index = imported.library.types.findIndex(
        (one, i) => i === type.index || (one.guid !== undefined && one.guid === type.guid),
      );
      return index >= 0 && !wellKnown.has(imported.library.types[index]?.name ?? "");
    });
    return needed ? [[`${fileName.replace(/\.[^.]*$/, "")}.idl`, imported]] : [];
  });
}

class IdlPrinter {
  readonly #scope: LibraryScope;
  readonly #library: TypeLibrary;
  readonly #lines = new Lines();
  readonly #nameOf: NameOf;
  readonly #defined = new Set<number>();
  readonly #options: PrintIdlOptions;

  constructor(scope: LibraryScope, options: PrintIdlOptions) {
    this.#options = options;
    this.#scope = scope;
    this.#library = scope.library;
    this.#nameOf = (reference) => this.#nameOfReference(reference);
  }

  print(): string {
    const library = this.#library;
    const lines = this.#lines;
    this.#idlImports();
    lines.attributes([
      `uuid(${library.guid})`,
      `version(${library.version.major}.${library.version.minor})`,
      ...(library.lcid === 0 ? [] : [`lcid(${hex(library.lcid)})`]),
      ...attributesOf(library.flags, libraryFlags),
      ...(library.helpFile === undefined ? [] : [`helpfile(${quote(library.helpFile)})`]),
      ...(library.helpStringDll === undefined ? [] : [`helpstringdll(${quote(library.helpStringDll)})`]),
      ...documentation(library),
    ]);
    lines.add(`library ${library.name}`);
    lines.add("{");
    lines.indented(() => {
      this.#imports();
      this.#announcements();
      for (const index of definitionOrder(library)) {
        const type = library.types[index] as TypeInfo;
        if (!this.#leftOut(type)) {
          lines.add("");
          this.#type(type);
        }
        this.#defined.add(index);
      }
    });
    lines.add("};");
    return lines.toString();
  }

  #idlImports(): void {
    const { importIdl } = this.#options;
    if (importIdl !== true && this.#scope.typeOfName("IDispatch") !== undefined) return;
    this.#lines.add('import "oaidl.idl";');
    if (importIdl === true) {
      for (const [file] of idlImports(this.#scope)) this.#lines.add(`import ${quote(file)};`);
    }
    this.#lines.add("");
  }

  /** With oaidl.idl imported, what it defines is left to it. */
  #leftOut(type: TypeInfo): boolean {
    return this.#options.importIdl === true && wellKnown.has(type.name);
  }

  #imports(): void {
    for (const { fileName, guid, version } of this.#library.imports) {
      this.#lines.add(`// {${guid}} ${version.major}.${version.minor}`);
      this.#lines.add(`importlib(${quote(fileName)});`);
    }
  }

  #announcements(): void {
    const announced = this.#library.types.filter((type) => canAnnounce(type) && !this.#leftOut(type));
    if (announced.length > 0) this.#lines.add("");
    for (const type of announced) this.#lines.add(`${keyword(type)} ${type.name};`);
  }

  #nameOfReference(reference: TypeReference): string {
    if ("local" in reference && !this.#defined.has(reference.local)) {
      const type = this.#library.types[reference.local];
      const tag = type === undefined ? undefined : this.#asBytes(type) ? "struct" : tags.get(type.kind);
      if (tag !== undefined) return `${tag} ${type?.name}`;
    }
    try {
      return this.#scope.resolve(reference).type.name;
    } catch (error) {
      ComError.from(error);
      const imported = "imported" in reference ? this.#library.importedTypes[reference.imported] : undefined;
      return unresolved(guidOfImported(this.#library, imported), imported);
    }
  }

  #type(type: TypeInfo): void {
    switch (type.kind) {
      case TYPEKIND.TKIND_ENUM:
        return this.#enumeration(type);
      case TYPEKIND.TKIND_RECORD:
      case TYPEKIND.TKIND_UNION:
        return this.#record(type);
      case TYPEKIND.TKIND_ALIAS:
        return this.#alias(type);
      case TYPEKIND.TKIND_MODULE:
        return this.#module(type);
      case TYPEKIND.TKIND_COCLASS:
        return this.#coclass(type);
      case TYPEKIND.TKIND_DISPATCH:
        return (type.flags & TypeFlag.dual) === 0 ? this.#dispinterface(type) : this.#interface(type);
      default:
        return this.#interface(type);
    }
  }

  #enumeration(type: TypeInfo): void {
    this.#lines.add(`typedef ${bracket(typeAttributes(type))}enum ${type.name} {`);
    this.#lines.indented(() => {
      for (const [i, item] of type.variables.entries()) {
        const value = item.value === undefined ? "" : ` = ${literal(item.value)}`;
        const comma = i === type.variables.length - 1 ? "" : ",";
        this.#lines.add(`${bracket(variableAttributes(item, i))}${item.name}${value}${comma}`);
      }
    });
    this.#lines.add(`} ${type.name};`);
  }

  #asBytes(type: TypeInfo): boolean {
    return this.#options.importIdl === true && type.kind === TYPEKIND.TKIND_UNION;
  }

  #record(type: TypeInfo): void {
    if (this.#asBytes(type)) {
      const names = type.variables.map(({ name }) => name).join(", ");
      this.#lines.add(`// A union of ${names}: nothing says which one counts, so these are its bytes.`);
      this.#lines.add(
        `typedef ${bracket(typeAttributes(type))}struct ${type.name} { byte bytes[${Math.max(1, type.size)}]; } ${type.name};`,
      );
      return;
    }
    const word = type.kind === TYPEKIND.TKIND_UNION ? "union" : "struct";
    const packing = packingOf(this.#scope, type);
    if (packing !== undefined) this.#lines.add(`#pragma pack(push, ${packing})`);
    this.#lines.add(`typedef ${bracket(typeAttributes(type))}${word} ${type.name} {`);
    this.#lines.indented(() => {
      for (const [i, field] of type.variables.entries()) {
        this.#lines.add(
          `${bracket(variableAttributes(field, i))}${declare(field.type, field.name, this.#nameOf)};`,
        );
      }
    });
    this.#lines.add(`} ${type.name};`);
    if (packing !== undefined) this.#lines.add("#pragma pack(pop)");
  }

  #alias(type: TypeInfo): void {
    const attributes = bracket(["public", ...typeAttributes(type)]);
    this.#lines.add(`typedef ${attributes}${declare(type.alias ?? { vt: 24 }, type.name, this.#nameOf)};`);
  }

  #module(type: TypeInfo): void {
    const dll = type.dllName === undefined ? [] : [`dllname(${quote(type.dllName)})`];
    this.#lines.attributes([...typeAttributes(type), ...dll]);
    this.#lines.add(`module ${type.name}`);
    this.#block(() => {
      for (const [i, constant] of type.variables.entries()) {
        const value = constant.value === undefined ? "0" : literal(constant.value);
        const attributes = bracket(variableAttributes(constant, type.functions.length + i));
        this.#lines.add(
          `${attributes}const ${declare(constant.type, constant.name, this.#nameOf)} = ${value};`,
        );
      }
      for (const [i, desc] of type.functions.entries()) this.#function(type, desc, i);
    });
  }

  #interface(type: TypeInfo): void {
    this.#lines.attributes(["object", ...typeAttributes(type)]);
    const [base] = type.implTypes;
    const from = base === undefined ? "" : ` : ${this.#nameOf(base.reference)}`;
    this.#lines.add(`interface ${type.name}${from}`);
    this.#block(() => {
      for (const [i, desc] of type.functions.entries()) this.#function(type, desc, i);
    });
  }

  #dispinterface(type: TypeInfo): void {
    this.#lines.attributes(typeAttributes(type));
    this.#lines.add(`dispinterface ${type.name}`);
    const [over] = type.implTypes;
    this.#block(() => {
      if (over !== undefined) {
        this.#lines.add(`interface ${this.#nameOf(over.reference)};`);
        return;
      }
      this.#lines.add("properties:");
      this.#lines.indented(() => {
        for (const [i, property] of type.variables.entries()) {
          const attributes = bracket(variableAttributes(property, i, true));
          this.#lines.add(`${attributes}${declare(property.type, property.name, this.#nameOf)};`);
        }
      });
      this.#lines.add("methods:");
      this.#lines.indented(() => {
        for (const [i, desc] of type.functions.entries()) this.#function(type, desc, i);
      });
    });
  }

  #coclass(type: TypeInfo): void {
    this.#lines.attributes(typeAttributes(type));
    this.#lines.add(`coclass ${type.name}`);
    this.#block(() => {
      for (const { reference, flags, customData } of type.implTypes) {
        const attributes = bracket([...attributesOf(flags, implFlags), ...custom(customData)]);
        this.#lines.add(`${attributes}${this.#implKeyword(reference)} ${this.#nameOf(reference)};`);
      }
    });
  }

  #implKeyword(reference: TypeReference): string {
    if ("local" in reference) {
      const type = this.#library.types[reference.local];
      return type === undefined ? "interface" : keyword(type);
    }
    return this.#library.importedTypes[reference.imported]?.kind === TYPEKIND.TKIND_DISPATCH
      ? "dispinterface"
      : "interface";
  }

  #block(run: () => void): void {
    this.#lines.add("{");
    this.#lines.indented(run);
    this.#lines.add("};");
  }

  #function(type: TypeInfo, desc: FunctionDesc, index: number): void {
    const usual = type.kind !== TYPEKIND.TKIND_MODULE && desc.callConv === CALLCONV.CC_STDCALL;
    const convention = usual ? "" : (conventions.get(desc.callConv) ?? "");
    const params = desc.params.map((param, i) => this.#param(param, i));
    const head = `${bracket(functionAttributes(type, desc, index, this.#depthOf(type)))}${typeText(desc.result, this.#nameOf)} ${convention}${desc.name}`;
    if (params.length === 0) {
      this.#lines.add(`${head}();`);
      return;
    }
    const one = `${head}(${params.join(", ")});`;
    if (one.length <= 100) {
      this.#lines.add(one);
      return;
    }
    this.#lines.add(`${head}(`);
    this.#lines.indented(() => {
      for (const [i, param] of params.entries()) {
        this.#lines.add(`${param}${i === params.length - 1 ? ");" : ","}`);
      }
    });
  }

  /** How many interfaces a type derives from: what members' identifiers count. */
  #depthOf(type: TypeInfo): number | undefined {
    try {
      const view = this.#scope.type(this.#library.types.indexOf(type));
      return type.kind === TYPEKIND.TKIND_MODULE ? 0 : view.vtableSide.bases.length;
    } catch (error) {
      ComError.from(error);
      return undefined;
    }
  }

  #param(param: ParameterDesc, index: number): string {
    const attributes = attributesOf(param.flags, parameterFlags);
    if ((param.flags & PARAMFLAG_FHASDEFAULT) !== 0 && param.defaultValue !== undefined) {
      const optional = attributes.indexOf("optional");
      const given = `defaultvalue(${literal(param.defaultValue)})`;
      if (optional >= 0) attributes.splice(optional, 1, given);
      else attributes.push(given);
    }
    attributes.push(...custom(param.customData));
    const name = param.name ?? (index === 0 ? "value" : `value${index}`);
    return `${bracket(attributes)}${declare(param.type, name, this.#nameOf)}`;
  }
}

/** What goes before the name of a type that is not defined yet. */
const tags: ReadonlyMap<TYPEKIND, string> = new Map<TYPEKIND, string>([
  [TYPEKIND.TKIND_RECORD, "struct"],
  [TYPEKIND.TKIND_UNION, "union"],
  [TYPEKIND.TKIND_ENUM, "enum"],
]);

/** A type in a library that is not at hand: its GUID tells the roots; others are taken for what they most often are. */
function unresolved(iid: string | undefined, imported: ImportedType | undefined): string {
  if (iid === IID_IDispatch) return "IDispatch";
  if (iid === IID_IUnknown) return "IUnknown";
  const which = iid === undefined ? `type ${imported?.index}` : `{${iid}}`;
  switch (imported?.kind) {
    case TYPEKIND.TKIND_ENUM:
    case TYPEKIND.TKIND_ALIAS:
    case TYPEKIND.TKIND_RECORD:
    case TYPEKIND.TKIND_UNION:
      return `long /* ${which}, not found */`;
    default:
      return `IUnknown /* ${which}, not found */`;
  }
}

const conventions: ReadonlyMap<number, string> = new Map([
  [1, "_cdecl "],
  [2, "_pascal "],
  [4, "_stdcall "],
]);

function keyword(type: TypeInfo): string {
  if (type.kind === TYPEKIND.TKIND_COCLASS) return "coclass";
  return type.kind === TYPEKIND.TKIND_DISPATCH && (type.flags & TypeFlag.dual) === 0
    ? "dispinterface"
    : "interface";
}

function bracket(attributes: readonly string[]): string {
  return attributes.length === 0 ? "" : `[${attributes.join(", ")}] `;
}

function documentation(doc: Documentation): string[] {
  return [
    ...(doc.docString === undefined ? [] : [`helpstring(${quote(doc.docString)})`]),
    ...(doc.helpContext === 0 ? [] : [`helpcontext(${hex(doc.helpContext)})`]),
    ...(doc.helpStringContext === 0 ? [] : [`helpstringcontext(${hex(doc.helpStringContext)})`]),
    ...custom(doc.customData),
  ];
}

function custom(list: readonly CustomData[]): string[] {
  return list
    .filter(({ guid }) => !compilerData.test(guid))
    .map(({ guid, value }) => `custom(${guid}, ${literal(value)})`);
}

function typeAttributes(type: TypeInfo): string[] {
  const { flags, kind, version } = type;
  const coclass = kind === TYPEKIND.TKIND_COCLASS;
  const dual = (flags & TypeFlag.dual) !== 0;
  return [
    ...(type.guid === undefined ? [] : [`uuid(${type.guid})`]),
    ...(version.major === 0 && version.minor === 0 ? [] : [`version(${version.major}.${version.minor})`]),
    ...(dual ? ["dual"] : []),
    ...((flags & TypeFlag.oleAutomation) === 0 ? [] : ["oleautomation"]),
    ...(coclass && (flags & TypeFlag.appObject) !== 0 ? ["appobject"] : []),
    ...(coclass && (flags & TypeFlag.canCreate) === 0 ? ["noncreatable"] : []),
    ...attributesOf(flags, typeFlags),
    ...documentation(type),
  ];
}

/** `depth` is how many interfaces the type derives from; undefined when nobody knows, and then identifiers are always shown. */
function functionAttributes(
  type: TypeInfo,
  desc: FunctionDesc,
  index: number,
  depth: number | undefined,
): string[] {
  const numbered =
    depth !== undefined && desc.memid >>> 0 === ((FUNCTION_IDS << 24) | (depth << 16) | index) >>> 0;
  const entry =
    desc.entry === undefined
      ? []
      : [typeof desc.entry === "number" ? `entry(${desc.entry})` : `entry(${quote(desc.entry)})`];
  return [
    ...(type.kind === TYPEKIND.TKIND_MODULE ? entry : []),
    ...(numbered ? [] : [`id(${hex(desc.memid)})`]),
    ...invokeAttributes(desc.invoke),
    ...(desc.optionalCount < 0 ? ["vararg"] : []),
    ...attributesOf(desc.flags, functionFlags),
    ...documentation(desc),
  ];
}

function invokeAttributes(invoke: INVOKEKIND): string[] {
  switch (invoke) {
    case INVOKEKIND.INVOKE_PROPERTYGET:
      return ["propget"];
    case INVOKEKIND.INVOKE_PROPERTYPUT:
      return ["propput"];
    case INVOKEKIND.INVOKE_PROPERTYPUTREF:
      return ["propputref"];
    default:
      return [];
  }
}

/** Properties of dispinterfaces always show their identifiers. */
function variableAttributes(desc: VariableDesc, index: number, always = false): string[] {
  return [
    ...(always || desc.memid !== VARIABLE_IDS + index ? [`id(${hex(desc.memid)})`] : []),
    ...attributesOf(desc.flags, variableFlags),
    ...documentation(desc),
  ];
}
