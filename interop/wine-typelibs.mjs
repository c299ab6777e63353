// Wine's oleaut32 and ours on the same type libraries: every library of libwine says the same read by Wine and read by us, and what we write of it
// says the same to Wine. `node interop/wine-typelibs.mjs FOLDER...` does so for other folders.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { TypeLibraries, writeTypeLibrary } from "../dist/automation/index.js";
import { dumpLibrary } from "../dist/automation/test/typelib-support.js";

const wine = "/usr/lib/wine/wine64";
const libwine = "/usr/lib/x86_64-linux-gnu/wine/x86_64-windows";
const folders = process.argv.length > 2 ? process.argv.slice(2) : [libwine];
const work = mkdtempSync(join(tmpdir(), "comity-wine-"));

/** Where the two differ, and why; a line of Wine's for each kind. */
const known = [
  [/^ *FUNC \d+ fails$/, "Wine cannot read a parameter whose default value is missing"],
  [/ = 12:$/, "a default value that calls itself a VARIANT"],
  [/ = 11:1$/, "True that is 1"],
  [/<none>$/, "a typedef that Wine cannot follow"],
];

try {
  const program = join(work, "dump.exe");
  const source = fileURLToPath(new URL("peers/typelib_dump.c", import.meta.url));
  must("x86_64-w64-mingw32-gcc", ["-O1", "-o", program, source, "-loleaut32", "-lole32", "-luuid"]);
  const libraries = new TypeLibraries({ folders });
  const found = folders.flatMap((folder) => filesBelow(folder)).flatMap((path) => load(libraries, path));
  const written = found.map(({ scope }, i) => {
    const path = join(work, `${i}.tlb`);
    writeFileSync(path, writeTypeLibrary(scope.library));
    return path;
  });
  const theirs = dump(
    program,
    found.map(({ path }) => path),
  );
  const ofOurs = dump(program, written);
  const count = { read: 0, written: 0, known: 0, lines: 0, failed: 0 };
  for (const [i, { path, scope }] of found.entries()) {
    const text = theirs.get(path) ?? "";
    count.lines += text.split("\n").length;
    const own = libraries.typeLib(scope);
    judge(count, "read", path, text, await dumpLibrary(own));
    own[Symbol.dispose]();
    judge(count, "written", path, text, ofOurs.get(written[i]) ?? "");
  }
  console.log(
    `${found.length} libraries, ${count.lines} lines: ${count.read} read alike, ${count.written} written alike, ` +
      `${count.known} differ as is known, ${count.failed} differ`,
  );
  process.exitCode = count.failed === 0 && found.length > 0 ? 0 : 1;
} finally {
  rmSync(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 500 });
}

function judge(count, what, path, theirs, ours) {
  if (theirs === ours) {
    count[what]++;
    return;
  }
  const [a, b] = [theirs.split("\n"), ours.split("\n")];
  const at = a.findIndex((line, i) => line !== b[i] && !sameNames(line, b[i] ?? ""));
  if (at < 0 && a.length === b.length) {
    count[what]++;
    return;
  }
  const reason = known.find(([pattern]) => pattern.test(a[at] ?? ""));
  if (reason !== undefined) {
    count.known++;
    return;
  }
  count.failed++;
  console.log(`${path}, ${what}:\n  Wine: ${a[at]}\n  ours: ${b[at]}`);
}

/** Of a property Wine names its first accessor, which may be the one that writes; [MS-OAUT] 3.7.4.5 wants the one that reads, with its parameters. */
function sameNames(wine, ours) {
  return /^ *NAMES /.test(wine) && ours.startsWith(wine);
}

function load(libraries, path) {
  try {
    return [{ path, scope: libraries.load(path) }];
  } catch (error) {
    // Most programs have no type library.
    if (error.code === 0x80029c4a) return [];
    throw error;
  }
}

/** What Wine says of each file. */
function dump(program, paths) {
  const said = new Map();
  const env = { ...process.env, WINEPREFIX: join(work, "prefix"), WINEDEBUG: "-all" };
  for (let from = 0; from < paths.length; from += 20) {
    const names = paths.slice(from, from + 20).map((path) => `Z:${path}`);
    const { stdout } = spawnSync(wine, [program, ...names], { env, encoding: "utf8", maxBuffer: 2 ** 30 });
    for (const part of stdout
      .replaceAll("\r", "")
      .split(/^FILE Z:/m)
      .slice(1)) {
      const end = part.indexOf("\n");
      said.set(part.slice(0, end), part.slice(end + 1));
    }
  }
  return said;
}

function filesBelow(folder) {
  return readdirSync(folder, { recursive: true })
    .map((name) => join(folder, name))
    .filter((path) => /\.(tlb|olb|ocx|dll|exe)$/i.test(path) && statSync(path).isFile())
    .toSorted();
}

function must(command, args) {
  const { status, stderr } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
}
