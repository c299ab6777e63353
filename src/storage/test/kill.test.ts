import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createStorage, openStorage } from "../index.ts";
import { checkFile } from "./check-file.ts";
import { sizes } from "./kill-child.ts";
import { T, get, pattern, seeded } from "./support.ts";

const child = fileURLToPath(new URL("kill-child.js", import.meta.url));

test("a process killed while it commits leaves one whole generation", { timeout: 60_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "comity-storage-kill-"));
  try {
    const path = join(folder, "file");
    const random = seeded(17);
    createStorage(path, T).Release();
    let generation = 0;
    for (let round = 0; round < 6; round++) {
      const running = spawn(process.execPath, [child, path, String(generation + 1)], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      await once(running.stdout, "data");
      await delay(random() * 120);
      running.kill("SIGKILL");
      await once(running, "exit");
      {
        using root = openStorage(path);
        const found = new Uint32Array((await get(root, "generation")).slice().buffer)[0] ?? 0;
        assert.ok(found > generation, `generation ${found} after ${generation}`);
        generation = found;
        for (const size of sizes) {
          assert.deepEqual(
            await get(root, `s${size}`),
            pattern(size + (generation % 7) * 100, generation),
            `s${size}`,
          );
        }
      }
      // What the killed one wrote and did not commit hangs over the end until the next commit; nothing of it is in the tables.
      checkFile(readFileSync(path));
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
