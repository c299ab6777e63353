// node bench/dist/idl-main.js: the IDL compiler against widl alone, without the rest of the benchmark.
import { measureIdl } from "./idl.js";

for (const { work, contender, perSecond } of measureIdl(5)) {
  const rate = perSecond > 1e5 ? `${(perSecond / 1e6).toFixed(2)} M/s` : `${perSecond.toFixed(2)} /s`;
  console.log(`${work}: ${contender}: ${rate} (${(1000 / perSecond).toPrecision(4)} ms each)`);
}
