import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Command } from "commander";
import { ComError, HResult } from "../../base/index.ts";
import {
  Registry,
  RegistryType,
  type RegistryData,
  type RegistryValue,
  applyOperations,
  dataOf,
  formatSddl,
  homeFolder,
  parseRegFile,
  parseSddl,
  printRegFile,
} from "../../com/index.ts";
import { openStore } from "../../store/index.ts";
import { type Output, toJson } from "../output.ts";

/** `comity reg query|add|delete|import|export|permissions`, as Windows' reg does where it has them. */
export function regCommand(output: Output): Command {
  const command = new Command("reg").description("read and write the registry of this machine");
  command
    .command("query")
    .description("the values and subkeys of a key")
    .argument("<key>", "HKCR\\CLSID\\{...}, HKLM\\SOFTWARE\\...")
    .option("-s, --subkeys", "all below it too")
    .option("-v, --value <name>", "this value only")
    .option("--json", "as JSON")
    .action((key: string, flags: { subkeys?: boolean; value?: string; json?: boolean }) =>
      withRegistry((registry) => query(registry, key, flags, output)),
    );
  command
    .command("add")
    .description("make a key, or set a value")
    .argument("<key>")
    .option(
      "-v, --value <name>",
      "the value's name; without it the key's default value, when --data is given",
    )
    .option("-t, --type <type>", `REG_SZ, REG_DWORD, ... (default: REG_SZ)`, "REG_SZ")
    .option(
      "-d, --data <data>",
      "the data; hexadecimal digits for REG_BINARY, separated by \\0 for REG_MULTI_SZ",
    )
    .action((key: string, flags: { value?: string; type: string; data?: string }) =>
      withRegistry((registry) => add(registry, key, flags)),
    );
  command
    .command("delete")
    .description("delete a key and all below it, or a value")
    .argument("<key>")
    .option("-v, --value <name>", "this value only")
    .action((key: string, flags: { value?: string }) =>
      withRegistry(async (registry) => {
        const { value } = flags;
        const there = await registry.edit((editor) =>
          value === undefined ? editor.deleteTree(key) : editor.unset(key, value),
        );
        if (!there) throw notFound(value === undefined ? key : `${key} has no value ${value}`);
      }),
    );
  command
    .command("permissions")
    .description("who may what with a key, as SDDL; or say so")
    .argument("<key>")
    .argument("[sddl]", "O:owner G:group D:(A;CI;KA;;;BA)...; what is left out stays")
    .option("--remove", "the key has what the keys above it have again")
    .action((key: string, sddl: string | undefined, flags: { remove?: boolean }) =>
      withRegistry((registry) => permissions(registry, key, sddl, flags, output)),
    );
  command
    .command("import")
    .description("carry out a .reg file")
    .argument("<file>")
    .action((file: string) =>
      withRegistry(async (registry) => {
        const parsed = parseRegFile(readFileSync(file));
        await registry.edit((editor) => applyOperations(editor, parsed.operations));
        for (const { line, message } of parsed.warnings) output.err(`${file}:${line}: ${message}\n`);
      }),
    );
  command
    .command("export")
    .description("write a key and all below it as a .reg file")
    .argument("<key>")
    .argument("<file>", "- for standard output")
    .option("--version4", "the form of REGEDIT4 (8-bit text)")
    .action((key: string, file: string, flags: { version4?: boolean }) =>
      withRegistry((registry) => {
        if (!registry.exists(key)) throw notFound(key);
        const bytes = registry.read((view) => printRegFile(view, key, flags.version4 ? 4 : 5));
        writeFileSync(file === "-" ? 1 : file, bytes);
      }),
    );
  return command;
}

async function withRegistry(run: (registry: Registry) => unknown): Promise<void> {
  const store = await openStore({ path: join(homeFolder(), "store") });
  try {
    await run(new Registry(store));
  } finally {
    await store.close();
  }
}

function notFound(what: string): ComError {
  return new ComError(HResult.ERROR_FILE_NOT_FOUND, `${what} is not in the registry`);
}

async function permissions(
  registry: Registry,
  key: string,
  sddl: string | undefined,
  flags: { readonly remove?: boolean },
  output: Output,
): Promise<void> {
  const wanted = sddl === undefined ? undefined : parseSddl(sddl);
  if (wanted !== undefined || flags.remove) {
    if (wanted !== undefined && flags.remove) {
      throw new ComError(HResult.E_INVALIDARG, "give a descriptor or --remove, not both");
    }
    await registry.edit((editor) => editor.setSecurity(key, wanted));
  }
  const found = registry.security(key);
  if (found === undefined) throw notFound(key);
  output.out(`${key}\n    ${formatSddl(found.descriptor)}${found.own ? "" : "    (inherited)"}\n`);
}

const typeNames = new Map<number, string>(
  Object.entries(RegistryType).map(([name, type]) => [type, `REG_${name}`]),
);

function query(
  registry: Registry,
  key: string,
  flags: { readonly subkeys?: boolean; readonly value?: string; readonly json?: boolean },
  output: Output,
): void {
  if (!registry.exists(key)) throw notFound(key);
  const values = registry
    .values(key)
    .filter((one) => flags.value === undefined || one.name.toLowerCase() === flags.value.toLowerCase());
  if (flags.value !== undefined && values.length === 0) throw notFound(`${key} value ${flags.value}`);
  if (flags.json) {
    output.out(`${toJson({ key, values: values.map(jsonOf), subkeys: registry.subkeys(key) })}\n`);
  } else {
    output.out(`${key}\n`);
    for (const value of values) {
      output.out(
        `    ${value.name === "" ? "(Default)" : value.name}    ${typeNames.get(value.type) ?? value.type}    ${show(dataOf(value))}\n`,
      );
    }
  }
  for (const name of registry.subkeys(key)) {
    if (flags.subkeys) query(registry, `${key}\\${name}`, flags, output);
    else if (!flags.json && flags.value === undefined) output.out(`${key}\\${name}\n`);
  }
}

function jsonOf(value: RegistryValue): object {
  return { name: value.name, type: typeNames.get(value.type) ?? value.type, data: dataOf(value) };
}

function show(data: RegistryData): string {
  if (typeof data === "string") return data;
  if (typeof data === "number") return `0x${data.toString(16)}`;
  if (data instanceof Uint8Array) return Buffer.from(data).toString("hex").toUpperCase();
  return typeof data === "bigint" ? `0x${data.toString(16)}` : data.join("\\0");
}

async function add(
  registry: Registry,
  key: string,
  flags: { readonly value?: string; readonly type: string; readonly data?: string },
): Promise<void> {
  const { value, data } = flags;
  await registry.edit((editor) => {
    editor.create(key);
    if (value === undefined && data === undefined) return;
    const type = typeNumber(flags.type);
    editor.set(key, value ?? "", parseData(type, data ?? ""), type);
  });
}

function typeNumber(name: string): number {
  const type = (RegistryType as Readonly<Record<string, number>>)[name.toUpperCase().replace(/^REG_/, "")];
  if (type !== undefined) return type;
  throw new ComError(
    HResult.E_INVALIDARG,
    `${name} is no type; there are ${[...typeNames.values()].join(", ")}`,
  );
}

function parseData(type: number, text: string): RegistryData {
  switch (type) {
    case RegistryType.DWORD:
    case RegistryType.DWORD_BIG_ENDIAN:
      return Number(wholeNumber(text, 32));
    case RegistryType.QWORD:
      return wholeNumber(text, 64);
    case RegistryType.MULTI_SZ:
      return text === "" ? [] : text.split("\\0");
    case RegistryType.SZ:
    case RegistryType.EXPAND_SZ:
    case RegistryType.LINK:
      return text;
    default:
      if (!/^([0-9a-f]{2})*$/i.test(text)) throw badData(text, "pairs of hexadecimal digits");
      return new Uint8Array(Buffer.from(text, "hex"));
  }
}

/** Decimal, or hexadecimal with 0x. */
function wholeNumber(text: string, bits: number): bigint {
  const value = /^(\d+|0x[0-9a-f]+)$/i.test(text) ? BigInt(text) : undefined;
  if (value !== undefined && value >> BigInt(bits) === 0n) return value;
  throw badData(text, `a whole number of ${bits} bits`);
}

function badData(text: string, wanted: string): ComError {
  return new ComError(HResult.E_INVALIDARG, `"${text.slice(0, 80)}" is not ${wanted}`);
}
