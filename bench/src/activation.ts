import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Runtime } from "comity";
import { Calculator } from "@comity/example-calculator/contract";
import type { Row } from "./row.js";

const child = fileURLToPath(new URL("activation-child.js", import.meta.url));
const program = fileURLToPath(import.meta.resolve("@comity/example-calculator/server"));
const modulePath = fileURLToPath(import.meta.resolve("@comity/example-calculator"));

export const warm = "activation: a local server that runs";
const inProcess = "activation: an in-process class";
const cold = "activation: a local server that has to be started";

/** Client, SCM and server take turns, as the two ends of a bare call do: all on one CPU. */
function start(...args: readonly string[]): ChildProcess {
  const line = ["-c", "0", process.execPath, child, ...args];
  return spawn("taskset", line, { stdio: ["ignore", "ignore", "inherit", "ipc"] });
}

/** Activations per second through the SCM of a running server, one at a time, against two calls over a bare socket (`bareCalls` per second). */
async function measureWarm(bareCalls: number | undefined, milliseconds: number): Promise<Row[]> {
  const home = mkdtempSync(join(tmpdir(), "comity-bench-activation-"));
  const running: ChildProcess[] = [];
  try {
    for (const role of ["scm", "server"]) {
      const one = start(role, home);
      running.push(one);
      await once(one, "message");
    }
    let perSecond = 0;
    for (let round = 0; round < 3; round++) {
      const client = start("client", home, String(milliseconds));
      const [answer] = (await once(client, "message")) as [{ perSecond: number }];
      perSecond = Math.max(perSecond, answer.perSecond);
      await once(client, "exit");
    }
    const ours = { work: warm, contender: "comity createInstance", perSecond };
    return bareCalls === undefined
      ? [ours]
      : [{ work: warm, contender: "two bare local calls", perSecond: bareCalls / 2 }, ours];
  } finally {
    for (const one of running) one.kill();
    rmSync(home, { recursive: true, force: true });
  }
}

async function bestOf(rounds: number, work: () => Promise<number>): Promise<number> {
  let best = 0;
  for (let i = 0; i < rounds; i++) best = Math.max(best, await work());
  return best;
}

class Plain {
  Add(a: number, b: number): number {
    return a + b;
  }
}

async function measureInProcess(): Promise<Row[]> {
  const home = mkdtempSync(join(tmpdir(), "comity-bench-activation-"));
  try {
    await using com = await Runtime.open({ home });
    await com.registerModule(modulePath);
    const rate = async (make: () => Promise<Disposable> | Disposable): Promise<number> => {
      const count = 20_000;
      const started = performance.now();
      for (let i = 0; i < count; i++) (await make())[Symbol.dispose]();
      return (count / (performance.now() - started)) * 1000;
    };
    const plain = async (): Promise<Disposable> =>
      Object.assign(new Plain(), { [Symbol.dispose]: () => undefined });
    return [
      { work: inProcess, contender: "an awaited constructor", perSecond: await bestOf(5, () => rate(plain)) },
      {
        work: inProcess,
        contender: "comity createInstance",
        perSecond: await bestOf(5, () =>
          rate(() => com.createInstance(Calculator, undefined, { context: 1 })),
        ),
      },
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

/** From nothing to an object: the program is started each time, against the start of an empty Node. */
async function measureCold(): Promise<Row[]> {
  const empty = await bestOf(4, async () => {
    const started = performance.now();
    await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
    return 1000 / (performance.now() - started);
  });
  const home = mkdtempSync(join(tmpdir(), "comity-bench-activation-"));
  try {
    await once(
      spawn(process.execPath, [program, "-RegServer"], {
        stdio: "ignore",
        env: { ...process.env, COMITY_HOME: home },
      }),
      "exit",
    );
    const perSecond = await bestOf(4, async () => {
      await using com = await Runtime.open({ home });
      const started = performance.now();
      using calc = await com.createInstance(Calculator, undefined, { context: 4 });
      void calc;
      return 1000 / (performance.now() - started);
    });
    return [
      { work: cold, contender: "an empty Node process", perSecond: empty },
      { work: cold, contender: "comity createInstance", perSecond },
    ];
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

export async function measureActivation(bareCalls: number | undefined, milliseconds: number): Promise<Row[]> {
  return [
    ...(await measureInProcess()),
    ...(await measureWarm(bareCalls, milliseconds)),
    ...(await measureCold()),
  ];
}
