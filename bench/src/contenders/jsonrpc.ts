import { createServer, connect } from "node:net";
import { StreamMessageReader, StreamMessageWriter, createMessageConnection } from "vscode-jsonrpc/node";
import { type Contender, promiseCaller } from "../contender.js";

export const jsonRpc: Contender = {
  name: "JSON-RPC (vscode-jsonrpc)",
  transports: ["tcp", "unix"],
  serve(transport, path) {
    const server = createServer({ noDelay: true }, (socket) => {
      const connection = createMessageConnection(
        new StreamMessageReader(socket),
        new StreamMessageWriter(socket),
      );
      connection.onRequest("add", (a: number, b: number) => a + b);
      connection.onRequest("echo", (data: string) => data);
      connection.listen();
    });
    return new Promise((resolve) => {
      if (transport === "unix") server.listen(path, () => resolve(path));
      else server.listen(0, "127.0.0.1", () => resolve(String((server.address() as { port: number }).port)));
    });
  },
  connect(transport, at) {
    return new Promise((resolve) => {
      const socket =
        transport === "unix" ? connect(at) : connect({ port: Number(at), host: "127.0.0.1", noDelay: true });
      socket.on("connect", () => {
        const connection = createMessageConnection(
          new StreamMessageReader(socket),
          new StreamMessageWriter(socket),
        );
        connection.listen();
        resolve(
          promiseCaller(
            (a, b) => connection.sendRequest<number>("add", a, b),
            async (data) =>
              Buffer.from(
                await connection.sendRequest<string>("echo", Buffer.from(data).toString("base64")),
                "base64",
              ),
            () => void socket.destroy(),
          ),
        );
      });
    });
  },
};
