import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Duplex, duplexPair } from "./duplex-pair.ts";
import { test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { ComError, HResult } from "../../base/index.ts";
import { connectScm } from "../scm/connect.ts";
import { localAddress } from "../scm/local/address.ts";
import { encodeFrame, FrameReader } from "../scm/local/frames.ts";
import { LocalLink } from "../scm/local/link.ts";
import { listenLocal } from "../scm/local/listen.ts";
import { silentLogger } from "../../base/index.ts";
import { exporterStub, registration, testClsid, testIid, testMachine } from "./scm-support.ts";

function folder(): string {
  return mkdtempSync(join(tmpdir(), "comity-scm-"));
}

const refuses = (code: number, gate?: string) => (error: unknown) =>
  error instanceof ComError && error.code === code && (gate === undefined || error.gate === gate);

test("frames are cut out of any chunks", () => {
  const messages = [{ a: 1 }, { b: "x".repeat(1000) }, {}];
  const bytes = Buffer.concat(messages.map(encodeFrame));
  for (const step of [1, 3, 7, 1000, bytes.length]) {
    const reader = new FrameReader();
    const got: object[] = [];
    for (let at = 0; at < bytes.length; at += step) got.push(...reader.push(bytes.subarray(at, at + step)));
    assert.deepEqual(got, messages, `in steps of ${step}`);
  }
});

test("a frame that is too long, not JSON or no object is refused at once", () => {
  const head = Buffer.alloc(4);
  head.writeUInt32LE(0x7fffffff);
  assert.throws(() => new FrameReader().push(head), refuses(HResult.RPC_E_INVALID_DATA));
  for (const text of ["{", "3", "null", '"x"']) {
    const frame = Buffer.concat([Buffer.alloc(4), Buffer.from(text)]);
    frame.writeUInt32LE(text.length);
    assert.throws(() => new FrameReader().push(frame), refuses(HResult.RPC_E_INVALID_DATA), text);
  }
});

test("requests travel both ways, failures keep code and gate, a lost link rejects what waits", async () => {
  const [a, b]: [Duplex, Duplex] = duplexPair();
  const left = new LocalLink(a, {
    handlers: {
      add: (params) => ({ sum: params.number("x") + params.number("y") }),
      never: () => new Promise(() => undefined),
    },
  });
  const right = new LocalLink(b, {
    handlers: {
      no: () => {
        throw new ComError(HResult.E_ACCESSDENIED, "not you", { gate: "launch permission" });
      },
    },
  });
  assert.equal((await right.request("add", { x: 2, y: 40 })).number("sum"), 42);
  await assert.rejects(left.request("no", {}), refuses(HResult.E_ACCESSDENIED, "launch permission"));
  await assert.rejects(right.request("add", { x: "two" }), refuses(HResult.E_INVALIDARG));
  await assert.rejects(right.request("toString", {}), refuses(HResult.RPC_E_INVALIDMETHOD));
  await assert.rejects(right.request("never", {}, { timeout: 20 }), refuses(HResult.RPC_E_TIMEOUT));
  const waiting = right.request("never", {});
  left.close();
  await assert.rejects(waiting, refuses(HResult.RPC_E_CONNECTION_TERMINATED));
});

test("a process joins over the socket, and its end takes its OXID and classes away", async () => {
  const home = folder();
  const machine = testMachine({ home });
  const endpoint = await listenLocal(home, machine, silentLogger);
  try {
    assert.equal(statSync(endpoint.path).mode & 0o777, 0o600);
    const server = await connectScm(home);
    const session = await server.join(registration("server"), exporterStub());
    await session.registerClass({ clsid: testClsid, uses: "multiple", suspended: false });

    const client = await connectScm(home);
    const activated = await client.activate({
      clsid: testClsid,
      iids: [testIid],
      classObject: false,
    });
    assert.ok("oxid" in activated);
    assert.equal(activated.oxid, session.oxid);
    assert.deepEqual([...(activated.interfaces[0]?.objref ?? [])], [1, 2, 3]);
    const snapshot = await client.snapshot();
    assert.equal(snapshot.processes.length, 1);
    assert.equal(snapshot.processes[0]?.classes[0]?.clsid, testClsid);
    assert.equal(snapshot.processes[0]?.status?.connections, 3);

    await server[Symbol.asyncDispose]();
    await session.closed;
    while (machine.processes.size > 0) await delay(5);
    assert.equal(machine.resolve(session.oxid), undefined);
    assert.equal(machine.classes.size, 0);
    await client[Symbol.asyncDispose]();
  } finally {
    await endpoint[Symbol.asyncDispose]();
    machine.close();
    rmSync(home, { recursive: true });
  }
});

test("an SCM held inside a program gives way to one that stays, never the other way round", async () => {
  const home = folder();
  const held = testMachine({ home, giveWay: async () => first[Symbol.asyncDispose]() });
  const first = await listenLocal(home, held, silentLogger);
  const client = await connectScm(home);
  await assert.rejects(listenLocal(home, held, silentLogger), refuses(HResult.ERROR_ALREADY_EXISTS));
  assert.ok(client.connected);
  const stays = testMachine({ home });
  await using _ = await listenLocal(home, stays, silentLogger);
  await client.closed;
  await using next = await connectScm(home);
  assert.equal((await next.snapshot()).pid, process.pid);
  await assert.rejects(listenLocal(home, held, silentLogger), refuses(HResult.ERROR_ALREADY_EXISTS));
  await assert.rejects(listenLocal(home, stays, silentLogger), refuses(HResult.ERROR_ALREADY_EXISTS));
  assert.ok(next.connected);
  held.close();
  stays.close();
  rmSync(home, { recursive: true });
});

test("one SCM per home; what a killed one left is cleared away", async () => {
  const home = folder();
  const machine = testMachine({ home });
  const first = await listenLocal(home, machine, silentLogger);
  await assert.rejects(listenLocal(home, machine, silentLogger), refuses(HResult.ERROR_ALREADY_EXISTS));
  await first[Symbol.asyncDispose]();
  await assert.rejects(connectScm(home), refuses(HResult.RPC_S_SERVER_UNAVAILABLE, "connection"));
  const again = await listenLocal(home, machine, silentLogger);
  await again[Symbol.asyncDispose]();
  machine.close();
  rmSync(home, { recursive: true });
});

test("of many newcomers one holds the SCM and all reach it", async () => {
  const home = folder();
  const machines: ReturnType<typeof testMachine>[] = [];
  const endpoints: AsyncDisposable[] = [];
  const hold = async (): Promise<void> => {
    const machine = testMachine({ home });
    endpoints.push(await listenLocal(home, machine, silentLogger));
    machines.push(machine);
  };
  const clients = await Promise.all(Array.from({ length: 20 }, () => connectScm(home, { hold })));
  assert.equal(machines.length, 1);
  assert.ok(clients.every((client) => client.connected));
  for (const client of clients) await client[Symbol.asyncDispose]();
  for (const endpoint of endpoints) await endpoint[Symbol.asyncDispose]();
  rmSync(home, { recursive: true });
});

test("garbage on the local socket ends that connection and no other", async () => {
  const home = folder();
  const machine = testMachine({ home });
  const endpoint = await listenLocal(home, machine, silentLogger);
  const good = await connectScm(home);
  for (let seed = 0; seed < 20; seed++) {
    const socket = createConnection(localAddress(home));
    socket.on("error", () => undefined);
    const junk = Buffer.from(Array.from({ length: 64 }, (_, i) => (seed * 31 + i * 7 + 200) & 0xff));
    socket.write(junk);
    await once(socket, "close");
  }
  assert.equal((await good.snapshot()).processes.length, 0);
  await good[Symbol.asyncDispose]();
  await endpoint[Symbol.asyncDispose]();
  machine.close();
  rmSync(home, { recursive: true });
});

test(
  "a folder for sockets that somebody else could have made is refused",
  { skip: process.platform === "win32" },
  () => {
    const place = folder();
    const before = process.env["TMPDIR"];
    process.env["TMPDIR"] = place;
    try {
      const home = join(place, "h".repeat(120));
      const made = localAddress(home);
      const ours = dirname(made);
      assert.equal(statSync(ours).mode & 0o777, 0o700);
      assert.equal(localAddress(home), made);
      assert.equal(dirname(ours), place);

      chmodSync(ours, 0o777);
      assert.throws(() => localAddress(home), refuses(HResult.E_ACCESSDENIED, "file permissions"));
      rmSync(ours, { recursive: true });
      mkdirSync(join(place, "elsewhere"), { mode: 0o700 });
      symlinkSync(join(place, "elsewhere"), ours);
      assert.throws(() => localAddress(home), refuses(HResult.E_ACCESSDENIED, "file permissions"));
    } finally {
      if (before === undefined) delete process.env["TMPDIR"];
      else process.env["TMPDIR"] = before;
      rmSync(place, { recursive: true, force: true });
    }
  },
);

test("a million objects that are exported and run down at once fit through the link", async () => {
  const home = folder();
  const machine = testMachine({ home });
  const endpoint = await listenLocal(home, machine, silentLogger);
  const client = await connectScm(home);
  const rundown: bigint[] = [];
  const session = await client.join(registration("many"), {
    ...exporterStub(),
    rundown: (oids) => void rundown.push(...oids.slice(0, 1), BigInt(oids.length)),
  });
  const oids = Array.from({ length: 1_000_000 }, (_, i) => (BigInt(session.oidPrefix) << 32n) | BigInt(i));
  session.exported(oids);
  await client.snapshot();
  const [owner] = machine.processes.all();
  owner?.exporter.rundown(oids);
  await client.snapshot();
  const counts = rundown.filter((_, i) => i % 2 === 1);
  assert.equal(
    counts.reduce((sum, count) => sum + count, 0n),
    1_000_000n,
  );
  await client[Symbol.asyncDispose]();
  await endpoint[Symbol.asyncDispose]();
  machine.close();
  rmSync(home, { recursive: true });
});
