// npm run bench [-- --quick] [-- --only WORD]: everything side by side in one run; only ratios within a row's way of measuring mean anything.
import { contenders } from "./contenders/index.js";
import type { Kind, Transport } from "./contender.js";
import { measureOmniOrb, omniOrbPresent } from "./omniorb.js";
import { type Figure, measure } from "./processes.js";

const quick = process.argv.includes("--quick");
const onlyAt = process.argv.indexOf("--only");
const only = onlyAt < 0 ? "" : (process.argv[onlyAt + 1] ?? "");
const rounds = quick ? 1 : 3;
const milliseconds = quick ? 500 : 1500;
const ways: readonly (readonly [Kind, number])[] = [
  ["small", 1],
  ["small", 64],
  ["large", 1],
  ["large", 64],
];

type Runner = (transport: Transport, kind: Kind, outstanding: number) => Promise<Figure>;

const runners: { name: string; transports: readonly Transport[]; run: Runner }[] = contenders.map(
  (contender) => ({
    name: contender.name,
    transports: contender.transports,
    run: (transport, kind, outstanding) => measure(contender, transport, kind, outstanding, milliseconds),
  }),
);
if (omniOrbPresent()) {
  runners.push({
    name: "omniORB (C++)",
    transports: ["unix", "tcp"],
    run: (transport, kind, outstanding) => measureOmniOrb(transport, kind, outstanding, milliseconds),
  });
}

for (const transport of ["unix", "tcp"] as Transport[]) {
  for (const [kind, outstanding] of ways) {
    console.log(
      `\n${kind === "small" ? "two i32 in, one out" : "64 KiB there and back"}, ${outstanding} outstanding, ${transport}`,
    );
    let limit: Figure | undefined;
    for (const runner of runners) {
      if (!runner.transports.includes(transport) || !runner.name.includes(only)) continue;
      const figures: Figure[] = [];
      for (let i = 0; i < rounds; i++) figures.push(await runner.run(transport, kind, outstanding));
      // The least disturbed round: others on the machine can only slow it down.
      const best = figures.reduce((a, b) => (b.callsPerSecond > a.callsPerSecond ? b : a));
      limit ??= best;
      console.log(
        `  ${runner.name.padEnd(34)} ${Math.round(best.callsPerSecond).toLocaleString("en").padStart(10)} calls/s ${best.cpuPerCall
          .toFixed(1)
          .padStart(
            8,
          )} us CPU  ${(best.callsPerSecond / limit.callsPerSecond).toFixed(3)} of ${runners[0]?.name}`,
      );
    }
  }
}
