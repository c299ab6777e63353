import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Runtime } from "../../../com/index.ts";
import { type OpenOptions, openRuntime } from "../../index.ts";

const modulePath = fileURLToPath(new URL("./work.js", import.meta.url));

/** Runs a test with the runtime of a machine of its own, the classes registered. */
export async function withRuntime(options: OpenOptions, run: (com: Runtime) => Promise<void>): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), "comity-threads-"));
  try {
    await using com = await openRuntime({ home, ...options });
    await com.registerModule(modulePath);
    await run(com);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
