import { createServer } from "node:http";
import { RpcTarget, newWebSocketRpcSession } from "capnweb";
import { WebSocket, WebSocketServer } from "ws";
import { type Contender, promiseCaller } from "../contender.js";

// Node 20 has no WebSocket of its own, and capnweb asks for the global.
(globalThis as { WebSocket?: unknown }).WebSocket ??= WebSocket;

class Calculator extends RpcTarget {
  add(a: number, b: number): number {
    return a + b;
  }
  echo(data: Uint8Array): Uint8Array {
    return data;
  }
}

export const capnweb: Contender = {
  name: "capnweb over ws",
  transports: ["tcp", "unix"],
  serve(transport, path) {
    const http = createServer();
    const server = new WebSocketServer({ server: http });
    server.on("connection", (socket) => newWebSocketRpcSession(socket as any, new Calculator()));
    return new Promise((resolve) => {
      if (transport === "unix") http.listen(path, () => resolve(path));
      else http.listen(0, "127.0.0.1", () => resolve(String((http.address() as { port: number }).port)));
    });
  },
  async connect(transport, at) {
    const socket = new WebSocket(transport === "unix" ? `ws+unix:${at}` : `ws://127.0.0.1:${at}`);
    await new Promise((resolve, reject) => {
      socket.once("open", resolve);
      socket.once("error", reject);
    });
    const stub = newWebSocketRpcSession<Calculator>(socket as any) as any;
    return promiseCaller(
      (a, b) => stub.add(a, b),
      (data) => stub.echo(data),
      () => socket.close(),
    );
  },
};
