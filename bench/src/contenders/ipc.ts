import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { type Contender, promiseCaller } from "../contender.js";

/** child_process messages (JSON over a Unix socket pair). The caller starts its own server, since the channel belongs to the pair. */
export const ipc: Contender = {
  name: "child_process IPC",
  transports: ["unix"],
  async serve() {
    return "-";
  },
  async connect() {
    const child: ChildProcess = fork(fileURLToPath(new URL("ipc-server.js", import.meta.url)));
    const waiting = new Map<number, (value: any) => void>();
    let next = 0;
    child.on("message", (reply: { id: number; value: unknown }) => {
      const resolve = waiting.get(reply.id);
      waiting.delete(reply.id);
      resolve?.(reply.value);
    });
    const send = (request: object): Promise<any> =>
      new Promise((resolve) => {
        const id = next++;
        waiting.set(id, resolve);
        child.send({ id, ...request });
      });
    return promiseCaller(
      (a, b) => send({ a, b }),
      async (data) =>
        Buffer.from((await send({ data: Buffer.from(data).toString("base64") })) as string, "base64"),
      () => void child.kill(),
    );
  },
};
