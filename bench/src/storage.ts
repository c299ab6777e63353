import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import CFB from "cfb";
import { type IEnumSTATSTG, type IStream, Stgc, Stgm, createStorage, openStorage } from "comity/storage";
import type { Row } from "./row.js";

const exclusive = Stgm.READWRITE | Stgm.SHARE_EXCLUSIVE;
const piece = 65_536;
const source = fileURLToPath(new URL("../libgsf/storage.c", import.meta.url));

/** Files with many small streams, and with one large one. */
const kinds = [
  { name: "1,000 streams of 1,000 bytes", count: 1000, size: 1000 },
  { name: "one stream of 32 MB", count: 1, size: 32 * 1024 * 1024 },
] as const;

const storageWork = (name: string, what: "written" | "read"): string => `compound file: ${name}, ${what}`;

/** One way to write and read files; each call does it once and answers the seconds it took. */
interface Contender {
  readonly name: string;
  write(path: string, count: number, data: Uint8Array): number;
  read(path: string, count: number, data: Uint8Array): number;
}

function seconds(run: () => unknown): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

function writeOurs(path: string, count: number, data: Uint8Array): void {
  using root = createStorage(path, exclusive | Stgm.CREATE);
  for (let i = 0; i < count; i++) {
    using stream = root.CreateStream(`stream ${i}`, exclusive, 0, 0) as IStream;
    for (let at = 0; at < data.length; at += piece) {
      const part = data.subarray(at, at + piece);
      void stream.Write(part, part.length);
    }
  }
  // The others do not wait for the disk either.
  void root.Commit(Stgc.DANGEROUSLYCOMMITMERELYTODISKCACHE);
}

function readOurs(path: string): number {
  using root = openStorage(path);
  using list = root.EnumElements(0, 0, null, 0) as IEnumSTATSTG;
  const { rgelt } = list.Next(65_536) as Awaited<ReturnType<IEnumSTATSTG["Next"]>>;
  let total = 0;
  for (const { pwcsName } of rgelt) {
    using stream = root.OpenStream(pwcsName ?? "", 0, null, Stgm.SHARE_EXCLUSIVE, 0) as IStream;
    for (;;) {
      const { pcbRead } = stream.Read(piece) as Awaited<ReturnType<IStream["Read"]>>;
      if (pcbRead === 0) break;
      total += pcbRead;
    }
  }
  return total;
}

const ours: Contender = {
  name: "comity",
  write: (path, count, data) => seconds(() => writeOurs(path, count, data)),
  read: (path) => seconds(() => readOurs(path)),
};

const npmCfb: Contender = {
  name: "cfb (npm)",
  write: (path, count, data) =>
    seconds(() => {
      const file = CFB.utils.cfb_new();
      for (let i = 0; i < count; i++) CFB.utils.cfb_add(file, `/stream ${i}`, Buffer.from(data));
      writeFileSync(path, CFB.write(file, { type: "buffer" }) as Buffer);
    }),
  read: (path, count, data) =>
    seconds(() => {
      const file = CFB.read(readFileSync(path), { type: "buffer" });
      const total = file.FileIndex.reduce(
        (sum, { type, content }) => (type === 2 ? sum + content.length : sum),
        0,
      );
      if (total < count * data.length) throw new RangeError("cfb lost something");
    }),
};

let built: string | undefined;

function libgsf(): string {
  if (built !== undefined) return built;
  const folder = mkdtempSync(join(tmpdir(), "comity-libgsf-"));
  const flags = execFileSync("pkg-config", ["--cflags", "--libs", "libgsf-1"], { encoding: "utf8" });
  const program = join(folder, "storage");
  execFileSync("gcc", ["-O2", source, "-o", program, ...flags.trim().split(/\s+/)]);
  return (built = program);
}

/** The program takes the time itself, and the better of two runs. */
function runGsf(what: string, path: string, count: number, size: number): number {
  const args = [what, path, String(count), String(size), "2"];
  return 1 / Number(execFileSync(libgsf(), args, { encoding: "utf8" }));
}

const gsf: Contender = {
  name: "libgsf (C)",
  write: (path, count, data) => runGsf("write", path, count, data.length),
  read: (path, count, data) => runGsf("read", path, count, data.length),
};

/** True where gcc and Debian's libgsf-1-dev are. */
function gsfPresent(): boolean {
  return spawnSync("gcc", ["--version"]).status === 0 && spawnSync("pkg-config", ["libgsf-1"]).status === 0;
}

/** Files written and read per second, each contender reading what it wrote; by turns, the best of each. */
export function measureStorage(rounds: number): Row[] {
  const folder = mkdtempSync(join(tmpdir(), "comity-bench-storage-"));
  const contenders = gsfPresent() ? [ours, npmCfb, gsf] : [ours, npmCfb];
  const rows: Row[] = [];
  try {
    for (const { name, count, size } of kinds) {
      const data = Uint8Array.from({ length: size }, (_, i) => i * 31);
      for (const what of ["write", "read"] as const) {
        const best = contenders.map(() => Number.POSITIVE_INFINITY);
        // Reading takes little: more turns make it less of a matter of luck.
        for (let round = 0; round < (what === "read" ? 3 * rounds : rounds); round++) {
          contenders.forEach((contender, i) => {
            const took = contender[what](join(folder, String(i)), count, data);
            best[i] = Math.min(best[i] ?? took, took);
          });
        }
        const work = storageWork(name, what === "write" ? "written" : "read");
        contenders.forEach((contender, i) => {
          rows.push({ work, contender: contender.name, perSecond: 1 / (best[i] ?? 1) });
        });
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return rows;
}
