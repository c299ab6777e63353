import { Binder } from "./bind/binder.ts";
import { checkModel } from "./bind/check.ts";
import { evaluate } from "./bind/evaluate.ts";
import { type Diagnostic } from "./diagnostics.ts";
import { FileFinder, type IdlFileSystem, nodeFileSystem } from "./host.ts";
import { type LoadedUnit, Loader } from "./loader.ts";
import type { Alias, ConstantValue, Model, Type } from "./model.ts";
import type { Expr } from "./syntax/ast.ts";
import type { ModuleStyle, ModuleTable, UserMarshalPlace } from "./print/modules.ts";
import { printTypeScript } from "./print/typescript.ts";
import { writeModel } from "./json.ts";
import { wellKnownFolder, wellKnownModules } from "./well-known.ts";

export interface CompileOptions {
  /** Folders searched for `import` and `#include` (`-I`), after the folder of the file that asks. */
  readonly includePath?: readonly string[];
  /** Macros (`-D`): name to text. */
  readonly defines?: Readonly<Record<string, string>>;
  /** The configuration file (`/acf`) of what is compiled; default: the .acf file of its name beside it. */
  readonly acf?: string;
  /**
   * Reads a type library (a .tlb, or a program that holds one) as IDL, for `importlib`; undefined for what is none. Default: they
   * are not read. {@link compileIdlWithLibraries} reads them.
   */
  readonly typeLibraries?: (path: string) => string | undefined;
  /** Default: the real file system. */
  readonly fileSystem?: IdlFileSystem;
  /** Folder of the well-known .idl files; default: the package's own. `null`: none. */
  readonly wellKnown?: string | null;
  /** Modules of the well-known files; default: the package's own table. */
  readonly modules?: ModuleTable;
  /**
   * True: a type that nothing declares is a warning, also in a file whose imports were all found. Files are published that no
   * compiler takes as they are; what else they declare is still worth knowing. Default: an error, for code must be complete.
   */
  readonly tolerant?: boolean;
  /** How generated code names what it imports; default: for a user of the package, imports end in `.js`. */
  readonly style?: ModuleStyle;
  /** Modules of the user's own `[wire_marshal]` types, by type. */
  readonly userMarshal?: Readonly<Record<string, UserMarshalPlace>>;
}

export interface CompileResult {
  /** Undefined when the file could not be read. */
  readonly model: Model | undefined;
  /** In the order found: of the preprocessor and parser first, file by file. */
  readonly diagnostics: readonly Diagnostic[];
  readonly errors: number;
  /** Paths of type libraries in which a name may stand that nothing else declares, and that were not read. */
  readonly unreadLibraries: readonly string[];
  /** Every file that was read. */
  readonly files: readonly string[];
  /** The TypeScript of the file. Meaningful when there are no errors. */
  typescript(): string;
  /** The bound model as plain data (`comity idl --json`). */
  json(): unknown;
  /** The same as text, piece by piece. */
  writeJson(write: (text: string) => void): void;
  /** The type in `[wire_marshal]` of a typedef. */
  wireType(alias: Alias): Type;
  /** The value of a constant expression of an attribute; undefined when it is none. */
  evaluate(expr: Expr): ConstantValue | undefined;
}

/** A compiler that keeps what it has parsed: compiling many files parses each imported file once. */
export class Compiler {
  readonly #options: CompileOptions;
  readonly #loader: Loader;
  readonly #finder: FileFinder;

  constructor(options: CompileOptions = {}) {
    this.#options = options;
    this.#finder = new FileFinder(options.fileSystem ?? nodeFileSystem);
    this.#loader = new Loader({
      finder: this.#finder,
      includePath: options.includePath ?? [],
      wellKnown: options.wellKnown === null ? undefined : (options.wellKnown ?? wellKnownFolder),
      defines: options.defines ?? {},
      typeLibraries: options.typeLibraries,
    });
  }

  compile(path: string): CompileResult {
    const found = this.#finder.find(path, [""]);
    const { acf } = this.#options;
    if (acf !== undefined && this.#finder.find(acf, [""]) === undefined) return missing(acf);
    const unit = found === undefined ? undefined : this.#loader.load(found, acf);
    if (unit === undefined) return missing(path);
    const binder = new Binder(unit, this.#loader, this.#options.tolerant ?? false);
    const empty: Model = { path: unit.path, entities: [], imports: [], missing: [], quotes: [] };
    const model = guarded(binder, empty, () => {
      const bound = binder.bind();
      touch(bound);
      binder.finish();
      checkModel(bound, binder.diagnostics);
      return bound;
    });
    return this.#result(unit, binder, model);
  }

  #result(unit: LoadedUnit, binder: Binder, model: Model): CompileResult {
    const units = reachable(unit);
    const { sources, unread } = this.#loader;
    const options = this.#options;
    let typescript: string | undefined;
    const print = (): string =>
      (typescript ??= guarded(binder, "", () =>
        printTypeScript(model, binder, sources, {
          modules: options.modules ?? wellKnownModules(),
          style: options.style ?? { kind: "package", extension: ".js" },
          ...(options.userMarshal === undefined ? {} : { userMarshal: options.userMarshal }),
        }),
      ));
    const all = (): Diagnostic[] => [
      ...units.flatMap((it) => it.diagnostics.list),
      ...binder.diagnostics.list,
    ];
    return {
      model,
      get diagnostics() {
        return all();
      },
      get errors() {
        return all().filter((it) => it.severity === "error").length;
      },
      unreadLibraries: [...unread],
      files: [...new Set(units.flatMap((it) => [...it.files]))],
      typescript: print,
      json() {
        let text = "";
        const whole = guarded(binder, false, () => {
          writeModel(model, (piece) => (text += piece));
          return true;
        });
        return whole ? (JSON.parse(text) as unknown) : null;
      },
      wireType: (alias) => binder.types.wireType(alias),
      evaluate: (expr) => guarded(binder, undefined, () => evaluate(expr, binder.evaluator)),
      writeJson: (write) => guarded(binder, undefined, () => writeModel(model, write)),
    };
  }
}

/** Types that lead to one another thousands of steps deep exhaust the stack; that is an error of the file, not of the compiler. */
function guarded<T>(binder: Binder, otherwise: T, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    binder.diagnostics.error(0, "the declarations lead to one another too deep");
    return otherwise;
  }
}

/** Compiles one .idl or .odl file with everything it imports. Never throws for what stands in a file: that is a diagnostic. */
export function compileIdl(path: string, options: CompileOptions = {}): CompileResult {
  return new Compiler(options).compile(path);
}

function missing(path: string): CompileResult {
  const message = `cannot read the file "${path}"`;
  return {
    model: undefined,
    diagnostics: [{ severity: "error", message, location: undefined }],
    errors: 1,
    unreadLibraries: [],
    files: [],
    typescript: () => "",
    json: () => undefined,
    wireType: (alias) => alias,
    evaluate: () => undefined,
    writeJson: () => undefined,
  };
}

/** Binds what is bound on demand, so that every error is found. */
function touch(model: Model): void {
  for (let i = 0; i < model.entities.length; i++) {
    const entity = model.entities[i];
    switch (entity?.kind) {
      case "struct":
        void entity.fields.length;
        break;
      case "union":
        void entity.switchType;
        void entity.arms.length;
        break;
      case "enum":
        void entity.values.length;
        break;
      case "alias":
        void entity.type.kind;
        break;
      case "interface":
      case "coclass":
        void (entity.kind === "interface" ? entity.methods : entity.interfaces).length;
        break;
      case "dispinterface":
        void entity.of;
        void entity.properties.length;
        void entity.methods.length;
        break;
      case "constant":
      case "module":
      case "library":
      case undefined:
        break;
      default:
        entity satisfies never;
    }
  }
}

function reachable(unit: LoadedUnit): LoadedUnit[] {
  const seen = new Set([unit]);
  for (const it of seen) for (const imported of it.imports) seen.add(imported);
  return [...seen];
}
