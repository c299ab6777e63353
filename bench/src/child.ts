// One process of a measurement: `serve NAME TRANSPORT PATH` or `call NAME TRANSPORT ADDRESS KIND OUTSTANDING MILLISECONDS`.
import { contenders } from "./contenders/index.js";
import type { Kind, Transport } from "./contender.js";

const [role, name, transport, at = "", kind, outstanding, milliseconds] = process.argv.slice(2);
const contender = contenders.find((candidate) => candidate.name === name);
if (contender === undefined) throw new Error(`no contender ${name}`);

if (role === "serve") {
  const address = await contender.serve(transport as Transport, at);
  process.send?.({ address });
  process.on("message", (message) => {
    if (message === "usage") process.send?.({ usage: process.cpuUsage() });
  });
  process.on("disconnect", () => process.exit(0));
} else {
  const caller = await contender.connect(transport as Transport, at);
  await caller.run(kind as Kind, Number(outstanding), Number(milliseconds) / 4); // warm up
  const before = process.cpuUsage();
  const started = performance.now();
  const calls = await caller.run(kind as Kind, Number(outstanding), Number(milliseconds));
  const seconds = (performance.now() - started) / 1000;
  const used = process.cpuUsage(before);
  process.send?.({ calls, seconds, cpu: (used.user + used.system) / 1e6 });
  await caller.close();
  process.exit(0);
}
