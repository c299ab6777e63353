import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync, readlinkSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { defineClass, newGuid } from "comity";
import { ISubject, ISubjectLab, Subject } from "../gen/subject.js";
import { SubjectObject } from "../subject/subject.js";
import { TestMachine } from "../support/machine.js";
import { test } from "../support/test.js";

const pingPeriod = 250;

test("a reference passed on to a third machine: it calls the object directly and keeps it alive", async () => {
  await using far = await TestMachine.open({ address: "127.0.0.21", settings: { pingPeriod } });
  await using third = await TestMachine.open({ address: "127.0.0.22", settings: { pingPeriod } });
  await using near = await TestMachine.open({ subject: "none", settings: { pingPeriod } });
  await using com = await near.runtime();
  const subject = await com.createInstance(Subject, ISubject, { machine: far.name });
  {
    using keeper = await com.createInstance(Subject, ISubjectLab, { machine: third.name });
    const [farServer] = await far.servers();
    const [thirdServer] = await third.servers();
    assert.ok(farServer !== undefined && thirdServer !== undefined);
    await subject.put_Label("far");
    await keeper.Keep(subject);
    assert.equal(await keeper.AddByKept(20, 22), 42);
    assert.ok(
      await connected(far, thirdServer),
      "the third machine's server has a connection to the object's process",
    );
    subject[Symbol.dispose]();
    await delay(pingPeriod * 8);
    assert.equal(await keeper.AddByKept(1, 2), 3, "the third machine's pings keep the object");
    using back = await keeper.Kept();
    assert.equal(await back?.get_Label(), "far");
    assert.equal(await back?.ProcessId(), farServer);
    await keeper.Keep(null);
  }
});

/** Whether a process has a TCP connection to one of the machine's servers, by the kernel's tables (where they can be read) or the server's own count. */
async function connected(machine: TestMachine, pid: number): Promise<boolean> {
  const { processes } = await machine.scm.snapshot();
  const server = processes.find((one) => one.pid !== process.pid);
  if (!existsSync("/proc/net/tcp")) return (server?.status?.connections ?? 0) === 2;
  const port = server?.endpoints.map((text) => /^127\.0\.0\.\d+\[(\d+)\]$/.exec(text)?.[1]).find((it) => it);
  const inodes = socketsOf(pid);
  return readFileSync("/proc/net/tcp", "latin1")
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .some(([, , remote = "", state, , , , , , inode = ""]) => {
      return (
        state === "01" &&
        Number.parseInt(remote.split(":")[1] ?? "", 16) === Number(port) &&
        inodes.has(inode)
      );
    });
}

function socketsOf(pid: number): ReadonlySet<string> {
  const folder = `/proc/${pid}/fd`;
  const inodes = new Set<string>();
  for (const name of readdirSync(folder)) {
    const inode = /^socket:\[(\d+)\]$/.exec(linkAt(`${folder}/${name}`))?.[1];
    if (inode !== undefined) inodes.add(inode);
  }
  return inodes;
}

function linkAt(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return ""; // closed meanwhile
  }
}

test("references to one machine share one connection and one ping", async () => {
  await using far = await TestMachine.open({ address: "127.0.0.23", settings: { pingPeriod } });
  await using near = await TestMachine.open({ subject: "none", settings: { pingPeriod } });
  await using com = await near.runtime();
  await using other = await near.runtime();
  using lab = await com.createInstance(Subject, ISubjectLab, { machine: far.name });
  const many = await lab.SpawnMany(100);
  using more = await other.createInstance(Subject, ISubject, { machine: far.name });
  for (const one of many) assert.equal(await one?.Add(1, 2), 3);
  assert.equal(await more.Add(1, 2), 3);
  await delay(pingPeriod * 2);
  const { processes, pings } = await far.scm.snapshot();
  const [server] = processes;
  assert.equal(server?.status?.connections, 2, "one for each process that calls");
  assert.equal(pings.sets, 1, "one ping set for the machine, whoever in it holds what");
  assert.equal(pings.objects, 102);
  assert.deepEqual(
    (await near.scm.snapshot()).pings.pinging.map(({ objects }) => objects),
    [102],
  );
  for (const one of many) one?.[Symbol.dispose]();
});

test("a reference passed on to a third process of the machine", async () => {
  await using machine = await TestMachine.open();
  await using com = await machine.runtime();
  await using other = await machine.runtime();
  const Keeper = defineClass({ clsid: newGuid(), interfaces: [ISubject, ISubjectLab] }, SubjectObject);
  await using _ = await other.registerClassObject(Keeper, { context: 4 });
  using subject = await com.createInstance(Subject, ISubject);
  using keeper = await com.createInstance(Keeper, ISubjectLab, { context: 4 });
  const server = await subject.ProcessId();
  const connections = async (): Promise<number | undefined> =>
    (await machine.scm.snapshot()).processes.find(({ pid }) => pid === server)?.status?.connections;
  assert.equal(await connections(), 1);
  await keeper.Keep(subject);
  assert.equal(await keeper.AddByKept(20, 22), 42);
  assert.equal(await connections(), 2, "the keeper's process calls the object's process itself");
  using kept = await keeper.Kept();
  assert.equal(await kept?.ProcessId(), server);
  await keeper.Keep(null);
});
