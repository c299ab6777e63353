import { workerData } from "node:worker_threads";
import { openThread } from "./open-thread.ts";
import type { ThreadStart } from "./contract.ts";

/* The first module of a worker thread. */

await openThread(workerData as ThreadStart);
