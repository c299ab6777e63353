import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Runtime } from "comity";
import { Calculator, type ICalculator, ICalculatorLab } from "@comity/example-calculator/contract";
import calculatorModule from "@comity/example-calculator";
import type { Caller, Contender } from "../contender.js";

/** Our call through real proxies and stubs; the address is the machine's home. */
export const comity: Contender = {
  name: "comity",
  transports: ["unix"],
  async serve() {
    const home = mkdtempSync(join(tmpdir(), "comity-bench-home-"));
    const com = await Runtime.open({ home });
    await com.registerClassObjects(calculatorModule);
    return home;
  },
  async connect(_transport, home) {
    const com = await Runtime.open({ home });
    const calc = await com.createInstance(Calculator, undefined, { context: 4 });
    const lab = await calc.QueryInterface(ICalculatorLab);
    return callerOf(calc, lab, () => com.close());
  },
};

export function callerOf(calc: ICalculator, lab: ICalculatorLab, close: () => Promise<void>): Caller {
  return {
    close,
    async run(kind, outstanding, milliseconds) {
      const body = new Uint8Array(65_536).fill(7);
      const end = performance.now() + milliseconds;
      let done = 0;
      const worker = async (): Promise<void> => {
        for (let i = 0; ; i++) {
          if (kind === "small") {
            if ((await calc.Add(i & 0xffff, 1)) !== (i & 0xffff) + 1) throw new Error("a wrong sum");
          } else if ((await lab.Echo(body.length, body)).length !== body.length)
            throw new Error("a wrong length");
          done++;
          if ((i & 15) === 0 && performance.now() >= end) return;
        }
      };
      await Promise.all(Array.from({ length: outstanding }, worker));
      return done;
    },
  };
}
