import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Compiler } from "comity/idl";
import type { Row } from "./row.js";

/** Debian's libwine-dev: 305 files with 5 MB of IDL. */
const folder = "/usr/include/wine/wine/windows";
const widl = "x86_64-w64-mingw32-widl";
const cli = fileURLToPath(import.meta.resolve("comity")).replace(/index\.js$/, "cli/main.js");

export const parsing = "IDL: bytes parsed and bound";
export const wholeSet = "IDL: files of Wine, the whole set from cold";
export const mshtml = "IDL: mshtml.idl, start included";

/** True where Debian's libwine-dev and mingw-w64-tools are. */
export function idlPresent(): boolean {
  return existsSync(folder) && spawnSync("which", [widl]).status === 0;
}

const files = (): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith(".idl"))
    .map((name) => join(folder, name));

/** Compiles every file in this process; the child that `wholeSet` measures does just this. */
export function compileAll(): void {
  const compiler = new Compiler({ includePath: [folder] });
  for (const file of files()) void compiler.compile(file).errors;
}

/** Runs a second of something, the best of a few. */
function best(runs: number, run: () => void): number {
  let seconds = Number.POSITIVE_INFINITY;
  for (let i = 0; i < runs; i++) {
    const start = performance.now();
    run();
    seconds = Math.min(seconds, (performance.now() - start) / 1000);
  }
  return 1 / seconds;
}

function start(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { stdio: ["ignore", "ignore", "ignore"] });
  if (done.error !== undefined) throw done.error;
}

/** The compiler against widl over the same files in the same run. */
export function measureIdl(runs: number): Row[] {
  const all = files();
  const bytes = all.reduce((sum, file) => sum + statSync(file).size, 0);
  const output = join(mkdtempSync(join(tmpdir(), "comity-widl-")), "out.h");
  const header = (file: string): void => start(widl, ["-I", folder, "-h", "-o", output, file]);
  const child = fileURLToPath(new URL("./idl-child.js", import.meta.url));
  const page = join(folder, "mshtml.idl");
  for (let i = 0; i < 2; i++) compileAll();
  return [
    { work: parsing, contender: "comity, warm", perSecond: bytes * best(runs, compileAll) },
    {
      work: wholeSet,
      contender: "widl, a process a file",
      perSecond: all.length * best(1, () => all.forEach(header)),
    },
    {
      work: wholeSet,
      contender: "comity, one process",
      perSecond: all.length * best(runs, () => start(process.execPath, [child])),
    },
    { work: mshtml, contender: "widl", perSecond: best(runs, () => header(page)) },
    {
      work: mshtml,
      contender: "comity idl --json",
      perSecond: best(runs, () => start(process.execPath, [cli, "idl", "--json", page])),
    },
  ];
}
