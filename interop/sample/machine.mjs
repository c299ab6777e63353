/* A machine for peers to talk to: a home of its own, an account, a registered class, and an SCM on a loopback address. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FileAccountStore } from "../../dist/auth/index.js";
import { formatCommandLine, registryCatalog, Scm } from "../../dist/dcom/index.js";
import { Runtime } from "../../dist/com/index.js";
import module, { mechanismsOf } from "./calculator.mjs";

export const account = { user: "interop", password: "Correct-Horse-7" };

/** Opens it, runs `work`, closes it. What the SCM warns about is collected in `warnings`. */
export async function withMachine(options, work) {
  const machine = await openMachine(options);
  try {
    return await work(machine);
  } finally {
    await machine.close();
  }
}

async function openMachine({ address = "127.0.0.1", port = 0, settings = {} } = {}) {
  const home = mkdtempSync(join(tmpdir(), "comity-interop-"));
  await new FileAccountStore(home, "COMITY").add(account.user, account.password);
  const runtime = await Runtime.open({ home });
  const command = formatCommandLine([
    process.execPath,
    fileURLToPath(new URL("server.mjs", import.meta.url)),
  ]);
  await runtime.registry.edit((editor) => module.DllRegisterServer(editor, { kind: "local", command }));
  const warnings = [];
  const logger = {
    debug: () => undefined,
    info: () => undefined,
    warn: (_fields, message) => warnings.push(message),
    error: (_fields, message) => warnings.push(message),
  };
  process.env.COMITY_ADDRESS = address;
  const scm = await Scm.open({
    home,
    addresses: [address],
    port,
    mechanisms: mechanismsOf(home, "COMITY"),
    catalog: registryCatalog(runtime.registry, logger),
    settings,
    logger,
  });
  return {
    home,
    scm,
    runtime,
    warnings,
    address,
    port: scm.port,
    async close() {
      for (const { pid } of (await scm.snapshot()).processes) if (pid !== process.pid) process.kill(pid);
      await scm.close();
      await runtime.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}
