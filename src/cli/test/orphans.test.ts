import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { LocalMachine, type MachineSnapshot } from "../../dcom/index.ts";
import { openRuntime } from "../../runtime/index.ts";
import { IGreeter } from "./programs/greeter.ts";
import { TestHome, greeterPath } from "./support.ts";

const holder = fileURLToPath(new URL("programs/holder.js", import.meta.url));

class Holder implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly objref: Promise<string>;

  constructor(home: string, objref?: string) {
    const args = objref === undefined ? [] : [objref];
    this.#child = fork(holder, args, { env: { ...process.env, COMITY_HOME: home } });
    this.objref = once(this.#child, "message").then(([message]) => String(message));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    if (this.#child.exitCode === null && this.#child.signalCode === null) await once(this.#child, "exit");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.kill();
  }
}

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function snapshot(home: string): Promise<MachineSnapshot> {
  await using machine = new LocalMachine({ home });
  return await machine.snapshot();
}

async function surrogateOf(home: string): Promise<number> {
  const { processes } = await snapshot(home);
  return processes.find(({ surrogateFor }) => surrogateFor !== undefined)?.pid ?? 0;
}

async function within(milliseconds: number, happened: () => boolean | Promise<boolean>): Promise<boolean> {
  const end = performance.now() + milliseconds;
  while (!(await happened())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return true;
}

/** Whether the object in the surrogate has gone, with it or before; nobody knows before the surrogate has joined the next SCM. */
async function objectIsGone(home: string, server: number): Promise<boolean> {
  if (!lives(server)) return true;
  const found = await snapshot(home).catch(() => undefined);
  const status = found?.processes.find(({ pid }) => pid === server)?.status;
  return status?.objects.every(({ name }) => name !== "Greeter") === true;
}

async function register(home: string): Promise<void> {
  await using com = await openRuntime({ home });
  await com.registerModule(greeterPath, { surrogate: true });
}

test("a client that is killed while it holds the SCM: another takes over, the server it used ends", async () => {
  using home = new TestHome();
  await register(home.path);
  await using client = new Holder(home.path);
  await client.objref;
  assert.equal((await snapshot(home.path)).pid, client.pid, "the client holds the SCM");
  const server = await surrogateOf(home.path);
  assert.ok(lives(server));
  await client.kill();
  assert.ok(await within(20_000, () => !lives(server)), "not after three periods of pings");
});

test("what another process holds lives on when a client is killed, SCM or not", async () => {
  using home = new TestHome();
  await register(home.path);
  await using first = new Holder(home.path);
  const objref = await first.objref;
  await using second = new Holder(home.path, objref);
  await second.objref;
  const server = await surrogateOf(home.path);
  await first.kill();
  assert.equal(
    await within(5000, () => objectIsGone(home.path, server)),
    false,
    "the second client holds it",
  );
  const { pid, processes } = await snapshot(home.path);
  assert.notEqual(pid, first.pid, "another process holds the SCM");
  assert.ok(processes.some((one) => one.pid === second.pid));
  await second.kill();
  assert.ok(await within(20_000, () => objectIsGone(home.path, server)));
  process.kill(server, "SIGKILL");
});

test("what a killed client passed on to another machine waits for that one's pings", async () => {
  using home = new TestHome();
  await register(home.path);
  await using com = await openRuntime({ home: home.path });
  await using client = new Holder(home.path);
  const objref = Buffer.from(await client.objref, "hex");
  const server = await surrogateOf(home.path);
  {
    using held = com.marshaler.unmarshalInterface(IGreeter.iid, objref);
    const away = await com.marshaler.marshalWhenReady(IGreeter.iid, held, { destination: "machine" });
    assert.ok(away.length > 0);
  }
  await client.kill();
  assert.equal(await within(5000, () => objectIsGone(home.path, server)), false);
  process.kill(server, "SIGKILL");
});
