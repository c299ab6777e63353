// Measures calls between threads, all contenders in turn in one process. Arguments: calls outstanding, milliseconds a round, rounds.
import { once } from "node:events";
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { Calculator, ICalculator, ICalculatorLab } from "@comity/example-calculator/contract";
import { Runtime } from "comity";
import { synchronously } from "comity/com";
import { openApartment } from "comity/runtime";
import * as Comlink from "comlink";
import { endpointOf } from "./threads-endpoint.js";
import type { BareData } from "./threads-bare.js";

const [outstanding = 1, milliseconds = 500, rounds = 5] = process.argv.slice(2).map(Number);

const body = (): Uint8Array => new Uint8Array(65_536).fill(7);

type Call = (i: number) => unknown;

interface Contender {
  readonly name: string;
  readonly work: "small" | "large" | "synchronous";
  readonly call: Call;
}

async function bareWorker(
  handed: boolean,
): Promise<{ data: BareData; near: MessagePort; comlink: MessagePort; worker: Worker }> {
  const [bare, comlink] = [new MessageChannel(), new MessageChannel()];
  const data: BareData = {
    bare: bare.port2,
    comlink: comlink.port2,
    cells: new Int32Array(new SharedArrayBuffer(64)),
    handed,
  };
  const worker = new Worker(new URL("threads-bare.js", import.meta.url), {
    workerData: data,
    transferList: [bare.port2, comlink.port2],
  });
  await once(worker, "online");
  return { data, near: bare.port1, comlink: comlink.port1, worker };
}

const com = await Runtime.open({ home: mkdtempSync(join(tmpdir(), "comity-bench-threads-")) });
await com.registerModule(fileURLToPath(import.meta.resolve("@comity/example-calculator")));
const apartment = await openApartment(com, "multi");
const calc = await apartment.createInstance(Calculator, ICalculator);
const lab = await calc.QueryInterface(ICalculatorLab);
const now = await synchronously(calc);
const posted = await bareWorker(false);
const handed = await bareWorker(true);

const answers: ((value: unknown) => void)[] = [];
posted.near.on("message", (value: unknown) => answers.shift()?.(value));
const post = (message: unknown): Promise<unknown> =>
  new Promise((resolve) => {
    answers.push(resolve);
    posted.near.postMessage(message, []);
  });
const remote = Comlink.wrap<{ Add(a: number, b: number): number; Echo(bytes: Uint8Array): Uint8Array }>(
  endpointOf(posted.comlink),
);

function handOver(a: number, b: number): number {
  const { cells } = handed.data;
  cells[1] = a;
  cells[2] = b;
  Atomics.store(cells, 4, 0);
  Atomics.store(cells, 0, 1);
  Atomics.notify(cells, 0);
  while (Atomics.load(cells, 4) === 0) Atomics.wait(cells, 4, 0);
  return cells[3] as number;
}

const contenders: readonly Contender[] = [
  { name: "bare postMessage", work: "small", call: (i) => post({ a: i, b: 1 }) },
  { name: "comity", work: "small", call: (i) => calc.Add(i, 1) },
  { name: "comlink", work: "small", call: (i) => remote.Add(i, 1) },
  { name: "bare SharedArrayBuffer hand-over", work: "synchronous", call: (i) => handOver(i, 1) },
  { name: "comity, synchronous", work: "synchronous", call: (i) => now.Add(i, 1) },
  { name: "comlink", work: "synchronous", call: (i) => remote.Add(i, 1) },
  { name: "bare postMessage", work: "large", call: () => post(body()) },
  { name: "comity", work: "large", call: () => lab.Echo(65_536, body()) },
  { name: "comlink", work: "large", call: () => remote.Echo(body()) },
];

interface Round {
  readonly perSecond: number;
  /** Microseconds of the processor, of both threads. */
  readonly cpu: number;
}

async function round({ call, work, name }: Contender): Promise<Round> {
  const used = process.cpuUsage();
  const start = performance.now();
  const end = start + milliseconds;
  let done = 0;
  if (work === "synchronous" && name !== "comlink") {
    for (let i = 0; (i & 15) !== 0 || performance.now() < end; i++) {
      if (call(i) !== i + 1) throw new Error("a wrong sum");
      done++;
    }
  } else {
    const lane = async (): Promise<void> => {
      for (let i = 0; (i & 15) !== 0 || performance.now() < end; i++) {
        const answer = await call(i);
        if (work !== "large" && answer !== i + 1) throw new Error("a wrong sum");
        done++;
      }
    };
    await Promise.all(Array.from({ length: outstanding }, lane));
  }
  const { user, system } = process.cpuUsage(used);
  return { perSecond: done / ((performance.now() - start) / 1000), cpu: (user + system) / done };
}

const chosen = contenders.filter(({ work }) => outstanding === 1 || work !== "synchronous");
const best: Round[] = chosen.map(() => ({ perSecond: 0, cpu: Number.POSITIVE_INFINITY }));
for (let at = 0; at < rounds; at++) {
  // In turn, so that what else the machine does falls on all of them.
  for (const [index, one] of chosen.entries()) {
    const { perSecond, cpu } = await round(one);
    const before = best[index] as Round;
    best[index] = { perSecond: Math.max(before.perSecond, perSecond), cpu: Math.min(before.cpu, cpu) };
  }
}
const rows = chosen.map(({ name, work }, index) => ({ name, work, ...(best[index] as Round) }));
if (process.send === undefined)
  for (const row of rows)
    console.log(
      row.work.padEnd(12),
      row.name.padEnd(34),
      Math.round(row.perSecond).toString().padStart(8),
      `${row.cpu.toFixed(1)} µs`,
    );
else process.send(rows);
now[Symbol.dispose]();
calc.Release();
lab.Release();
await com.close();
await posted.worker.terminate();
await handed.worker.terminate();
process.disconnect?.();
