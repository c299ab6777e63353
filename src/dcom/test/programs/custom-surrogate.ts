import { appendFileSync } from "node:fs";
import { join } from "node:path";
import { ClassContext, IClassFactory, type Runtime, implement } from "../../../com/index.ts";
import type { Guid } from "../../../base/index.ts";
import { runSurrogate } from "../../scm/surrogate.ts";
import { openProcess } from "./process.ts";

// A surrogate of one's own: it keeps a diary of what it was asked for.
const home = process.env["COMITY_HOME"] ?? "";
const note = (line: string): void => appendFileSync(join(home, "diary.txt"), `${line}\n`);

/** The class object of a module, behind a generic one. */
class GenericFactory {
  readonly #runtime: Runtime;
  readonly #clsid: Guid;
  constructor(runtime: Runtime, clsid: Guid) {
    this.#runtime = runtime;
    this.#clsid = clsid;
  }
  async CreateInstance(riid: Guid): Promise<unknown> {
    using real = await this.#runtime.getClassObject(this.#clsid, IClassFactory, {
      context: ClassContext.INPROC_SERVER,
    });
    return real.CreateInstance(riid);
  }
  LockServer(): void {}
}
implement(GenericFactory, IClassFactory);

await runSurrogate({
  args: process.argv.slice(2),
  idleAfter: 300,
  open: (loadClass) => openProcess(home, { loadClass }),
  surrogate: (runtime) => ({
    async LoadDllServer(clsid: Guid) {
      note(`load ${clsid}`);
      const factory = new GenericFactory(runtime, clsid);
      await runtime.registerClassObject({ clsid, factory }, { uses: "surrogate" });
    },
    FreeSurrogate() {
      note("free");
    },
  }),
});
