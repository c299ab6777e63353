import { existsSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { Command } from "commander";
import {
  type LibraryScope,
  STDOLE_FILE,
  TypeLibraries,
  importedIdl,
  printExtras,
  printIdl,
  registerTypeLib,
  type TypeLibRegistration,
  type TypeLibrary,
  unregisterTypeLib,
} from "../../automation/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import { Runtime } from "../../com/index.ts";
import { compileIdl, formatDiagnostic, memoryFileSystem, nodeFileSystem } from "../../idl/index.ts";
import type { Output } from "../output.ts";

interface Flags {
  readonly out?: string;
  readonly library: readonly string[];
}

/** `comity tlb`: looks into type libraries. */
export function tlbCommand(output: Output): Command {
  const tlb = new Command("tlb").description("look into type libraries: .tlb, and those inside programs");
  const show = new Command("show")
    .description("print a type library as IDL")
    .argument("<file>", "a type library or a program; program.dll\\2 is the second one in it")
    .action((file: string, flags: Flags) => output.out(printIdl(load(file, flags))));
  const typescript = new Command("ts")
    .description("print a type library as TypeScript: types, descriptors, doc comments")
    .argument("<file>", "a type library or a program; program.dll\\2 is the second one in it")
    .option("-o, --out <file>", "where the TypeScript goes (default: standard output)")
    .action((file: string, flags: Flags) => printTypeScript(file, flags, output));
  for (const command of [show, typescript]) {
    command.option(
      "-L, --library <folder>",
      "a folder to look for imported libraries in, beside the file's own",
      (value: string, list: readonly string[]) => [...list, value],
      [],
    );
    tlb.addCommand(command);
  }
  tlb.addCommand(registerCommand(output)).addCommand(unregisterCommand(output));
  return tlb;
}

/** regtlib: from then on the interfaces of the library travel without generated code. */
function registerCommand(output: Output): Command {
  return new Command("register")
    .description("enter a type library, and how its interfaces travel, in the registry (regtlib)")
    .argument("<file>", "a type library or a program; program.dll\\2 is the second one in it")
    .option("--user", "for this user instead of the machine")
    .action(async (file: string, flags: ScopeFlags) => {
      const path = resolve(file);
      const { library } = new TypeLibraries().load(path);
      await using com = await Runtime.open();
      await com.registry.edit((editor) => {
        registerTypeLib(editor, library, path, scopeOf(flags));
      });
      output.out(`registered ${titleOf(library)}\n`);
    });
}

function unregisterCommand(output: Output): Command {
  return new Command("unregister")
    .description("remove a type library and its interfaces from the registry (regtlib /u)")
    .argument("<file>")
    .option("--user", "for this user instead of the machine")
    .action(async (file: string, flags: ScopeFlags) => {
      const { library } = new TypeLibraries().load(resolve(file));
      await using com = await Runtime.open();
      await com.registry.edit((editor) => {
        unregisterTypeLib(editor, library, scopeOf(flags));
      });
      output.out(`unregistered ${titleOf(library)}\n`);
    });
}

interface ScopeFlags {
  readonly user?: boolean;
}

function scopeOf({ user }: ScopeFlags): TypeLibRegistration {
  return { scope: user === true ? "user" : "machine" };
}

function titleOf({ name, version, guid }: TypeLibrary): string {
  return `${name} ${version.major}.${version.minor} {${guid}}`;
}

/** Without a file of that name, stdole2.tlb is the one that comes with us. */
function load(file: string, flags: Flags): LibraryScope {
  const libraries = new TypeLibraries({ folders: flags.library });
  return file === STDOLE_FILE && !existsSync(file) ? libraries.standard : libraries.load(file);
}

/**
 * The way over IDL: what the compiler prints for it is what it prints for the library's source. Into a file, with the libraries it uses beside it;
 * onto the screen, this one alone.
 */
function printTypeScript(file: string, flags: Flags, output: Output): void {
  const stem = basename(file.replaceAll("\\", "/")).replace(/\.[^.]*$/, "");
  const scope = load(file, flags);
  const imported = importedIdl(scope);
  const files = { ...Object.fromEntries(imported), [`${stem}.idl`]: printIdl(scope, { importIdl: true }) };
  const contracts = typescriptOf(`${stem}.idl`, file, files, output);
  const text = contracts + printExtras(scope, (name) => isExported(contracts, name));
  if (flags.out === undefined) return output.out(text);
  const written = [flags.out];
  writeFileSync(flags.out, text);
  const texts = [text];
  for (let using = texts.pop(); using !== undefined; using = texts.pop()) {
    for (const name of imported.keys()) {
      const module = name.replace(/\.idl$/, "");
      const beside = join(dirname(flags.out), `${module}.ts`);
      if (!using.includes(`"./${module}.js"`) || existsSync(beside)) continue;
      const made = typescriptOf(name, name, files, output);
      writeFileSync(beside, made);
      written.push(beside);
      texts.push(made);
    }
  }
  output.out(`${written.join("\n")}\n`);
}

/** Whether a module has a name already: its own, or one it imports. */
function isExported(text: string, name: string): boolean {
  return new RegExp(`\\b${name.replaceAll("$", "\\$")}\\b`).test(
    text.replaceAll(/\/\*[^]*?\*\/|"[^"\n]*"/g, ""),
  );
}

function typescriptOf(
  name: string,
  file: string,
  files: Readonly<Record<string, string>>,
  output: Output,
): string {
  const printed = memoryFileSystem(files);
  const result = compileIdl(name, {
    fileSystem: {
      readFile: (path) => printed.readFile(path) ?? nodeFileSystem.readFile(path),
      readFolder: (path) => [...(printed.readFolder(path) ?? []), ...(nodeFileSystem.readFolder(path) ?? [])],
    },
  });
  const text = result.typescript();
  for (const diagnostic of result.diagnostics) output.err(`${formatDiagnostic(diagnostic)}\n`);
  if (result.errors > 0) throw new ComError(HResult.E_FAIL, `${file} does not become TypeScript as a whole`);
  return text;
}
