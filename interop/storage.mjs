/*
 * Compound files of others and ours: libgsf, olefile, LibreOffice and msitools read what we write, and we read what they write.
 *
 *   node interop/storage.mjs
 *
 * COMITY_STORAGE_SAMPLES names a folder of further files (.doc, .xls, .msi, …): each is read as olefile reads it, written to, and read again.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  Fmtid,
  PropType,
  PropertySet,
  Stgm,
  createStorage,
  isStorageFile,
  openStorage,
  readAll,
  readPropertySet,
  writeAll,
  writePropertySet,
} from "../dist/storage/index.js";
import { expect, main, prove } from "./support/prove.mjs";

const dumper = fileURLToPath(new URL("peers/olefile_dump.py", import.meta.url));
const X = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;
const T = X | Stgm.TRANSACTED;

function run(program, args, options = {}) {
  const done = spawnSync(program, args, {
    encoding: "utf8",
    maxBuffer: 1 << 28,
    timeout: 120_000,
    ...options,
  });
  expect(done.status === 0, `${program} ${args.join(" ")} ended with ${done.status}: ${done.stderr}`);
  return done.stdout;
}

function olefile(paths) {
  const lines = run("/usr/bin/python3", [dumper, ...paths])
    .trim()
    .split("\n");
  return new Map(lines.map((line) => JSON.parse(line)).map((answer) => [answer.path, answer]));
}

/** Runs something with a pointer, and gives it back. */
async function hold(pointer, step) {
  const held = await pointer;
  try {
    return await step(held);
  } finally {
    held.Release();
  }
}

const sha1 = (bytes) => createHash("sha1").update(bytes).digest("hex");

/** The SHA-1 of each stream by its path, as the peer answers. */
async function digest(storage, prefix = "", found = {}) {
  const { rgelt } = await hold(storage.EnumElements(0, 0, null, 0), (list) => list.Next(65_536));
  for (const { pwcsName, type } of rgelt) {
    if (type === 1) {
      await hold(storage.OpenStorage(pwcsName, null, Stgm.SHARE_EXCLUSIVE, null, 0), (below) =>
        digest(below, `${prefix}${pwcsName}/`, found),
      );
    } else {
      const bytes = await hold(storage.OpenStream(pwcsName, 0, null, Stgm.SHARE_EXCLUSIVE, 0), readAll);
      found[prefix + pwcsName] = sha1(bytes);
    }
  }
  return found;
}

function digestOf(path) {
  return hold(openStorage(path), (root) => digest(root));
}

function same(ours, theirs) {
  const names = Object.keys(theirs);
  expect(
    names.length === Object.keys(ours).length,
    `${names.length} streams there, ${Object.keys(ours).length} here`,
  );
  for (const name of names) expect(ours[name] === theirs[name], `"${name}" differs`);
  return `${names.length} streams`;
}

function put(storage, name, bytes) {
  return hold(storage.CreateStream(name, X | Stgm.CREATE, 0, 0), (stream) => writeAll(stream, bytes));
}

const pattern = (length, seed) => Uint8Array.from({ length }, (_, i) => (i * 31 + seed + (i >> 8)) & 0xff);

/** A storage with all there is: more than 109 FAT sectors in version 3, names beyond ASCII, storages in storages, properties. */
async function write(root) {
  for (let i = 0; i < 300; i++) await put(root, `stream ${i}`, pattern(i * 37, i));
  await put(root, "large", pattern(9_000_000, 1));
  let at = root;
  const open = [];
  for (const name of ["Größe", "Ελληνικά", "日本語", "last"]) {
    at = await at.CreateStorage(name, X, 0, 0);
    open.push(at);
    await put(at, "inner", pattern(5000, name.length));
  }
  for (const storage of open.toReversed()) storage.Release();
  await root.Commit(0);
  // A second transaction over the first: sectors are used again, trees are built anew.
  for (let i = 0; i < 300; i += 2) await root.DestroyElement(`stream ${i}`);
  await put(root, "after", pattern(100_000, 3));
  const set = new PropertySet();
  const section = set.add(Fmtid.SummaryInformation);
  section.codePage = 65001;
  section.set(2, { vt: PropType.LPSTR, value: "Größe und Maß" });
  section.set(4, { vt: PropType.LPSTR, value: "Comity" });
  await writePropertySet(root, Fmtid.SummaryInformation, set);
  await root.Commit(0);
}

async function libreOffice(folder) {
  const profile = `-env:UserInstallation=file://${folder}/profile`;
  const convert = (to, file) =>
    run("soffice", ["--headless", profile, "--convert-to", to, "--outdir", folder, join(folder, file)]);
  writeFileSync(join(folder, "letter.txt"), "Dear Ada,\n\nGrüße\n");
  writeFileSync(join(folder, "table.csv"), "a,b\n1,2\n3,text\n");
  await prove("LibreOffice writes .doc and .xls, we read them as olefile does", async () => {
    convert("doc:MS Word 97", "letter.txt");
    convert("xls:MS Excel 97", "table.csv");
    const files = ["letter.doc", "table.xls"].map((name) => join(folder, name));
    const theirs = olefile(files);
    let count = 0;
    for (const file of files) {
      same(await digestOf(file), theirs.get(file).streams);
      count += Object.keys(theirs.get(file).streams).length;
    }
    return `${count} streams`;
  });
  await prove("we change the .doc, and LibreOffice reads the same letter", async () => {
    const file = join(folder, "changed.doc");
    copyFileSync(join(folder, "letter.doc"), file);
    await hold(openStorage(file, T), async (root) => {
      const set = await readPropertySet(root, Fmtid.SummaryInformation);
      set.section(Fmtid.SummaryInformation).set(2, { vt: PropType.LPSTR, value: "Brief an Ada" });
      await writePropertySet(root, Fmtid.SummaryInformation, set);
      await put(root, "of ours", pattern(20_000, 5));
      await root.Commit(0);
    });
    convert("txt:Text (encoded):UTF8", "changed.doc");
    const text = readFileSync(join(folder, "changed.txt"), "utf8");
    expect(text.includes("Dear Ada,") && text.includes("Grüße"), `LibreOffice found "${text}"`);
    expect(olefile([file]).get(file).summary.title === "Brief an Ada", "olefile found another title");
  });
}

async function msitools(folder) {
  const file = join(folder, "product.msi");
  await prove("msitools writes an .msi, we read it as olefile does", async () => {
    run("msibuild", [
      file,
      "-s",
      "Comity",
      "Somebody",
      "Intel;1033",
      "{01234567-89AB-CDEF-0123-456789ABCDEF}",
    ]);
    run("msibuild", [
      file,
      "-q",
      "CREATE TABLE `Property` (`Property` CHAR(72) NOT NULL, `Value` CHAR(0) PRIMARY KEY `Property`)",
    ]);
    run("msibuild", [
      file,
      "-q",
      "INSERT INTO `Property` (`Property`, `Value`) VALUES ('ProductName', 'Comity')",
    ]);
    same(await digestOf(file), olefile([file]).get(file).streams);
    const set = await hold(openStorage(file), (root) => readPropertySet(root, Fmtid.SummaryInformation));
    expect(set.sections[0].get(3)?.value === "Comity", "its subject");
  });
  await prove("msitools reads the copy that CopyTo makes", async () => {
    const copy = join(folder, "copy.msi");
    await hold(openStorage(file), (source) =>
      hold(createStorage(copy, X), (target) => source.CopyTo(0, null, null, target)),
    );
    expect(run("msiinfo", ["export", copy, "Property"]).includes("ProductName\tComity"), "the table's row");
    expect(run("msiinfo", ["suminfo", copy]).includes("Comity"), "the summary");
  });
}

async function samples(folder) {
  const source = process.env.COMITY_STORAGE_SAMPLES;
  if (source === undefined) {
    console.log("        COMITY_STORAGE_SAMPLES names no folder: no further files");
    return;
  }
  await prove("files of COMITY_STORAGE_SAMPLES, read as olefile reads them, and written to", async () => {
    const files = readdirSync(source, { recursive: true, encoding: "utf8" })
      .map((name) => join(source, name))
      .filter((path) => isCompound(path));
    const theirs = olefile(files);
    const count = { files: 0, streams: 0, refused: 0, written: 0 };
    for (const file of files) {
      const answer = theirs.get(file);
      let ours;
      try {
        ours = await digestOf(file);
      } catch {
        count.refused++;
        continue;
      }
      if (answer.error !== undefined) continue;
      same(ours, answer.streams);
      count.files++;
      count.streams += Object.keys(ours).length;
      const copy = join(folder, "sample");
      copyFileSync(file, copy);
      try {
        await hold(openStorage(copy, T), async (root) => {
          await put(root, "of ours", pattern(7000, 1));
          await root.Commit(0);
        });
      } catch {
        continue;
      }
      same({ ...ours, "of ours": sha1(pattern(7000, 1)) }, olefile([copy]).get(copy).streams);
      count.written++;
    }
    return `${count.files} files, ${count.streams} streams; ${count.refused} refused, ${count.written} written to`;
  });
}

function isCompound(path) {
  try {
    return isStorageFile(path);
  } catch {
    return false;
  }
}

await main(async () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-interop-storage-"));
  try {
    for (const version of [3, 4]) {
      const file = join(folder, `ours${version}.dat`);
      await hold(createStorage(file, T, { version }), write);
      const ours = await digestOf(file);
      await prove(`olefile reads our version ${version}`, () => {
        const answer = olefile([file]).get(file);
        expect(answer.error === undefined, answer.error);
        expect(answer.summary.title === "Größe und Maß" && answer.summary.author === "Comity", "the summary");
        // It takes a count of transactions for a fault; the specification has one.
        const issues = answer.issues.filter((issue) => !issue.includes("transaction_signature"));
        expect(issues.length === 0, issues.join("; "));
        return same(ours, answer.streams);
      });
      await prove(`libgsf reads our version ${version}`, () => {
        const listed = run("gsf", ["list", file])
          .split("\n")
          .filter((line) => line.startsWith("f"));
        expect(listed.length === Object.keys(ours).length, `${listed.length} streams listed`);
        for (const name of ["large", "stream 299", "Größe/Ελληνικά/日本語/last/inner"]) {
          const bytes = spawnSync("gsf", ["cat", file, name], { maxBuffer: 1 << 28 }).stdout;
          expect(sha1(bytes) === ours[name], `"${name}" differs`);
        }
        const props = run("gsf", ["listprops", file]);
        expect(props.includes("dc:title") && props.includes("dc:creator"), `properties: ${props}`);
        return `${listed.length} streams`;
      });
    }
    await prove("we read what libgsf writes", async () => {
      const names = ["one", "two", "three"];
      names.forEach((name, i) => writeFileSync(join(folder, name), pattern(i * 5000 + 100, i)));
      run("gsf", ["createole", "theirs.dat", ...names], { cwd: folder });
      const theirs = Object.fromEntries(names.map((name) => [name, sha1(readFileSync(join(folder, name)))]));
      return same(await digestOf(join(folder, "theirs.dat")), theirs);
    });
    await libreOffice(folder);
    await msitools(folder);
    await samples(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
