import { parentPort, workerData } from "node:worker_threads";
import { Runtime, type ThreadInvitation } from "../../index.ts";
import { marshalInterThreadInterfaceInStream, pointerTo } from "../../../com/index.ts";
import { IWork, Work } from "./work.ts";

/* A worker that the test starts itself: joins by its invitation, hands out an object, and ends its runtime when it is told to. */

const { invitation, apartment } = workerData as {
  readonly invitation: ThreadInvitation;
  readonly apartment?: "single" | "multi";
};
const com = await Runtime.open({ thread: invitation, ...(apartment === undefined ? {} : { apartment }) });
using object = pointerTo(new Work({ runtime: com } as never), IWork, com);
parentPort?.postMessage(await marshalInterThreadInterfaceInStream(com, IWork, object), []);
parentPort?.once("message", () => {
  com.close().then(
    () => parentPort?.postMessage("closed", []),
    (error: unknown) => parentPort?.postMessage(error, []),
  );
});
