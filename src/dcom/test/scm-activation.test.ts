import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { hostname, userInfo } from "node:os";
import { ComError, HResult, ManualClock, newGuid, silentLogger } from "../../base/index.ts";
import type { ExporterSession } from "../resolver-contract.ts";
import { parseAccessList, permits } from "../scm/access.ts";
import { formatCommandLine, parseCommandLine } from "../scm/command-line.ts";
import type { ActivationOrigin } from "../scm/gates.ts";
import type { LaunchExit } from "../scm/launcher.ts";
import type { Machine } from "../scm/machine.ts";
import {
  catalogOf,
  exporterStub,
  programs,
  registration,
  serverClass,
  testClsid,
  testIid,
  testMachine,
} from "./scm-support.ts";

const clsid = testClsid;
const iid = testIid;
const owner: ActivationOrigin = { account: undefined, local: true, authenticationLevel: 6, from: "test" };
const remote: ActivationOrigin = {
  account: "DOM\\ann",
  local: false,
  authenticationLevel: 6,
  from: "10.0.0.1",
};
const request = (origin = owner) => ({
  clsid,
  iids: [iid],
  classObject: false,
  destination: "machine" as const,
  origin,
});
const refuses = (code: number, gate?: string) => (error: unknown) =>
  error instanceof ComError && error.code === code && (gate === undefined || error.gate === gate);

async function serve(
  machine: Machine,
  token: string,
  uses: "single" | "multiple" | "surrogate",
): Promise<ExporterSession> {
  const session = await machine.join(registration("server", { launchToken: token }), exporterStub());
  await session.registerClass({ clsid, uses, suspended: false });
  return session;
}

test("a hundred activations at once launch one server", async () => {
  let machine: Machine | undefined;
  const { launch, started } = programs((_spec, token) => machine && serve(machine, token, "multiple"));
  machine = testMachine({
    launch,
    catalog: catalogOf([serverClass({ localServer: '"/opt/my server" --fast' })]),
  });
  const all = await Promise.all(Array.from({ length: 100 }, () => machine.activate(request())));
  assert.equal(started.length, 1);
  assert.deepEqual(started[0]?.command, ["/opt/my server", "--fast", "-Embedding"]);
  assert.equal(new Set(all.map((one) => "process" in one && one.process.oxid)).size, 1);
});

test("a class of single use launches a server for each activation", async () => {
  let machine: Machine | undefined;
  const { launch, started } = programs((_spec, token) => machine && serve(machine, token, "single"));
  machine = testMachine({ launch, catalog: catalogOf([serverClass({ localServer: "server" })]) });
  const all = await Promise.all(Array.from({ length: 10 }, () => machine.activate(request())));
  assert.equal(started.length, 10);
  assert.equal(new Set(all.map((one) => "process" in one && one.process.oxid)).size, 10);
});

test("a server that is just ending is replaced", async () => {
  let machine: Machine | undefined;
  const { launch, started } = programs((_spec, token) => machine && serve(machine, token, "multiple"));
  machine = testMachine({ launch, catalog: catalogOf([serverClass({ localServer: "server" })]) });
  const ending = await machine.join(
    registration("ending"),
    exporterStub({ activate: () => Promise.reject(new ComError(HResult.CO_E_SERVER_STOPPING)) }),
  );
  await ending.registerClass({ clsid, uses: "multiple", suspended: false });
  const activated = await machine.activate(request());
  assert.equal(started.length, 1);
  assert.ok("process" in activated && activated.process.oxid !== ending.oxid);
});

test("a server that dies during the activation is replaced; one that refuses is not", async () => {
  let machine: Machine | undefined;
  const { launch, started } = programs((_spec, token) => machine && serve(machine, token, "multiple"));
  machine = testMachine({ launch, catalog: catalogOf([serverClass({ localServer: "server" })]) });
  const dying: ExporterSession = await machine.join(
    registration("dying"),
    exporterStub({
      activate: async () => {
        await dying[Symbol.asyncDispose]();
        throw new ComError(HResult.RPC_E_CONNECTION_TERMINATED);
      },
    }),
  );
  await dying.registerClass({ clsid, uses: "multiple", suspended: false });
  await machine.activate(request());
  assert.equal(started.length, 1);

  const refusing = await machine.join(
    registration("refusing"),
    exporterStub({ activate: () => Promise.reject(new ComError(HResult.CLASS_E_NOAGGREGATION)) }),
  );
  machine.classes.removeOwner(machine.processes.all()[0] ?? refusing.process);
  await refusing.registerClass({ clsid, uses: "multiple", suspended: false });
  await assert.rejects(machine.activate(request()), refuses(HResult.CLASS_E_NOAGGREGATION));
  assert.equal(started.length, 1);
});

test("a suspended class is invisible until it is resumed", async () => {
  const machine = testMachine();
  const session = await machine.join(registration("server"), exporterStub());
  const cookie = await session.registerClass({ clsid, uses: "multiple", suspended: true });
  await assert.rejects(machine.activate(request()), refuses(HResult.REGDB_E_CLASSNOTREG));
  await session.resumeClasses();
  assert.ok("process" in (await machine.activate(request())));
  await session.revokeClass(cookie);
  await assert.rejects(machine.activate(request()), refuses(HResult.REGDB_E_CLASSNOTREG));
  await assert.rejects(session.revokeClass(cookie), refuses(HResult.CO_E_OBJNOTREG));
});

test("a server that fails at start: the error shows what it printed, and a crash loop is cut off", async () => {
  const clock = new ManualClock();
  const { launch, started } = programs((_spec, _token, exit) =>
    exit({ code: 3, output: "no such database" }),
  );
  const machine = testMachine({
    launch,
    clock,
    catalog: catalogOf([serverClass({ localServer: "server" })]),
  });
  for (let i = 0; i < 5; i++) {
    await assert.rejects(machine.activate(request()), (error) => {
      assert.ok(refuses(HResult.CO_E_SERVER_EXEC_FAILURE)(error));
      assert.match(String(error), /exit code 3.*no such database/s);
      return true;
    });
  }
  await assert.rejects(machine.activate(request()), refuses(HResult.CO_E_SERVER_EXEC_FAILURE, "crash limit"));
  assert.equal(started.length, 5);
  clock.advance(60_001);
  await assert.rejects(machine.activate(request()), /exit code 3/);
  assert.equal(started.length, 6);
});

test("a server that crashes in its calls is reported, started again, and after the limit left alone for a while", async () => {
  const clock = new ManualClock();
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (_: object, message: string) => void errors.push(message) };
  let machine: Machine | undefined;
  let crash: (how: Partial<LaunchExit>) => void = () => undefined;
  let session: ExporterSession | undefined;
  const { launch, started } = programs(async (_spec, token, exit) => {
    crash = exit;
    session = machine && (await serve(machine, token, "multiple"));
  });
  const catalog = catalogOf([serverClass({ localServer: "server" })]);
  machine = testMachine({ launch, clock, catalog, logger });
  const end = async (how: Partial<LaunchExit>): Promise<void> => {
    await session?.[Symbol.asyncDispose]();
    crash(how);
    await delay(1);
  };
  await machine.activate(request());
  await end({ code: undefined, signal: "SIGTERM" }); // somebody told it to stop
  for (let i = 1; i <= 5; i++) {
    await machine.activate(request());
    await end(i % 2 === 0 ? { code: 1, output: "out of cheese" } : { code: undefined, signal: "SIGSEGV" });
  }
  assert.equal(errors.length, 5);
  assert.match(errors[1] ?? "", /crashed with exit code 1 while it served.*out of cheese/s);
  await assert.rejects(machine.activate(request()), refuses(HResult.CO_E_SERVER_EXEC_FAILURE, "crash limit"));
  assert.equal(started.length, 6);
  clock.advance(60_001);
  await machine.activate(request());
  assert.equal(started.length, 7);
});

test("RunAs: this machine's own account is who runs it anyway, another is refused by name", async () => {
  let machine: Machine | undefined;
  const { launch } = programs((_spec, token) => machine && serve(machine, token, "multiple"));
  const own = userInfo().username;
  const runs = [own, `.\\${own}`, `${hostname()}\\${own}`, "Interactive User", "Launching User", ""];
  for (const runAs of runs) {
    machine = testMachine({ launch, catalog: catalogOf([serverClass({ localServer: "server", runAs })]) });
    assert.ok("process" in (await machine.activate(request())));
  }
  machine = testMachine({
    launch,
    catalog: catalogOf([serverClass({ localServer: "server", runAs: "DOM\\somebody" })]),
  });
  await assert.rejects(machine.activate(request()), refuses(0x80004017, "RunAs"));
});

test("a server that never registers its class is killed after the time limit", async () => {
  const clock = new ManualClock();
  const state = programs(() => undefined);
  const machine = testMachine({
    launch: state.launch,
    clock,
    catalog: catalogOf([serverClass({ localServer: "server" })]),
  });
  const activation = machine.activate(request());
  await delay(5);
  clock.advance(30_001);
  await assert.rejects(activation, (error) => {
    assert.ok(refuses(HResult.CO_E_SERVER_EXEC_FAILURE)(error));
    assert.match(String(error), /within 30000 ms.*it said this/s);
    return true;
  });
  assert.equal(state.killed, 1);
});

test("one surrogate serves all classes of an AppID", async () => {
  const appId = newGuid();
  const second = newGuid();
  const classes = [
    serverClass({ appId, inprocServer: "a.js", surrogate: "" }),
    serverClass({ clsid: second, appId, inprocServer: "b.js", surrogate: "" }),
  ];
  let machine: Machine | undefined;
  const { launch, started } = programs((_spec, token) => machine && serve(machine, token, "surrogate"));
  machine = testMachine({ launch, catalog: catalogOf(classes) });
  const first = await machine.activate(request());
  const other = await machine.activate({ ...request(), clsid: second });
  assert.equal(started.length, 1);
  assert.deepEqual(started[0]?.command, ["surrogate", "/processid:", appId, "/clsid:", clsid, "-Embedding"]);
  assert.ok("process" in first && "process" in other && first.process === other.process);
});

test("RemoteServerName names the machine to ask instead", async () => {
  const machine = testMachine({ catalog: catalogOf([serverClass({ remoteServerName: "plc-7" })]) });
  assert.deepEqual(await machine.activate(request()), { machine: "plc-7" });
});

test("each gate refuses with its name", async () => {
  const server = serverClass({ localServer: "server" });
  const open = testMachine({ catalog: catalogOf([server]) });
  const weak = { ...remote, authenticationLevel: 2 };
  await assert.rejects(open.activate(request(weak)), refuses(HResult.E_ACCESSDENIED, "level too low"));
  const nobody = { ...remote, account: undefined };
  await assert.rejects(open.activate(request(nobody)), refuses(HResult.E_ACCESSDENIED, "logon"));
  const off = testMachine({ catalog: catalogOf([server]), settings: { enableDcom: false } });
  await assert.rejects(off.activate(request(remote)), refuses(HResult.E_ACCESSDENIED, "DCOM disabled"));
  const launch = catalogOf([{ ...server, launchPermission: parseAccessList(["allow bob"]) }]);
  const noLaunch = testMachine({ catalog: launch });
  await assert.rejects(
    noLaunch.activate(request(remote)),
    refuses(HResult.E_ACCESSDENIED, "launch permission"),
  );
  const access = catalogOf([server], {
    launch: undefined,
    access: parseAccessList(["allow *", "deny DOM\\ann"]),
  });
  const noAccess = testMachine({ catalog: access });
  await assert.rejects(
    noAccess.activate(request(remote)),
    refuses(HResult.E_ACCESSDENIED, "access permission"),
  );
});

test("access lists: a denial outweighs, names without a domain fit any, nobody anonymous", () => {
  const ann = { account: "DOM\\Ann", local: false };
  assert.equal(permits(undefined, ann), true);
  assert.equal(permits(parseAccessList([]), ann), false);
  assert.equal(permits(parseAccessList(["allow ann"]), ann), true);
  assert.equal(permits(parseAccessList(["allow dom\\ann"]), ann), true);
  assert.equal(permits(parseAccessList(["allow other\\ann"]), ann), false);
  assert.equal(permits(parseAccessList(["allow *", "deny ann"]), ann), false);
  assert.equal(permits(parseAccessList(["allow *"]), { account: undefined, local: false }), false);
  assert.equal(permits(parseAccessList([]), { account: undefined, local: true }), true);
  assert.throws(() => parseAccessList(["permit ann"]), refuses(HResult.E_INVALIDARG));
});

test("command lines split and join", () => {
  assert.deepEqual(parseCommandLine('"C:\\a b\\c.exe" /x "y z"'), ["C:\\a b\\c.exe", "/x", "y z"]);
  assert.deepEqual(parseCommandLine("/srv/main.mjs -v"), [process.execPath, "/srv/main.mjs", "-v"]);
  assert.throws(() => parseCommandLine('"open'), refuses(HResult.CO_E_APPNOTFOUND));
  assert.throws(() => parseCommandLine("  "), refuses(HResult.CO_E_APPNOTFOUND));
  const words = ["a b", 'say "hi"', "plain"];
  assert.deepEqual(parseCommandLine(formatCommandLine(words)), words);
});

test("a process that joins again keeps its OXID unless it is taken; prefixes are never given twice", async () => {
  const machine = testMachine();
  const resume = { oxid: 77n, oidPrefix: 5 };
  const back = await machine.join(registration("back", { resume }), exporterStub());
  assert.deepEqual([back.oxid, back.oidPrefix], [77n, 5]);
  const thief = await machine.join(registration("thief", { resume }), exporterStub());
  assert.notEqual(thief.oxid, 77n);
  assert.notEqual(thief.oidPrefix, 5);
  assert.equal(machine.processes.ownerOf((5n << 32n) | 9n), back.process);
  const full = testMachine({ settings: { maxProcesses: 1 } });
  await full.join(registration("one"), exporterStub());
  await assert.rejects(
    full.join(registration("two"), exporterStub()),
    refuses(HResult.RPC_S_SERVER_TOO_BUSY),
  );
});
