/*
 * 100,000 objects exported by one server process to 200 client connections on 20 other machines (processes with homes of their own), a third of which is killed.
 * No object is left over, none is freed early, and the server's memory is back near where it began.
 *
 *   node interop/scale.mjs
 */
import { runScale } from "../conformance/dist/support/scale.js";

const mega = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`;

const started = performance.now();
const it = await runScale({
  processes: 20,
  connections: 10,
  objects: 500,
  pingPeriod: 4000,
  address: "127.0.0.61",
  progress: (text) =>
    console.log(`${((performance.now() - started) / 1000).toFixed(1).padStart(6)} s  ${text}`),
});
console.log(`${it.objects} objects of one server, ${it.clients} clients, made in ${seconds(it.created)}`);
console.log(
  `killed ${it.killedClients} clients with ${it.killedObjects} objects: freed after ${it.freedAfter.toFixed(1)} ping periods`,
);
console.log(
  `each object called before, and each of the survivors' after: ${seconds(it.calledTwice)}; given back in ${seconds(it.released)}`,
);
console.log(
  `heap of the server: ${mega(it.heapBefore)} before, ${mega(it.heapFull)} full, ${mega(it.heapAfter)} after`,
);
const grown = it.heapAfter - it.heapBefore;
const ok = grown < 10e6;
console.log(
  `${ok ? "ok     " : "FAILED "} memory is back to within 10 MB (${mega(grown)}); all in ${seconds(performance.now() - started)}`,
);
process.exit(ok ? 0 : 1);
