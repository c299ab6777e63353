// npm run demo: one call over any distance. Compiles a contract, starts two machines, and calls the same class with the same lines of code in process,
// in a local server, in a surrogate and on the other machine; then hands a reference on, and kills a client.
import { readFileSync } from "node:fs";
import { ClassContext, type CreateOptions, Runtime } from "comity";
import { Calculator, ICalculator, ICalculatorLab } from "@comity/example-calculator/contract";
import { fileURLToPath } from "node:url";
import {
  type DemoMachine,
  Stage,
  calculatorIdl,
  calculatorModule,
  calculatorServer,
  firstLine,
  secondAddress,
} from "./stage.js";

const user = "demo";
const password = "a password for the demo only";
const pingPeriod = 500;
const started = performance.now();

using stage = new Stage();
title("1. The contract");
const generated = stage.comity(stage.folder, ["idl", calculatorIdl, "-o", "-"]);
say(
  `calculator.idl becomes ${generated.split("\n").length} lines of TypeScript; ICalculator is ${ICalculator.iid}`,
);
say(readFileSync(calculatorIdl, "utf8").match(/HRESULT Add.*/)?.[0] ?? "");

title("2. Two machines");
const one = await stage.machine("one", "127.0.0.1");
const two = await stage.machine("two", await secondAddress(), ["--ping-period", String(pingPeriod)]);
for (const machine of [one, two])
  say(`${nameOf(machine)} runs, its state is in ${machine.home.replace(stage.folder, "…")}`);
stage.comity(one.home, ["register", calculatorModule]);
stage.start([calculatorServer, "-RegServer"], one.home);
stage.comity(two.home, ["register", calculatorModule]);
stage.comity(two.home, ["account", "add", user, "-"], `${password}\n`);
say("the calculator is registered on both: as a module, on machine one as a server program too");
await registered(one);

title("3. The same lines over four distances");
{
  await using com = await Runtime.open({ home: one.home, credentials: { user, password } });
  await using elsewhere = await Runtime.open({ home: two.home });
  const remote: CreateOptions = { machine: nameOf(two), authenticationLevel: 6 };
  await tryOut("in this process", com, { context: ClassContext.INPROC_SERVER }, 200_000);
  await tryOut("in a local server", com, { context: ClassContext.LOCAL_SERVER }, 20_000);
  await tryOut("in a surrogate", elsewhere, { context: ClassContext.LOCAL_SERVER }, 20_000);
  await tryOut("on the other machine, sealed", com, remote, 5000);

  title("4. A reference is passed on");
  const clsid = "5e6b3f0a-7c1d-4f6e-9a51-2d8c4b7a9eff";
  const third = stage.start(
    [fileURLToPath(new URL("third-party.js", import.meta.url)), clsid, user, password],
    one.home,
  );
  await firstLine(third);
  using other = await com.createInstance(clsid, ICalculatorLab, { context: ClassContext.LOCAL_SERVER });
  {
    using calc = await com.createInstance(Calculator, ICalculator, remote);
    await other.Keep(calc);
  }
  say(`process ${third.pid} got our calculator on ${nameOf(two)}; we have released ours`);
  say(`asked by us, process ${third.pid} calls it directly: 20 + 22 = ${await other.AskKept(20, 22)}`);
  await other.Keep(null);
}

title("5. A client is killed");
{
  const script = fileURLToPath(new URL("doomed.js", import.meta.url));
  const doomed = stage.start([script, nameOf(two), user, password], stage.home("three"));
  await firstLine(doomed);
  say(
    `process ${doomed.pid}, on a machine of its own, holds a calculator on ${nameOf(two)}: ${calculators(two)} there`,
  );
  doomed.kill("SIGKILL");
  const killed = performance.now();
  while (calculators(two) > 0) {
    if (performance.now() - killed > 30_000) throw new Error("the object of a dead client was not freed");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const seconds = ((performance.now() - killed) / 1000).toFixed(1);
  say(
    `killed with -9; ${seconds} s later, after three missed pings of ${pingPeriod} ms, the server has freed it: 0 there`,
  );
}
say(`\nAll of it took ${((performance.now() - started) / 1000).toFixed(1)} s.`);

/** What a client does, wherever the object is. */
async function useCalculator(
  com: Runtime,
  options: CreateOptions,
  calls: number,
): Promise<{ place: string; micros: number }> {
  using calc = await com.createInstance(Calculator, ICalculator, options);
  for (let i = 0; i < calls / 10; i++) await calc.Add(i, 1);
  const start = performance.now();
  for (let i = 0; i < calls; i++) await calc.Add(i, 1);
  const micros = ((performance.now() - start) * 1000) / calls;
  if ((await calc.Add(2, 40)) !== 42) throw new Error("2 + 40 is not 42");
  return { place: (await calc.Where()) ?? "", micros };
}

async function tryOut(distance: string, com: Runtime, options: CreateOptions, calls: number): Promise<void> {
  const start = performance.now();
  const { place, micros } = await useCalculator(com, options, calls);
  const total = (performance.now() - start).toFixed(0);
  say(
    `${distance.padEnd(30)} 2 + 40 = 42   ${place.padEnd(16)} ${micros.toFixed(2).padStart(8)} µs a call (${calls} calls, ${total} ms with creation)`,
  );
}

/** Calculators alive in a machine's servers. */
function calculators(machine: DemoMachine): number {
  const snapshot = JSON.parse(stage.comity(machine.home, ["ps", "--json"])) as {
    processes: { status?: { objects: { name: string }[] } }[];
  };
  return snapshot.processes
    .flatMap((process) => process.status?.objects ?? [])
    .filter((object) => object.name === "CalculatorObject").length;
}

/** -RegServer runs by itself; waits until its keys are there. */
async function registered(machine: DemoMachine): Promise<void> {
  const key = `HKCR\\CLSID\\{${Calculator.clsid}}\\LocalServer32`;
  for (let i = 0; i < 100; i++) {
    try {
      stage.comity(machine.home, ["reg", "query", key]);
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error("the server program did not register itself");
}

function nameOf(machine: DemoMachine): string {
  return `${machine.address}[${machine.port}]`;
}

function title(text: string): void {
  console.log(`\n${text}`);
}

function say(text: string): void {
  console.log(`   ${text}`);
}
