import { Diagnostics, isHeader } from "../diagnostics.ts";
import type { ImportedLibrary, LoadedUnit, Loader } from "../loader.ts";
import type {
  Constant,
  ConstantValue,
  Entity,
  Enum,
  Interface,
  Library,
  Model,
  Module,
  Named,
  Struct,
  Type,
  Union,
} from "../model.ts";
import { attributeOf } from "../model.ts";
import type { ConstDecl, Decl, EnumSpec, FunctionDecl } from "../syntax/ast.ts";
import { evaluate, type Evaluator } from "./evaluate.ts";
import { Generics } from "./generics.ts";
import { guidText } from "./guid-text.ts";
import { InterfaceBinder } from "./interfaces.ts";
import { baseSizes, sizeOf } from "./sizes.ts";
import { definesType, SymbolTable } from "./symbols.ts";
import { TypeBinder } from "./types.ts";

/** Where names that ODL files use without importing anything come from: for Windows it is the type library of OLE. */
const implicitFiles = ["oaidl.idl", "ocidl.idl", "stdole2.idl"];
const implicitNames = new Set([
  "IUnknown",
  "IDispatch",
  "HRESULT",
  "BSTR",
  "VARIANT",
  "VARIANT_BOOL",
  "DATE",
  "CURRENCY",
  "CY",
  "DECIMAL",
  "SCODE",
  "GUID",
  "LPSTR",
  "LPWSTR",
  "SAFEARRAY",
  "IEnumVARIANT",
  "OLE_COLOR",
  "OLE_XPOS_PIXELS",
  "OLE_YPOS_PIXELS",
  "OLE_XSIZE_PIXELS",
  "OLE_YSIZE_PIXELS",
  "OLE_XPOS_CONTAINER",
  "OLE_YPOS_CONTAINER",
  "OLE_XSIZE_CONTAINER",
  "OLE_YSIZE_CONTAINER",
  "OLE_XPOS_HIMETRIC",
  "OLE_YPOS_HIMETRIC",
  "OLE_XSIZE_HIMETRIC",
  "OLE_YSIZE_HIMETRIC",
  "OLE_HANDLE",
  "OLE_OPTEXCLUSIVE",
  "OLE_CANCELBOOL",
  "OLE_ENABLEDEFAULTBOOL",
  "OLE_TRISTATE",
  "IFontDisp",
  "IPictureDisp",
  "IFont",
  "IPicture",
  "Font",
  "Picture",
  "StdFont",
  "StdPicture",
  "DWORD",
  "WORD",
  "BYTE",
  "BOOL",
  "UINT",
  "ULONG",
  "LONG",
  "USHORT",
  "SHORT",
  "FLOAT",
  "DOUBLE",
  "INT",
  "CHAR",
  "VOID",
  "HWND",
  "IID",
  "CLSID",
  "EXCEPINFO",
  "DISPPARAMS",
  "REFIID",
  "REFGUID",
  "REFCLSID",
  "LCID",
  "DISPID",
  "LPCOLESTR",
  "LPOLESTR",
  "OLECHAR",
  "VARTYPE",
  "FILETIME",
  "SYSTEMTIME",
  "LARGE_INTEGER",
  "ULARGE_INTEGER",
  "HDC",
  "RECT",
  "POINT",
  "SIZE",
  "COLORREF",
]);

/** Binds one unit: looks up every name, numbers methods, evaluates constants. */
export class Binder {
  readonly symbols: SymbolTable = new SymbolTable();
  readonly types: TypeBinder;
  readonly interfaces: InterfaceBinder;
  readonly generics: Generics;
  readonly evaluator: Evaluator;
  readonly diagnostics: Diagnostics;
  readonly #loader: Loader;
  readonly #unit: LoadedUnit;
  readonly #unitOf = new Map<string, string>();
  readonly #entities: Entity[] = [];
  /** What stands in the body of an interface: a library holds it only where something uses it. */
  readonly #nested = new Set<Entity>();
  readonly #constants = new Map<string, ConstantValue | undefined>();
  readonly #evaluating = new Set<string>();
  readonly #unknown: { readonly place: number; readonly message: string }[] = [];
  /** Imported type libraries that were not looked into yet. */
  #libraries: ImportedLibrary[] | undefined;
  /** How many of the implicit files are loaded. */
  #implicit = 0;

  readonly #tolerant: boolean;

  constructor(unit: LoadedUnit, loader: Loader, tolerant: boolean) {
    this.#unit = unit;
    this.#tolerant = tolerant;
    this.#loader = loader;
    this.diagnostics = new Diagnostics(loader.sources);
    this.types = new TypeBinder(this);
    this.interfaces = new InterfaceBinder(this);
    this.generics = new Generics(this);
    this.evaluator = {
      constant: (name, place) => this.constant(name, place),
      sizeOf: (type) => sizeOf(this.types.use(type)),
      castRange: (type) => this.#rangeOf(this.types.use(type)),
      typeRange: (name, place) =>
        this.symbols.type(name) === undefined && !this.findElsewhere(name, place)
          ? undefined
          : this.#rangeOf(this.types.reference(name, undefined, place)),
    };
    this.symbols.add(unit);
  }

  /** The bound model of the unit. */
  bind(): Model {
    for (const decl of this.#unit.decls) this.#decl(decl, this.#entities, undefined);
    return {
      path: this.#unit.path,
      entities: this.#entities,
      imports: this.#unit.imports.map((it) => it.path),
      missing: [...new Set(this.#units().flatMap((it) => it.missing))],
      quotes: this.#unit.decls.flatMap((it) => (it.kind === "cpp_quote" ? [it.text] : [])),
    };
  }

  /**
   * Reports a name whose meaning is not known, at the end: by then it is known whether the text is complete. In a complete one
   * it is an error; otherwise the name may stand in what is missing, and everything else is bound nevertheless.
   */
  unknown(place: number, message: string): void {
    this.#unknown.push({ place, message });
  }

  /** Reports what `unknown` collected. To be called when everything is bound. */
  finish(): void {
    if (this.#unknown.length === 0) return;
    const why = this.#incomplete();
    for (const { place, message } of this.#unknown.splice(0)) {
      if (why === undefined) this.diagnostics.error(place, message);
      else this.diagnostics.warning(place, `${message} (${why})`);
    }
  }

  /** The unit and all it imports. */
  #units(): readonly LoadedUnit[] {
    const units = new Set([this.#unit]);
    for (const unit of units) for (const imported of unit.imports) units.add(imported);
    return [...units];
  }

  /** Why names may be missing that the author had; undefined when the text is complete. */
  #incomplete(): string | undefined {
    for (const unit of this.#units()) {
      const [first] = unit.missing;
      if (first !== undefined) return `"${first}" was not found`;
    }
    const { imports, decls } = this.#unit;
    const library = decls.some((it) => it.kind === "library");
    const typeLibrary = decls.flatMap(importedLibraries).find((it) => !/^std(?:ole|type)/i.test(it));
    if (typeLibrary !== undefined) return `it may stand in "${typeLibrary}"`;
    if (this.#implicit > 0 && imports.length === 0 && !library)
      return "the file imports nothing: it is a part of another";
    const whole = this.#loader.includer(this.#unit.path);
    if (whole !== undefined) return `the file is a part of "${whole}"`;
    return this.#tolerant ? "nothing that was found declares it" : undefined;
  }

  /**
   * The path of the unit a file belongs to: itself, or the file that includes it. Imported C headers are compiled by nobody,
   * so what is used of them belongs to whoever uses it.
   */
  unitOf(file: string): string {
    const unit = this.#ownerOf(file);
    return isHeader(unit) ? this.#unit.path : unit;
  }

  #ownerOf(file: string): string {
    const known = this.#unitOf.get(file);
    if (known !== undefined) return known;
    const seen = new Set([this.#unit]);
    for (const unit of seen) {
      for (const path of unit.files)
        if (!this.#unitOf.has(path) || path === unit.path) this.#unitOf.set(path, unit.path);
      for (const imported of unit.imports) seen.add(imported);
    }
    return this.#unitOf.get(file) ?? file;
  }

  /** Which of these well-known files, by key, defines a type, when another file of a well-known name has it. */
  wellKnownHome(file: string, name: string, keys: readonly string[]): string | undefined {
    return keys.find((key) => {
      const unit = this.#loader.loadWellKnown(`${key}.idl`);
      return unit !== undefined && (unit.path === file || definesType(unit, name));
    });
  }

  /** True for the files that come with the package. */
  isWellKnown(file: string): boolean {
    return this.#loader.isWellKnown(file);
  }

  /** A declared thing's name with its namespace. */
  fullName(entity: Named): string {
    const namespace = this.#loader.namespaceAt(entity.place);
    return namespace === "" ? entity.name : `${namespace}.${entity.name}`;
  }

  /** The declarations of generic interfaces and of what else everybody takes for granted in the Windows Runtime. */
  runtimeFoundation(): LoadedUnit | undefined {
    return this.#loader.loadWellKnown("windows.foundation.idl");
  }

  /** Makes the names of that file known, behind all others. */
  addRuntimeFoundation(): void {
    const unit = this.runtimeFoundation();
    if (unit !== undefined) this.symbols.add(unit);
  }

  get path(): string {
    return this.#unit.path;
  }

  fileOf(place: number): string {
    return this.#loader.sources.fileAt(place)?.path ?? "";
  }

  /**
   * A structure, union or enum of this unit was met for the first time: it is printed where it is first needed. So is an
   * instance of a generic interface, which every unit that uses it makes for itself.
   */
  declare(entity: Struct | Union | Enum | Interface): void {
    if (entity.kind === "interface" || this.unitOf(entity.file) === this.#unit.path)
      this.#entities.push(entity);
  }

  /** Tries the files that ODL takes for granted; true when they declare the name. */
  findElsewhere(name: string, place: number): boolean {
    if (this.#findInLibrary(name)) return true;
    if (!implicitNames.has(name)) {
      if (!this.#loader.definedByImplicit(implicitFiles, name)) return false;
      // Authors build with an SDK whose files import more than they have to.
      this.diagnostics.warning(place, `"${name}" is not imported; that of OLE is taken`);
    }
    for (let file = implicitFiles[this.#implicit]; file !== undefined; file = implicitFiles[this.#implicit]) {
      this.#implicit++;
      const unit = this.#loader.loadWellKnown(file);
      if (unit === undefined) continue;
      this.symbols.add(unit);
      const symbol = this.symbols.type(name);
      if ((symbol !== undefined && symbol.kind !== "forward") || this.symbols.tag(name) !== undefined)
        return true;
    }
    return false;
  }

  /** Reads the imported type libraries one by one until one declares the name. */
  #findInLibrary(name: string): boolean {
    this.#libraries ??= this.#units().flatMap((it) => it.libraries);
    for (let next = this.#libraries.shift(); next !== undefined; next = this.#libraries.shift()) {
      const unit = this.#loader.loadLibrary(next);
      if (unit === undefined) continue;
      this.#libraries.push(...unit.libraries);
      this.symbols.add(unit);
      if (definesType(unit, name) || this.symbols.constant(name) !== undefined) return true;
    }
    return false;
  }

  // --- constants ----------------------------------------------------------------------------------------------------

  constant(name: string, place: number): ConstantValue | undefined {
    if (this.#constants.has(name)) return this.#constants.get(name);
    let symbol = this.symbols.constant(name);
    if (symbol === undefined && this.#findInLibrary(name)) symbol = this.symbols.constant(name);
    if (symbol === undefined) return undefined;
    if (this.#evaluating.has(name) || this.#evaluating.size > 200) {
      this.diagnostics.error(place, `the value of ${name} depends on itself`);
      return undefined;
    }
    this.#evaluating.add(name);
    const value =
      symbol.kind === "const" ? this.#constValue(symbol.decl) : this.#enumerator(symbol.spec, symbol.index);
    this.#evaluating.delete(name);
    this.#constants.set(name, value);
    return value;
  }

  /** False when the name is another declaration's: of a module, an enumeration or an imported file. */
  #isOwn(decl: ConstDecl): boolean {
    const symbol = this.symbols.constant(decl.name);
    return symbol === undefined || (symbol.kind === "const" && symbol.decl === decl);
  }

  #constValue(decl: ConstDecl): ConstantValue | undefined {
    if (decl.value === undefined) return undefined;
    if (decl.value.kind === "raw") return guidText(decl.value.text);
    return evaluate(decl.value, this.evaluator);
  }

  /** The value of an enumerator: its own expression, or one more than the one before. */
  #enumerator(spec: EnumSpec, index: number): ConstantValue | undefined {
    for (let at = index; at >= 0; at--) {
      const member = spec.members[at];
      if (member?.value === undefined && at > 0) {
        const known = this.#constants.get(member?.name ?? "");
        if (typeof known !== "number") continue;
        return known + (index - at);
      }
      const start = member?.value === undefined ? 0 : this.enumeratorExpression(spec, at);
      return typeof start === "number" || typeof start === "boolean"
        ? Number(start) + (index - at)
        : undefined;
    }
    return undefined;
  }

  enumeratorExpression(spec: EnumSpec, index: number): ConstantValue | undefined {
    const expr = spec.members[index]?.value;
    return expr === undefined ? undefined : evaluate(expr, this.evaluator);
  }

  #rangeOf(bound: Type): { bits: number; signed: boolean } | undefined {
    let type = bound;
    for (let i = 0; type.kind === "alias" && i < 100; i++) type = type.type;
    if (type.kind !== "base") return undefined;
    const size = baseSizes[type.name];
    const whole = /^u?int|^(?:byte|boolean|char|wchar|error_status)$/.test(type.name);
    return whole && size > 0 ? { bits: size * 8, signed: type.name.startsWith("int") } : undefined;
  }

  // --- declarations -------------------------------------------------------------------------------------------------

  #named(decl: Omit<Named, "file">): Named {
    const { name, attributes, doc, place } = decl;
    return { name, attributes, doc, place, file: this.fileOf(place) };
  }

  #decl(decl: Decl, into: Entity[], library: string | undefined): void {
    switch (decl.kind) {
      case "typedef":
        for (const declarator of decl.declarators) {
          if (declarator.name === undefined || isGeneric(declarator.name)) continue;
          const type = this.types.typedef(decl, declarator);
          if (type.kind === "alias") into.push(type);
        }
        return;
      case "type":
        if (decl.spec.kind === "struct" || decl.spec.kind === "union" || decl.spec.kind === "enum") {
          this.types.spec(decl.spec, "");
        }
        return;
      case "const":
        if (decl.value !== undefined) into.push(this.#constant(decl));
        return;
      case "interface":
      case "dispinterface":
      case "coclass":
        if (!isGeneric(decl.name)) this.#interfaceDecl(decl, into, library);
        return;
      case "module":
        into.push(this.#module(decl, library));
        return;
      case "library":
        into.push(this.#library(decl));
        return;
      case "forward":
        // An instance of a generic interface, named so that it be made.
        if (isGeneric(decl.name)) this.types.reference(decl.name, "interface", decl.place);
        return;
      case "import":
      case "importlib":
      case "cpp_quote":
      case "function":
        return;
      default:
        decl satisfies never;
    }
  }

  #nestedDecls(body: readonly Decl[], into: Entity[], library: string | undefined): void {
    const before = into.length;
    for (const inner of body) this.#decl(inner, into, library);
    for (let i = before; i < into.length; i++) this.#nested.add(into[i] as Entity);
  }

  #interfaceDecl(
    decl: Extract<Decl, { kind: "interface" | "dispinterface" | "coclass" }>,
    into: Entity[],
    library: string | undefined,
  ): void {
    const symbol = this.symbols.type(decl.name);
    if (symbol !== undefined && symbol.kind !== "forward" && symbol.decl !== decl) {
      // The same interface again is common in real files; another thing under its name is not.
      if (symbol.kind !== decl.kind)
        this.diagnostics.error(decl.place, `"${decl.name}" is declared as something else`);
      return;
    }
    // What an interface's body declares is known everywhere.
    if (decl.kind === "interface") this.#nestedDecls(decl.body, into, library);
    const entity =
      decl.kind === "interface"
        ? this.interfaces.interface({ kind: "interface", decl, library })
        : decl.kind === "dispinterface"
          ? this.interfaces.dispinterface({ kind: "dispinterface", decl, library })
          : this.interfaces.coclass({ kind: "coclass", decl, library });
    into.push(entity);
    if (entity.kind !== "interface") return;
    const async = this.interfaces.async(entity);
    // AsyncIUnknown is built in, and nobody calls it.
    if (async !== undefined && entity.name !== "IUnknown") into.push(async);
  }

  #constant(decl: ConstDecl): Constant {
    return {
      kind: "constant",
      ...this.#named(decl),
      type: this.types.use(decl.type),
      // Two modules may have constants of one name, and each has its own value.
      value: this.#isOwn(decl) ? this.constant(decl.name, decl.place) : this.#constValue(decl),
    };
  }

  #module(decl: Extract<Decl, { kind: "module" }>, library: string | undefined): Module {
    const inner: Entity[] = [];
    for (const it of decl.body) this.#decl(it, inner, library);
    const functions = decl.body.filter((it): it is FunctionDecl => it.kind === "function");
    for (const it of inner) if (it.kind !== "constant") this.#entities.push(it);
    return {
      kind: "module",
      ...this.#named(decl),
      uuid: this.interfaces.uuid(decl.attributes),
      methods: this.interfaces.functions(functions),
      constants: inner.filter((it): it is Constant => it.kind === "constant"),
      library,
    };
  }

  #library(decl: Extract<Decl, { kind: "library" }>): Library {
    const before = this.#entities.length;
    for (const it of decl.body) this.#decl(it, this.#entities, decl.name);
    const members = this.#entities.slice(before).filter((it) => !this.#nested.has(it));
    const lcid = attributeOf(decl.attributes, "lcid")?.args?.[0];
    const lcidValue = lcid === undefined ? 0 : evaluate(lcid, this.evaluator);
    const version = /^(\d+)(?:\.(\d+))?/.exec(versionText(decl));
    return {
      kind: "library",
      ...this.#named(decl),
      libid: this.interfaces.uuid(decl.attributes),
      version: [Number(version?.[1] ?? 0), Number(version?.[2] ?? 0)],
      lcid: typeof lcidValue === "number" ? lcidValue : 0,
      imports: decl.body.flatMap((it) => (it.kind === "importlib" ? [it.file] : [])),
      members,
      references: decl.body.flatMap((it) => (it.kind === "forward" ? [it.name] : [])),
    };
  }
}

/** True for the name of a generic interface or of an instance of one. */
function isGeneric(name: string): boolean {
  return name.endsWith(">");
}

function versionText(decl: Extract<Decl, { kind: "library" }>): string {
  const arg = attributeOf(decl.attributes, "version")?.args?.[0];
  return arg?.kind === "raw" ? arg.text : "0.0";
}

function importedLibraries(decl: Decl): string[] {
  if (decl.kind === "importlib") return [decl.file];
  return decl.kind === "library" ? decl.body.flatMap(importedLibraries) : [];
}
