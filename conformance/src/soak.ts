// `node conformance/dist/soak.js [--minutes 60] [--seed 1]`: the soak in full.
import { parseArgs } from "node:util";
import { runSoak } from "./support/soak.js";

const { values } = parseArgs({
  options: { minutes: { type: "string", default: "60" }, seed: { type: "string" } },
});
const figures = await runSoak({
  time: Number(values.minutes) * 60_000,
  ...(values.seed === undefined ? {} : { seed: Number(values.seed) }),
  addresses: ["127.0.0.71", "127.0.0.72"],
  progress: (text) => console.log(text),
});
console.log(JSON.stringify(figures));
