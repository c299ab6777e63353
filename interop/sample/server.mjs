/* The calculator as a local server: started by the SCM with -Embedding, or registered with -RegServer. */
import { runLocalServer } from "../../dist/com/index.js";
import module, { openRuntime } from "./calculator.mjs";

const home = process.env.COMITY_HOME ?? "";
const address = process.env.COMITY_ADDRESS ?? "127.0.0.1";
process.exitCode = await runLocalServer({
  module,
  program: import.meta.url,
  runtime: { home },
  open: () => openRuntime(home, address),
  idleTime: 2000,
});
