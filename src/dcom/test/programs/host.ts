import { runSurrogate } from "../../scm/surrogate.ts";
import { openProcess } from "./process.ts";

// The default surrogate as a test launches it.
await runSurrogate({
  args: process.argv.slice(2),
  idleAfter: 300,
  open: (loadClass) => openProcess(process.env["COMITY_HOME"] ?? "", { loadClass }),
});
