import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ComError, HResult, newGuid } from "../../base/index.ts";
import { formatCommandLine } from "../scm/command-line.ts";
import { processLauncher } from "../scm/launcher.ts";
import { LocalMachine } from "../scm/local-machine.ts";
import { Scm } from "../scm/scm.ts";
import { catalogOf, serverClass, testClsid, testIid } from "./scm-support.ts";

// Real processes: launched by the SCM, killed from outside.
const program = fileURLToPath(new URL("./programs/plain-server.js", import.meta.url));
const line = (behaviour: string): string => formatCommandLine([program, behaviour]);
const clsids = { serve: testClsid, fail: newGuid(), silent: newGuid(), inproc: newGuid(), slow: newGuid() };
const home = mkdtempSync(join(tmpdir(), "comity-launch-"));
const catalog = catalogOf([
  serverClass({ localServer: line("serve") }),
  serverClass({ clsid: clsids.fail, name: "Failing.Server", localServer: line("fail") }),
  serverClass({ clsid: clsids.silent, name: "Silent.Server", localServer: line("silent") }),
  serverClass({ clsid: clsids.slow, localServer: line("slow") }),
  serverClass({ clsid: clsids.inproc, name: "In.Process", inprocServer: "module.js" }),
]);
const openScm = (): Promise<Scm> =>
  Scm.open({
    home,
    catalog,
    addresses: [],
    settings: { launchTimeout: 2500 },
    surrogateCommand: [process.execPath, program, "surrogate"],
  });
const machine = new LocalMachine({ home, hold: openScm });

after(() => rmSync(home, { recursive: true, force: true })); // the servers end when no SCM answers them

async function activate(clsid = clsids.serve, through = machine): Promise<number> {
  const activated = await through.activate({ clsid, iids: [testIid], classObject: false });
  assert.ok("interfaces" in activated);
  return Number(new TextDecoder().decode(activated.interfaces[0]?.objref));
}

function kill(pid: number): void {
  process.kill(pid, "SIGKILL");
}

const failsToStart = (pattern: RegExp) => (error: unknown) =>
  error instanceof ComError && error.code === HResult.CO_E_SERVER_EXEC_FAILURE && pattern.test(error.message);

test("a local server is launched once, and another when it was killed", async () => {
  const pids = await Promise.all(Array.from({ length: 20 }, () => activate()));
  const [first] = pids;
  assert.deepEqual(new Set(pids).size, 1);
  assert.notEqual(first, process.pid);
  const snapshot = await machine.snapshot();
  assert.equal(snapshot.processes[0]?.pid, first);
  assert.equal(snapshot.processes[0]?.launched, true);

  kill(first ?? 0);
  const second = await activate();
  assert.notEqual(second, first);
  while ((await machine.snapshot()).processes.some(({ pid }) => pid === first)) await delay(5);
});

test("a surrogate is launched for a class that is only a module", async () => {
  const pid = await activate(clsids.inproc);
  assert.equal(await activate(clsids.inproc), pid);
  const snapshot = await machine.snapshot();
  assert.equal(snapshot.processes.find((one) => one.pid === pid)?.surrogateFor, clsids.inproc);
});

test("a program that fails at start shows what it printed; one that is silent runs out of time", async () => {
  await assert.rejects(
    activate(clsids.fail),
    failsToStart(/Failing\.Server ended with exit code 3.*no such database/s),
  );
  await assert.rejects(
    activate(clsids.silent),
    failsToStart(/Silent\.Server did not register its class within 2500 ms/),
  );
});

test("when the process that holds the SCM ends, the next one to need it takes over, with what was under way", async () => {
  const other = new LocalMachine({ home, hold: openScm });
  await other.snapshot();
  assert.equal(other.holds, false);
  const activating = activate(clsids.slow, other);
  while (
    !(await machine.snapshot()).processes.some((one) => one.launched && one.classes[0]?.clsid === clsids.slow)
  )
    await delay(5);
  await machine[Symbol.asyncDispose]();
  assert.ok((await activating) > 0);
  assert.equal((await other.snapshot()).home, home);
  assert.equal(other.holds, true);
  await other[Symbol.asyncDispose]();
});

test("a launched program gets neither the launch, nor the AppID, nor the password of the one who starts it", async () => {
  const before = { ...process.env };
  process.env["COMITY_PASSWORD"] = "a secret";
  process.env["COMITY_APPID"] = newGuid();
  process.env["COMITY_AUTHENTICATION_LEVEL"] = "1";
  process.env["COMITY_LAUNCH"] = "ours";
  const awake = setInterval(() => undefined, 1000); // a launched program does not keep its launcher's event loop going
  try {
    const script = "console.log(JSON.stringify(process.env)); process.exit(3)";
    const launched = processLauncher(home)({
      name: "Printing.Server",
      command: [process.execPath, "-e", script],
      environment: { COMITY_CLSID: testClsid },
    });
    const { output } = await launched.exited;
    const names = [...output.matchAll(/"(COMITY_\w+)"/g)].map(([, name]) => name);
    assert.deepEqual(
      names
        .filter((name) => !name?.startsWith("COMITY_TEST"))
        .toSorted((a, b) => ((a ?? "") < (b ?? "") ? -1 : 1)),
      ["COMITY_CLSID", "COMITY_HOME", "COMITY_LAUNCH"],
    );
    assert.ok(!output.includes('"COMITY_LAUNCH":"ours"'));
    assert.ok(output.includes(launched.token));
  } finally {
    clearInterval(awake);
    process.env = before;
  }
});
