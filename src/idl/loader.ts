import { basename, dirname, join } from "node:path";
import { Diagnostics } from "./diagnostics.ts";
import { definesType } from "./bind/symbols.ts";
import type { FileFinder } from "./host.ts";
import { SourceFile, SourceMap } from "./source.ts";
import type { Decl, Unit } from "./syntax/ast.ts";
import { applyAcf, parseAcf } from "./syntax/acf.ts";
import { parseUnit } from "./syntax/declarations.ts";
import { foreignLanguage, isMidl3 } from "./syntax/dialect.ts";
import { NameTable } from "./syntax/names.ts";
import { Parser } from "./syntax/parser.ts";
import { Preprocessor } from "./syntax/preprocessor.ts";

export interface LoaderOptions {
  readonly finder: FileFinder;
  /** Folders of `-I`, in order. */
  readonly includePath: readonly string[];
  /** The folder of the well-known .idl files, always searched last. */
  readonly wellKnown: string | undefined;
  /** Macros of `-D`. */
  readonly defines: Readonly<Record<string, string>>;
  /** Reads a type library as IDL; undefined for what is none. */
  readonly typeLibraries: ((path: string) => string | undefined) | undefined;
}

/** A type library named in `importlib`. */
export interface ImportedLibrary {
  readonly name: string;
  readonly place: number;
  /** Where it was found: itself or the IDL it is made from. Undefined for one that was not, and for the one of OLE. */
  readonly path: string | undefined;
}

/** Names of the library of OLE, by which everybody imports it: what it holds is in the well-known files. */
const standardLibrary = /^(?:std(?:ole|type)\w*|olepro32|oleaut32)(?:\.(?:tlb|dll|olb))?$/i;

/** Most files of one compiler; the whole SDK of Windows has some 3,000. */
const maxUnits = 20_000;
/** Longest file, characters; the largest there is has two million. A larger one would take all the memory there is. */
const maxFile = 16 * 1024 * 1024;

/** Folders that the SDK of Windows 10 spreads its files over: each imports from the others. */
const sdkFolders: ReadonlySet<string> = new Set(["shared", "um", "winrt"]);

/** C headers of which we have what IDL needs. */
const ownHeaders = new Set(["olectl.h", "idispids.h"]);

/** A parsed file with the files it imports. */
export interface LoadedUnit extends Unit {
  readonly source: SourceFile;
  /** Paths of the file and of what it includes. */
  readonly files: ReadonlySet<string>;
  /** Imported units in the order written; filled in after parsing, so that files may import each other. */
  readonly imports: LoadedUnit[];
  /** Type libraries of `importlib`, read when a name is looked for that nothing else declares. */
  readonly libraries: ImportedLibrary[];
  /** Names of files to import or include that were not found: what they declare is not known. */
  readonly missing: string[];
  /** What parsing had to say. */
  readonly diagnostics: Diagnostics;
}

/** Finds, reads and parses files; each file once, however often and by whomever it is imported. */
export class Loader {
  readonly sources: SourceMap = new SourceMap();
  readonly #names = new NameTable();
  readonly #options: LoaderOptions;
  readonly #defines: ReadonlyMap<string, string>;
  readonly #units = new Map<string, LoadedUnit>();
  readonly #texts = new Map<string, SourceFile>();
  /** Parsed files whose imports are still to be parsed. */
  readonly #waiting: LoadedUnit[] = [];
  /** Type libraries in which a name was to be looked for and that nobody could read. */
  readonly unread: Set<string> = new Set();
  #implicit: ReadonlySet<LoadedUnit> | undefined;

  constructor(options: LoaderOptions) {
    this.#options = options;
    this.#defines = new Map([
      ["__midl", "801"],
      ["_WIN32", "1"],
      ["__COMITY__", "1"],
      ...Object.entries(options.defines),
    ]);
  }

  /** The unit of a path; undefined when the file cannot be read. `given`: its configuration file, when it is not beside it. */
  load(path: string, given?: string): LoadedUnit | undefined {
    const unit = this.#units.get(path) ?? this.#parse(path, given);
    // Imports in a queue of their own: a chain of them may be longer than the stack is deep.
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift())
      this.#loadImports(next, next.decls);
    return unit;
  }

  #parse(path: string, given: string | undefined): LoadedUnit | undefined {
    const source = this.#source(path);
    if (source === undefined) return undefined;
    const diagnostics = new Diagnostics(this.sources);
    const files = new Set([path]);
    const missing: string[] = [];
    const whole = source.text.length <= maxFile;
    if (!whole) diagnostics.error(source.base, `the file has more than ${maxFile} characters`);
    const read = whole ? source : new SourceFile(path, "", source.base);
    const parser = this.#parser(read, diagnostics, files, missing);
    const midl3 = isMidl3(source.text);
    parser.midl3 = midl3;
    if (midl3 && !this.isWellKnown(path)) {
      missing.push("Windows.winmd");
      diagnostics.warning(source.base, "this is MIDL 3.0: interfaces without a uuid get none here");
    }
    const parsed = parseUnit(parser);
    if (diagnostics.errors > 0) {
      const texts = [...files].flatMap((it) => this.#texts.get(it) ?? []);
      const language = texts.map((it) => foreignLanguage(it.text)).find((it) => it !== undefined);
      if (language !== undefined)
        diagnostics.conclude(source.base, `this is not Microsoft IDL but ${language}`);
    }
    const acf = given ?? this.#acfBeside(path);
    const decls = acf === undefined ? parsed : this.#configured(parsed, acf, diagnostics, files);
    const unit: LoadedUnit = {
      path,
      source,
      files,
      decls,
      namespaces: parser.namespaces,
      imports: [],
      libraries: [],
      missing,
      diagnostics,
    };
    this.#units.set(path, unit);
    this.#waiting.push(unit);
    if (midl3) this.#importRuntime(unit);
    return unit;
  }

  #parser(source: SourceFile, diagnostics: Diagnostics, files: Set<string>, missing: string[]): Parser {
    const preprocessor = new Preprocessor(source, {
      names: this.#names,
      diagnostics,
      defines: this.#defines,
      include: (name, from, system) => {
        const file = this.#include(name, from, system);
        if (file === undefined) missing.push(name);
        else files.add(file.path);
        return file;
      },
    });
    return new Parser(preprocessor);
  }

  /** `NAME.acf` beside `NAME.idl`. */
  #acfBeside(path: string): string | undefined {
    const name = basename(path).replace(/\.[^.]*$/, ".acf");
    return this.#options.finder.locate(name, [dirname(path)]);
  }

  #configured(decls: Decl[], path: string, diagnostics: Diagnostics, files: Set<string>): Decl[] {
    const source = this.#source(path);
    if (source === undefined) return decls;
    files.add(path);
    const acf = parseAcf(this.#parser(source, diagnostics, files, []));
    return applyAcf(decls, acf, (place, message) => diagnostics.warning(place, message));
  }

  /** The name of a file beside this one that includes it as text, which makes this one a part of it. */
  includer(path: string): string | undefined {
    const folder = dirname(path);
    const wanted = basename(path).toLowerCase();
    const { finder } = this.#options;
    for (const name of finder.list(folder)) {
      if (!/\.(?:idl|odl)$/i.test(name) || name.toLowerCase() === wanted) continue;
      if (includes(finder.read(join(folder, name)) ?? "", wanted)) return name;
    }
    return undefined;
  }

  isWellKnown(path: string): boolean {
    const { wellKnown } = this.#options;
    return wellKnown !== undefined && dirname(path) === wellKnown;
  }

  /** What MIDL 3.0 takes for granted. */
  #importRuntime(unit: LoadedUnit): void {
    const { wellKnown, finder } = this.#options;
    for (const name of wellKnown === undefined ? [] : ["inspectable.idl", "windows.foundation.idl"]) {
      const path = finder.find(name, [wellKnown ?? ""]);
      if (path === undefined || path === unit.path) continue;
      const runtime = this.#units.get(path) ?? this.#parse(path, undefined);
      if (runtime !== undefined) unit.imports.push(runtime);
    }
  }

  /** True when one of these well-known files, or one that they import, defines a type. */
  definedByImplicit(files: readonly string[], name: string): boolean {
    if (this.#implicit === undefined) {
      const units = new Set(files.flatMap((it) => this.loadWellKnown(it) ?? []));
      for (const unit of units) for (const imported of unit.imports) units.add(imported);
      this.#implicit = units;
    }
    for (const unit of this.#implicit) if (definesType(unit, name)) return true;
    return false;
  }

  /** The full name of the namespace that a place lies in; empty outside of any. */
  namespaceAt(place: number): string {
    const path = this.sources.fileAt(place)?.path;
    const unit = path === undefined ? undefined : this.#units.get(path);
    return unit?.namespaces.find((it) => it.from <= place && place <= it.to)?.name ?? "";
  }

  /** A well-known file by its base name. */
  loadWellKnown(name: string): LoadedUnit | undefined {
    const { wellKnown, finder } = this.#options;
    const path = wellKnown === undefined ? undefined : finder.find(name, [wellKnown]);
    return path === undefined ? undefined : this.load(path);
  }

  #source(path: string): SourceFile | undefined {
    let source = this.#texts.get(path);
    if (source === undefined) {
      const text = this.#options.finder.read(path);
      if (text === undefined) return undefined;
      source = this.sources.add(path, text);
      this.#texts.set(path, source);
    }
    return source;
  }

  #include(name: string, from: SourceFile, system: boolean): SourceFile | undefined {
    const path = this.#find(name, from, system);
    return path === undefined ? undefined : this.#source(path);
  }

  #find(name: string, from: SourceFile, system = false): string | undefined {
    const { finder, includePath, wellKnown } = this.#options;
    const last = wellKnown === undefined ? [] : [wellKnown];
    // The real ones are made for C compilers and pull in all of Windows.
    if (ownHeaders.has(basename(name.replaceAll("\\", "/")).toLowerCase())) {
      const own = finder.find(basename(name.replaceAll("\\", "/")), last);
      if (own !== undefined) return own;
    }
    const here = dirname(from.path);
    const near = sdkFolders.has(basename(here).toLowerCase()) ? [...sdkFolders] : [];
    const beside = near.map((it) => join(dirname(here), it));
    const folders = system
      ? [...includePath, here, ...beside, ...last]
      : [here, ...includePath, ...beside, ...last];
    const found = finder.find(name, folders);
    // `import "c:\sdk\unknwn.idl"` and `import "../x/oaidl.idl"` still mean the well-known file.
    return found ?? finder.find(basename(name.replaceAll("\\", "/")), last);
  }

  /** Imports may stand at the top or inside any body. */
  #loadImports(unit: LoadedUnit, decls: readonly Decl[]): void {
    for (const decl of decls) {
      if (decl.kind === "import") {
        for (const file of decl.files) this.#import(unit, file.name, file.place);
      } else if (decl.kind === "importlib") {
        this.#importLibrary(unit, decl.file, decl.place);
      } else if (decl.kind === "interface" || decl.kind === "library" || decl.kind === "module") {
        this.#loadImports(unit, decl.body);
      }
    }
  }

  #importLibrary(unit: LoadedUnit, written: string, place: number): void {
    const name = basename(written.replaceAll("\\", "/"));
    if (standardLibrary.test(name)) return;
    const { finder, includePath } = this.#options;
    const folders = [dirname((this.sources.fileAt(place) ?? unit.source).path), ...includePath];
    const stem = name.replace(/\.[^.]*$/, "");
    const path = [name, `${stem}.idl`, `${stem}.odl`]
      .map((it) => finder.locate(it, folders))
      .find((it) => it !== undefined && it !== unit.path);
    unit.libraries.push({ name, place, path });
    if (path === undefined) unit.diagnostics.warning(place, `cannot find the type library "${name}"`);
  }

  /** What a type library declares; undefined when it was not found or nobody reads it. */
  loadLibrary(library: ImportedLibrary): LoadedUnit | undefined {
    const { path } = library;
    if (path === undefined) return undefined;
    if (/\.[io]dl$/i.test(path)) return this.load(path);
    if (!this.#units.has(path)) {
      const text = this.#options.typeLibraries?.(path);
      if (text === undefined) {
        this.unread.add(path);
        return undefined;
      }
      this.#texts.set(path, this.sources.add(path, text));
    }
    return this.load(path);
  }

  #import(unit: LoadedUnit, name: string, place: number): void {
    const from = this.sources.fileAt(place) ?? unit.source;
    const path = this.#find(name, from);
    if (this.#units.size >= maxUnits) {
      unit.diagnostics.error(place, `more than ${maxUnits} files`);
      return;
    }
    const imported = path === undefined ? undefined : (this.#units.get(path) ?? this.#parse(path, undefined));
    if (imported !== undefined) {
      unit.imports.push(imported);
      return;
    }
    unit.missing.push(name);
    unit.diagnostics.warning(place, `cannot find the file "${name}" to import`);
  }
}

/** True when a text includes a file of this base name, given in small letters. */
function includes(text: string, wanted: string): boolean {
  for (let at = text.indexOf("include"); at >= 0; at = text.indexOf("include", at + 7)) {
    const match = /^include[ \t]*["<]([^">\n]{1,300})[">]/.exec(text.slice(at, at + 320));
    if (match !== null && basename((match[1] ?? "").replaceAll("\\", "/")).toLowerCase() === wanted)
      return true;
  }
  return false;
}
