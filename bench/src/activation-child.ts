// One process of the measurement of activations: `scm HOME`, `server HOME`, or `client HOME MILLISECONDS`.
import { Runtime } from "comity";
import { openMachine } from "comity/runtime";
import { Calculator } from "@comity/example-calculator/contract";
import calculatorModule from "@comity/example-calculator";

const [role, home = "", milliseconds = "1000"] = process.argv.slice(2);

async function client(): Promise<void> {
  const com = await Runtime.open({ home });
  const activate = async (time: number): Promise<number> => {
    const end = performance.now() + time;
    let count = 0;
    while (performance.now() < end) {
      using calc = await com.createInstance(Calculator, undefined, { context: 4 });
      void calc;
      count++;
    }
    return count;
  };
  await activate(Number(milliseconds) / 3); // warm up
  const started = performance.now();
  const count = await activate(Number(milliseconds));
  process.send?.({ perSecond: (count / (performance.now() - started)) * 1000 });
  await com.close();
  process.exit(0);
}

if (role === "scm") await openMachine({ home, port: 0 });
else if (role === "server") {
  const com = await Runtime.open({ home });
  com.addRefServerProcess();
  await com.registerClassObjects(calculatorModule);
} else await client();
if (role !== "client") {
  process.send?.("ready");
  process.on("disconnect", () => process.exit(0));
}
