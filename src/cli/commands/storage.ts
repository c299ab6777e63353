import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Command } from "commander";
import { fromOleDate, vtName } from "../../automation/index.ts";
import { ComError, GUID_NULL, HResult, formatGuid, toHex, millisecondsOfFiletime } from "../../base/index.ts";
import {
  Fmtid,
  type IStorage,
  type IStream,
  PropType,
  PropertySet,
  type PropertySection,
  type PropertyValue,
  StgStatus,
  Stgm,
  Stgty,
  createStorage,
  formatOfName,
  knownPropertyId,
  knownPropertyName,
  openStorage,
  readAll,
  readPropertySet,
  writeAll,
  writePropertySet,
} from "../../storage/index.ts";
import { type Output, table, toJson } from "../output.ts";

const read = Stgm.READ | Stgm.SHARE_EXCLUSIVE;
const write = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;
const transacted = write | Stgm.TRANSACTED;

/** `comity storage`: looks into compound files, and changes them. */
export function storageCommand(output: Output): Command {
  const storage = new Command("storage").description(
    "look into compound files (.doc, .xls, .msi, .msg), and change them",
  );
  storage
    .command("ls")
    .description("list the elements of a compound file")
    .argument("<file>", "the compound file")
    .argument("[path]", "a storage in it: folder/folder")
    .option("--json", "one JSON object a line")
    .action(async (file: string, path: string | undefined, flags: { json?: boolean }) =>
      list(file, path, flags, output),
    );
  storage
    .command("cat")
    .description("print a stream's bytes")
    .argument("<file>", "the compound file")
    .argument("<path>", "a stream in it: folder/stream; \\5 is the character 5")
    .option("-o, --out <file>", "where the bytes go (default: standard output)")
    .action(async (file: string, path: string, flags: { out?: string }) => cat(file, path, flags, output));
  storage
    .command("put")
    .description("write a stream; the file and the storages around it are made when they are not there")
    .argument("<file>", "the compound file")
    .argument("<path>", "the stream: folder/stream")
    .argument("[from]", "the file with its bytes; - is standard input", "-")
    .option("--large", "make a new file one of version 4, which may have more than 2 GB")
    .action(async (file: string, path: string, from: string, flags: { large?: boolean }) =>
      put(file, path, from, flags),
    );
  storage
    .command("rm")
    .description("remove an element")
    .argument("<file>", "the compound file")
    .argument("<path>", "a stream, or a storage with all that is in it")
    .action(remove);
  storage
    .command("props")
    .description("print the property sets of a compound file: title, author, and what others there are")
    .argument("<file>", "the compound file")
    .option(
      "--set <name=value...>",
      "write a text of the summary: Title, Subject, Author, Keywords, Comments",
    )
    .option("--json", "one JSON object a line")
    .action(async (file: string, flags: PropsFlags) => properties(file, flags, output));
  return storage;
}

/** Control characters in names as \5, or \x1f; and back. */
function show(name: string): string {
  return name.replaceAll(/\p{Cc}(\d?)/gu, (character, digit: string) => {
    const code = character.charCodeAt(0);
    return (code < 10 && digit === "" ? `\\${code}` : `\\x${code.toString(16).padStart(2, "0")}`) + digit;
  });
}

function partsOf(path: string): string[] {
  const plain = path.replaceAll(
    /\\x([0-9a-f]{2})|\\(\d{1,2})/gi,
    (_, hex: string | undefined, digits: string) =>
      String.fromCharCode(hex === undefined ? Number(digits) : Number.parseInt(hex, 16)),
  );
  return plain.split("/").filter((part) => part !== "");
}

function given<T>(pointer: T | null): T {
  if (pointer === null) throw new ComError(HResult.E_POINTER, "the storage answered with nothing");
  return pointer;
}

/** Runs something in the storage that a path leads to, with the last part of the path. Storages on the way are given back. */
async function inside<T>(
  root: IStorage,
  parts: readonly string[],
  mode: number,
  run: (storage: IStorage) => Promise<T>,
): Promise<T> {
  const [first, ...rest] = parts;
  if (first === undefined) return run(root);
  using below = await enter(root, first, mode);
  return await inside(below, rest, mode, run);
}

async function enter(storage: IStorage, name: string, mode: number): Promise<IStorage> {
  try {
    return given(await storage.OpenStorage(name, null, mode, null, 0));
  } catch (error) {
    if (mode === read || ComError.from(error).code !== StgStatus.FILENOTFOUND) throw error;
    return given(await storage.CreateStorage(name, mode, 0, 0));
  }
}

interface Element {
  readonly type: "storage" | "stream";
  readonly size: number;
  readonly class: string;
  readonly name: string;
}

async function list(
  file: string,
  path: string | undefined,
  flags: { json?: boolean },
  output: Output,
): Promise<void> {
  using root = openStorage(file);
  const elements: Element[] = [];
  await inside(root, partsOf(path ?? ""), read, (storage) => collect(storage, "", elements));
  if (flags.json === true) {
    for (const element of elements) output.out(`${toJson(element)}\n`);
    return;
  }
  const rows = elements.map(({ type, size, class: clsid, name }) => [
    type === "stream" ? String(size) : "",
    type === "stream" ? name : `${name}/`,
    clsid,
  ]);
  output.out(table(["SIZE", "NAME", "CLASS"], rows));
}

async function collect(storage: IStorage, prefix: string, elements: Element[]): Promise<void> {
  using found = given(await storage.EnumElements(0, 0, null, 0));
  for (;;) {
    const { rgelt, pceltFetched } = await found.Next(256);
    if (pceltFetched === 0) break;
    for (const stat of rgelt) {
      const name = stat.pwcsName ?? "";
      const type = stat.type === Stgty.STORAGE ? "storage" : "stream";
      const clsid = stat.clsid === GUID_NULL ? "" : formatGuid(stat.clsid);
      elements.push({ type, size: Number(stat.cbSize), class: clsid, name: prefix + show(name) });
      if (type === "stream") continue;
      using below = given(await storage.OpenStorage(name, null, read, null, 0));
      await collect(below, `${prefix}${show(name)}/`, elements);
    }
  }
}

function split(path: string): { readonly folders: readonly string[]; readonly name: string } {
  const folders = partsOf(path);
  const name = folders.pop();
  if (name === undefined) throw new ComError(HResult.E_INVALIDARG, "an element is named: folder/stream");
  return { folders, name };
}

async function cat(file: string, path: string, flags: { out?: string }, output: Output): Promise<void> {
  const { folders, name } = split(path);
  using root = openStorage(file);
  const bytes = await inside(root, folders, read, async (storage) => {
    using stream: IStream = given(await storage.OpenStream(name, 0, null, read, 0));
    return await readAll(stream);
  });
  if (flags.out !== undefined) writeFileSync(flags.out, bytes);
  else if (output.raw === undefined) output.out(Buffer.from(bytes).toString("latin1"));
  else output.raw(bytes);
}

async function put(file: string, path: string, from: string, flags: { large?: boolean }): Promise<void> {
  const { folders, name } = split(path);
  const bytes = readFileSync(from === "-" ? 0 : from);
  using root = existsSync(file)
    ? openStorage(file, transacted)
    : createStorage(file, transacted, { version: flags.large === true ? 4 : 3 });
  await inside(root, folders, write, async (storage) => {
    using stream: IStream = given(await storage.CreateStream(name, write | Stgm.CREATE, 0, 0));
    await writeAll(stream, bytes);
  });
  await root.Commit(0);
}

async function remove(file: string, path: string): Promise<void> {
  const { folders, name } = split(path);
  using root = openStorage(file, transacted);
  // Storages on the way are not made to remove something from them.
  await inside(root, folders, write, async (storage) => storage.DestroyElement(name));
  await root.Commit(0);
}

interface PropsFlags {
  readonly set?: readonly string[];
  readonly json?: boolean;
}

async function properties(file: string, flags: PropsFlags, output: Output): Promise<void> {
  if (flags.set !== undefined) return setSummary(file, flags.set);
  using root = openStorage(file);
  for (const [title, section] of await sections(root)) {
    const rows = section.ids.map((id) => propertyRow(section, id));
    if (flags.json === true) for (const row of rows) output.out(`${toJson({ set: title, ...row })}\n`);
    else
      output.out(
        `${title}\n${table(
          ["NAME", "TYPE", "VALUE"],
          rows.map(({ name, type, value }) => [name, type, value]),
        )}`,
      );
  }
}

async function sections(root: IStorage): Promise<(readonly [string, PropertySection])[]> {
  const found: (readonly [string, PropertySection])[] = [];
  const elements: Element[] = [];
  await collect(root, "", elements);
  for (const { name } of elements) {
    const [plain = "", ...more] = partsOf(name);
    if (more.length > 0 || !plain.startsWith("\u0005")) continue;
    const set = await setOf(root, plain);
    const formats = new Map(Object.entries(Fmtid).map(([title, fmtid]) => [fmtid, title]));
    for (const section of set?.sections ?? [])
      found.push([formats.get(section.fmtid) ?? formatGuid(section.fmtid), section]);
  }
  return found;
}

/** What is called like a property set need not be one. */
async function setOf(root: IStorage, name: string): Promise<PropertySet | undefined> {
  try {
    return await readPropertySet(root, formatOfName(name));
  } catch (error) {
    const { code } = ComError.from(error);
    if (code === StgStatus.INVALIDNAME || code === StgStatus.DOCFILECORRUPT) return undefined;
    throw error;
  }
}

function propertyRow(
  section: PropertySection,
  id: number,
): { readonly name: string; readonly type: string; readonly value: string } {
  const name =
    section.names.get(id) ?? knownPropertyName(section.fmtid, id) ?? wellKnown.get(id) ?? String(id);
  const property = section.get(id);
  return { name: show(name), type: typeText(property?.vt ?? 0), value: valueText(property) };
}

function typeText(vt: number): string {
  return (vt & PropType.VECTOR) === 0 ? vtName(vt) : `VT_VECTOR|${vtName(vt & ~PropType.VECTOR)}`;
}

const wellKnown = new Map([
  [1, "CodePage"],
  [0x80000000, "Locale"],
  [0x80000003, "Behavior"],
]);

function valueText(property: PropertyValue | undefined): string {
  const { vt = 0, value } = property ?? {};
  if (Array.isArray(value)) {
    const type = vt & PropType.TYPEMASK;
    const one = (item: unknown): string =>
      valueText(type === PropType.VARIANT ? (item as PropertyValue) : { vt: type, value: item });
    return `[${value.map(one).join(", ")}]`;
  }
  if (vt === PropType.FILETIME) return filetimeText(value as bigint);
  if (vt === PropType.DATE) return fromOleDate(value as number).toISOString();
  if (value instanceof Uint8Array) return bytesText(value);
  if (vt === PropType.CF) return bytesText((value as { readonly data: Uint8Array }).data);
  if (typeof value === "string") return show(value);
  return value === undefined || value === null ? "" : toJson(value).replaceAll('"', "");
}

/** A time after the first year is a moment, one before it a duration (EditTime). */
function filetimeText(value: bigint): string {
  const year = 315_360_000_000_000n;
  if (value < year) return `${Number(value / 10_000_000n)} s`;
  return new Date(millisecondsOfFiletime(value)).toISOString();
}

function bytesText(bytes: Uint8Array): string {
  const head = toHex(bytes.subarray(0, 16));
  return bytes.length > 16 ? `${head}… (${bytes.length} bytes)` : head;
}

/** Properties of the summary that are texts: Title to RevisionNumber, AppName. */
const texts = new Set([2, 3, 4, 5, 6, 7, 8, 9, 18]);

async function setSummary(file: string, assignments: readonly string[]): Promise<void> {
  using root = openStorage(file, transacted);
  const fmtid = Fmtid.SummaryInformation;
  const set = (await readPropertySet(root, fmtid)) ?? newSummary();
  const section = set.section(fmtid) ?? set.add(fmtid);
  for (const assignment of assignments) {
    const [name = "", ...rest] = assignment.split("=");
    const id = knownPropertyId(fmtid, name);
    if (id === undefined || rest.length === 0 || !texts.has(id)) {
      throw new ComError(HResult.E_INVALIDARG, `"${assignment}" does not set a text of the summary: Title=…`);
    }
    section.set(id, { vt: PropType.LPSTR, value: rest.join("=") });
  }
  await writePropertySet(root, fmtid, set);
  await root.Commit(0);
}

function newSummary(): PropertySet {
  const set = new PropertySet();
  set.add(Fmtid.SummaryInformation).codePage = 65001;
  return set;
}
