import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AuthnLevel, Runtime } from "comity";
import { FileAccountStore } from "comity/auth";
import { openMachine } from "comity/runtime";
import { Calculator, type ICalculator, ICalculatorLab } from "@comity/example-calculator/contract";
import calculatorModule from "@comity/example-calculator";
import type { Caller, Contender } from "../contender.js";

const credentials = { user: "bench", password: "for the bench only" };

function home(): string {
  return mkdtempSync(join(tmpdir(), "comity-bench-home-"));
}

/** Our call through real proxies and stubs between two processes of one machine; the address is the machine's home. */
const local: Contender = {
  name: "comity",
  transports: ["unix"],
  async serve() {
    const folder = home();
    const com = await Runtime.open({ home: folder });
    await com.registerClassObjects(calculatorModule);
    return folder;
  },
  async connect(_transport, folder) {
    const com = await Runtime.open({ home: folder });
    return callerOf(com, await com.createInstance(Calculator, undefined, { context: 4 }));
  },
};

/** The same between two machines over TCP; the address is the machine's, as clients name it. */
function remote(name: string, level: 2 | 5 | 6): Contender {
  return {
    name,
    transports: ["tcp"],
    async serve() {
      const folder = home();
      await new FileAccountStore(folder).add(credentials.user, credentials.password);
      const machine = await openMachine({ home: folder, port: 0, settings: { minimumActivationLevel: 2 } });
      const com = await Runtime.open({ home: folder, remoting: { minimumLevel: AuthnLevel.connect } });
      await com.registerClassObjects(calculatorModule);
      return `127.0.0.1[${machine.scm.port}]`;
    },
    async connect(_transport, machine) {
      const com = await Runtime.open({ home: home(), credentials });
      return callerOf(
        com,
        await com.createInstance(Calculator, undefined, { machine, authenticationLevel: level }),
      );
    },
  };
}

export const comity: readonly Contender[] = [
  local,
  remote("comity, level connect", 2),
  remote("comity, integrity", 5),
  remote("comity, privacy", 6),
];

async function callerOf(com: Runtime, calc: ICalculator): Promise<Caller> {
  const lab = await calc.QueryInterface(ICalculatorLab);
  return {
    close: () => com.close(),
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
