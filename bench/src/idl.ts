import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
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

/** One side of a comparison: what it is called and one run of it. */
interface Side {
  readonly contender: string;
  readonly run: () => void;
}

/** Runs the sides by turns, so that what else the machine does hits both, and keeps the best of each. */
function alternate(work: string, amount: number, runs: number, sides: readonly Side[]): Row[] {
  const seconds = sides.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < runs; round++)
    sides.forEach((side, i) => {
      const start = performance.now();
      side.run();
      seconds[i] = Math.min(seconds[i] ?? 0, (performance.now() - start) / 1000);
    });
  return sides.map(({ contender }, i) => ({ work, contender, perSecond: amount / (seconds[i] ?? 1) }));
}

function start(command: string, args: readonly string[], cwd?: string): void {
  const done = spawnSync(command, args, { cwd, stdio: ["ignore", "ignore", "ignore"] });
  if (done.error !== undefined) throw done.error;
}

/** The compiler against widl over the same files in the same run. */
export function measureIdl(runs: number): Row[] {
  const all = files();
  const bytes = all.reduce((sum, file) => sum + statSync(file).size, 0);
  // widl puts its temporary files into the current folder.
  const work = mkdtempSync(join(tmpdir(), "comity-widl-"));
  const header = (file: string): void =>
    start(widl, ["-I", folder, "-h", "-o", join(work, "out.h"), file], work);
  const child = fileURLToPath(new URL("./idl-child.js", import.meta.url));
  const page = join(folder, "mshtml.idl");
  try {
    for (let i = 0; i < 2; i++) compileAll();
    return [
      ...alternate(parsing, bytes, runs, [{ contender: "comity, warm", run: compileAll }]),
      ...alternate(wholeSet, all.length, Math.max(1, runs - 2), [
        { contender: "widl, a process a file", run: () => all.forEach(header) },
        { contender: "comity, one process", run: () => start(process.execPath, [child]) },
      ]),
      ...alternate(mshtml, 1, runs, [
        { contender: "widl", run: () => header(page) },
        {
          contender: "comity idl --json",
          run: () => start(process.execPath, [cli, "idl", "--json", page]),
        },
      ]),
    ];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
