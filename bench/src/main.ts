// npm run bench [-- --quick] [-- --only WORD] [-- --write]: everything side by side in one run. Ratios within one way of measuring are what counts.
import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { measureActivation } from "./activation.js";
import type { Kind, Transport } from "./contender.js";
import { contenders } from "./contenders/index.js";
import { idlPresent, measureIdl } from "./idl.js";
import { measureInApartment } from "./in-apartment.js";
import { measureMarshaling } from "./marshal.js";
import { measureOmniOrb, omniOrbPresent } from "./omniorb.js";
import { type Figure, measure } from "./processes.js";
import { type CallRow, Report } from "./report.js";
import { measureStorage } from "./storage.js";
import { targets } from "./targets.js";
import { measureThreads } from "./threads.js";

const quick = process.argv.includes("--quick");
const onlyAt = process.argv.indexOf("--only");
const only = onlyAt < 0 ? "" : (process.argv[onlyAt + 1] ?? "");
const rounds = quick ? 1 : 3;
const milliseconds = quick ? 500 : 1500;
const ways: readonly (readonly [Transport, Kind, number])[] = (["unix", "tcp"] as const).flatMap(
  (transport) =>
    (["small", "large"] as const).flatMap((kind) =>
      [1, 64].map((outstanding) => [transport, kind, outstanding] as const),
    ),
);

interface Runner {
  readonly name: string;
  readonly transports: readonly Transport[];
  readonly run: (transport: Transport, kind: Kind, outstanding: number) => Promise<Figure>;
}

const runners: Runner[] = contenders.map((contender) => ({
  name: contender.name,
  transports: contender.transports,
  run: (transport, kind, outstanding) => measure(contender, transport, kind, outstanding, milliseconds),
}));
if (omniOrbPresent()) {
  runners.push({
    name: "omniORB (C++)",
    transports: ["unix", "tcp"],
    run: (transport, kind, outstanding) => measureOmniOrb(transport, kind, outstanding, milliseconds),
  });
}

const report = new Report();
for (const [transport, kind, outstanding] of ways) {
  report.way(transport, kind, outstanding);
  for (const runner of runners) {
    if (!runner.transports.includes(transport) || !runner.name.includes(only)) continue;
    report.call(await callRow(runner, transport, kind, outstanding));
  }
}
if (only === "") {
  process.env["COMITY_BENCH_HOME"] = mkdtempSync(join(tmpdir(), "comity-bench-home-"));
  for (const row of await measureInApartment()) report.local(row);
  for (const row of await measureThreads(quick ? 200 : 500, quick ? 3 : 9)) report.local(row);
  const bareCalls = report.calls("bare socket, coalesced", "unix", "small", 1);
  for (const row of await measureActivation(bareCalls, milliseconds)) report.local(row);
  for (const row of measureMarshaling(quick ? 200 : 600)) report.local(row);
  for (const row of measureStorage(quick ? 5 : 20)) report.local(row);
  if (idlPresent()) for (const row of measureIdl(quick ? 2 : 5)) report.local(row);
  report.targets(targets);
  if (process.argv.includes("--write")) report.write();
}

async function callRow(
  runner: Runner,
  transport: Transport,
  kind: Kind,
  outstanding: number,
): Promise<CallRow> {
  const figures: Figure[] = [];
  for (let i = 0; i < rounds; i++) figures.push(await runner.run(transport, kind, outstanding));
  // The least disturbed round: others on the machine can only slow it down.
  const best = figures.reduce((a, b) => (b.callsPerSecond > a.callsPerSecond ? b : a));
  return { contender: runner.name, transport, kind, outstanding, ...best };
}
