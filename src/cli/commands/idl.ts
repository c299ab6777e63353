import { existsSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { basename, dirname, join } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { ComError, HResult } from "../../base/index.ts";
import type { TypeLibrary } from "../../automation/index.ts";
import { type CompileResult, compileIdlWithLibraries, formatDiagnostic } from "../../idl/index.ts";
import type { Output } from "../output.ts";

interface Flags {
  readonly out?: string;
  readonly json?: boolean;
  readonly tlb?: string;
  readonly acf?: string;
  readonly include: readonly string[];
  readonly define: Readonly<Record<string, string>>;
}

export function idlCommand(output: Output): Command {
  return new Command("idl")
    .description("compile IDL to TypeScript: types, descriptors, doc comments")
    .argument("<file>", "an .idl or .odl file")
    .option(
      "-o, --out <file>",
      "where the TypeScript goes: a file, a folder ending in /, or - for standard output (default: beside the IDL)",
    )
    .option("--json", "print the bound model instead")
    .option("--tlb <file>", "write the type library instead, of a file with a library statement")
    .option("--acf <file>", "the configuration file (default: the .acf file of the same name beside the IDL)")
    .option(
      "-I, --include <folder>",
      "a folder to look for imported files in",
      (value, list: readonly string[]) => [...list, value],
      [],
    )
    .option("-D, --define <name[=text]>", "define a macro", addDefine, {})
    .action((file: string, flags: Flags) => compile(file, flags, output));
}

function addDefine(value: string, all: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const [name = "", ...text] = value.split("=");
  if (!/^[A-Za-z_]\w*$/.test(name)) throw new InvalidArgumentError("a macro is NAME or NAME=TEXT");
  return { ...all, [name]: text.length === 0 ? "1" : text.join("=") };
}

/** A run of half a second: machine code that is made early and in large pieces costs more than it saves. Later engines say it with flags of other names. */
function compileCodeLate(): void {
  if (Number.parseInt(process.versions.v8, 10) > 11) return;
  setFlagsFromString("--interrupt-budget=400000");
  setFlagsFromString("--max-inlined-bytecode-size-cumulative=300");
}

async function compile(file: string, flags: Flags, output: Output): Promise<void> {
  compileCodeLate();
  const result = await compileIdlWithLibraries(file, {
    includePath: flags.include,
    defines: flags.define,
    tolerant: flags.json === true,
    ...(flags.acf === undefined ? {} : { acf: flags.acf }),
  });
  // Printing finds what cannot be sent; that is said with the rest.
  const text = flags.json || flags.tlb !== undefined ? "" : result.typescript();
  for (const diagnostic of result.diagnostics) output.err(`${formatDiagnostic(diagnostic)}\n`);
  // The model is what could be bound; it is of use with errors too.
  if (flags.json && result.model !== undefined) {
    result.writeJson((text) => output.out(text));
    output.out("\n");
  }
  if (result.errors > 0)
    throw new ComError(HResult.E_FAIL, `${file} has ${result.errors} error${result.errors === 1 ? "" : "s"}`);
  if (flags.tlb !== undefined) await writeLibrary(result, file, flags.tlb, flags.include);
  if (flags.json) return;
  if (flags.tlb !== undefined) return output.out(`${flags.tlb}\n`);
  if (flags.out === "-") return output.out(text);
  const target = targetOf(file, flags.out);
  writeFileSync(target, text);
  output.out(`${target}\n`);
}

/** Loaded when it is asked for: the compiler needs nothing of Automation. */
async function writeLibrary(
  result: CompileResult,
  file: string,
  target: string,
  folders: readonly string[],
): Promise<void> {
  const { typeLibrariesOf } = await import("../../idl/typelib/index.ts");
  const { readTypeLibraryFile, writeTypeLibrary } = await import("../../automation/index.ts");
  const imported = (name: string): TypeLibrary | undefined => {
    const path = [dirname(file), ...folders].map((folder) => join(folder, name)).find((it) => existsSync(it));
    return path === undefined ? undefined : readTypeLibraryFile(path);
  };
  const [library, ...more] = typeLibrariesOf(result, { imported });
  if (library === undefined || more.length > 0) {
    const found = library === undefined ? "no library statement" : "more than one library";
    throw new ComError(HResult.E_INVALIDARG, `${file} has ${found}`);
  }
  writeFileSync(target, writeTypeLibrary(library));
}

function targetOf(file: string, out: string | undefined): string {
  if (out === undefined) return file.replace(/\.[^./\\]*$/, ".ts");
  return out.endsWith("/") ? join(out, basename(file).replace(/\.[^.]*$/, ".ts")) : out;
}
