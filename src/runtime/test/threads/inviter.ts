import { parentPort, workerData } from "node:worker_threads";
import { inviteThread, openRuntime } from "../../index.ts";

/* A worker that the test starts itself: has a runtime of its own, and invites whoever started it. */

const invitation = inviteThread(await openRuntime({ home: workerData as string }), { name: "guest" });
parentPort?.postMessage(invitation, [invitation.port]);
