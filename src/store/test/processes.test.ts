import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { statSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { openStore } from "../index.ts";
import { inFolder } from "./store.test.ts";

const child = fileURLToPath(new URL("child.js", import.meta.url));

function start(...args: string[]): ChildProcess {
  return spawn(process.execPath, [child, ...args], { stdio: ["ignore", "pipe", "inherit"] });
}

describe("several processes", () => {
  it("kill -9 of a writer loses nothing acknowledged and leaves nothing half done", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "store");
      const acknowledged: string[] = [];
      for (let round = 0; round < 3; round++) {
        const writer = start("write", path);
        acknowledged.length = 0;
        const lines = createInterface({ input: writer.stdout as NodeJS.ReadableStream });
        lines.on("line", (line) => {
          acknowledged.push(line);
          if (acknowledged.length === 200 + round * 37) writer.kill("SIGKILL");
        });
        await once(writer, "close");
        await using store = await openStore({ path });
        store.read((view) => {
          for (const n of acknowledged) assert.ok(view.get("numbers", Buffer.from(n)), `${n} is there`);
          const [numbers, copies] = ["numbers", "copies"].map((table) => view.range(table));
          assert.deepEqual(numbers, copies, "both entries of a transaction, or neither");
        });
        assert.ok(acknowledged.length >= 200);
      }
    });
  });

  it("count together without losing a step", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "store");
      const children = [start("count", path, "40"), start("count", path, "40")];
      await Promise.all(children.map((one) => once(one, "close")));
      await using store = await openStore({ path });
      const count = store.read((view) => view.get("t", Buffer.from("counter")));
      assert.equal(Buffer.from(count ?? []).readUInt32LE(0), 80);
    });
  });

  it("hear of each other's changes", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "store");
      await using store = await openStore({ path });
      const heard = new Promise<string>((resolve) => {
        store.watch("t", () => {
          const value = store.read((view) => view.get("t", Buffer.from("greeting")));
          if (value !== undefined) resolve(Buffer.from(value).toString());
        });
      });
      const other = start("set", path, "greeting", "hello");
      const closed = once(other, "close");
      const counted = store.changes("t");
      const keepAlive = setTimeout(() => {}, 20_000);
      assert.equal(await heard, "hello");
      assert.equal(store.changes("t"), counted + 1n);
      clearTimeout(keepAlive);
      await closed;
    });
  });
});

describe("a store's files", () => {
  it("are its owner's alone, whatever the mask", { skip: process.platform === "win32" }, async () => {
    await inFolder(async (path) => {
      const mask = process.umask(0o002);
      try {
        await using store = await openStore({ path });
        void store;
        const modes = ["data.mdb", "lock.mdb"].map((name) => statSync(join(path, name)).mode & 0o777);
        assert.deepEqual(modes, [0o600, 0o600]);
      } finally {
        process.umask(mask);
      }
    });
  });
});
