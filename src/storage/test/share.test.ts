import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { fileURLToPath } from "node:url";
import { ComError } from "../../base/index.ts";
import { LockType, StgStatus, Stgm, createStorage, openFileLockBytes, openStorage } from "../index.ts";
import { Claims, claimsOn } from "../share/claims.ts";
import { ownMark } from "../share/process-mark.ts";
import { T, X, put, status, text } from "./support.ts";

const child = fileURLToPath(new URL("share-child.js", import.meta.url));
const D = Stgm.READWRITE | Stgm.TRANSACTED | Stgm.SHARE_DENY_NONE;

suite("share modes and locks between processes of a machine", { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-storage-share-"));
  const home = join(folder, "home");
  const claims = join(home, "open-files");
  mkdirSync(home);
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "file.dat");
  createStorage(path, X).Release();

  /** Another process, and what it says. */
  async function other(...args: string[]): Promise<{ process: ChildProcess; says: string }> {
    const running = spawn(process.execPath, [child, path, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
      env: { ...process.env, COMITY_HOME: home },
    });
    const [data] = (await once(running.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
    return { process: running, says: data.toString().trim() };
  }

  async function end(running: ChildProcess, how: "kill" | "end"): Promise<void> {
    const exit = once(running, "exit");
    if (how === "kill") running.kill("SIGKILL");
    else running.stdin?.end();
    await exit;
  }

  const violation = (error: unknown): boolean =>
    error instanceof ComError && error.code === StgStatus.SHAREVIOLATION && /process \d+/.test(error.message);

  test("exclusive is exclusive, until its holder is killed", async () => {
    const holder = await other("open", String(X));
    assert.equal(holder.says, "held");
    assert.throws(() => openStorage(path, D, { home }), violation);
    assert.throws(() => createStorage(path, T | Stgm.CREATE, { home }), violation);
    const before = readFileSync(path);
    assert.throws(() => createStorage(path, X | Stgm.CREATE, { home }), violation);
    assert.deepEqual(readFileSync(path), before);
    await end(holder.process, "kill");
    openStorage(path, X, { home }).Release();
    assert.deepEqual(readdirSync(claims), []);
  });

  test("the other one is refused as well, and told who has it", async () => {
    using mine = openStorage(path, Stgm.READ | Stgm.SHARE_DENY_WRITE, { home });
    void mine;
    const writer = await other("open", String(D));
    assert.match(writer.says, new RegExp(`process ${process.pid} has it open`));
    await end(writer.process, "end");
    const reader = await other("open", String(Stgm.READ | Stgm.SHARE_DENY_WRITE));
    assert.equal(reader.says, "held");
    await end(reader.process, "end");
  });

  test("a reader with priority in another process holds a commit up", async () => {
    using root = openStorage(path, D, { home });
    await put(root, "s", text("s"));
    const reader = await other("open", String(Stgm.READ | Stgm.PRIORITY));
    assert.equal(reader.says, "held");
    assert.throws(() => root.Commit(0), status(StgStatus.LOCKVIOLATION));
    await end(reader.process, "kill");
    await root.Commit(0);
  });

  test("ranges of bytes that another process locked, until it is killed", async () => {
    using mine = openFileLockBytes(path, 2, home);
    const holder = await other("lock");
    assert.equal(holder.says, "held");
    const locked = status(StgStatus.ACCESSDENIED);
    assert.throws(() => mine.ReadAt(15n, 1), locked);
    assert.throws(() => mine.WriteAt(5n, text("123456"), 6), locked);
    assert.throws(() => mine.LockRegion(0n, 11n, LockType.WRITE), status(StgStatus.LOCKVIOLATION));
    assert.equal((await mine.ReadAt(0n, 10)).pcbRead, 10);
    await mine.LockRegion(0n, 10n, LockType.WRITE);
    await mine.UnlockRegion(0n, 10n, LockType.WRITE);
    await end(holder.process, "kill");
    await mine.LockRegion(10n, 10n, LockType.ONLYONCE);
    assert.equal((await mine.ReadAt(15n, 1)).pcbRead, 1);
    assert.equal(readdirSync(claims).length, 1);
  });

  test("of many who claim at once, never two have it", async () => {
    const all = await Promise.all(Array.from({ length: 4 }, () => other("open", String(X))));
    const held = all.filter(({ says }) => says === "held");
    assert.equal(held.length, 1, all.map(({ says }) => says).join("; "));
    await Promise.all(all.map(async ({ process: one, says }) => says === "held" && end(one, "kill")));
  });

  test("claims of processes that are gone, or whose number another got, do not count", () => {
    const store = new Claims(join(folder, "claims"));
    const [space = "", pid = "", began = "", thread = ""] = ownMark.split("-");
    const leave = (mark: string): void => {
      mkdirSync(join(folder, "claims"), { recursive: true });
      writeFileSync(join(folder, "claims", `${mark}-1.open-12`), "");
    };
    leave(`${space}-4194999-${began}-${thread}`);
    if (process.platform === "linux") leave(`${space}-${pid}-${Number(began) + 1}-${thread}`);
    writeFileSync(join(folder, "claims", "nonsense"), "");
    const mine = store.claim("open-12", () => true);
    assert.ok(!("pid" in mine));
    mine[Symbol.dispose]();
    assert.deepEqual(readdirSync(join(folder, "claims")), ["nonsense"]);
    // Another thread of this process lives as long as it does.
    leave(`${space}-${pid}-${began}-${Number(thread) + 7}`);
    const refused = store.claim("open-12", () => true);
    assert.ok("pid" in refused && refused.pid === process.pid);
  });

  test("where nobody can be told, one reads and does not write", () => {
    const full = join(folder, "full");
    mkdirSync(full);
    writeFileSync(join(full, "open-files"), "in the way");
    openStorage(path, undefined, { home: full }).Release();
    assert.throws(() => openStorage(path, X, { home: full }), ComError);
    openStorage(path, X, { home }).Release();
  });

  test("without a machine, nothing is left behind", () => {
    const nowhere = join(folder, "nowhere");
    assert.equal(claimsOn("1:2", nowhere), undefined);
    openStorage(path, X, { home: nowhere }).Release();
    assert.equal(existsSync(nowhere), false);
  });
});
