import { once } from "node:events";
import { chmodSync, unlinkSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { isMainThread } from "node:worker_threads";
import { newGuid } from "../../base/index.ts";
import type { RpcEndpoint } from "../endpoint.ts";
import { closeServer } from "./close-server.ts";
import { privateFolder } from "./private-folder.ts";
import { SocketConnection, acceptSockets, connectSocket } from "./socket-connection.ts";
import type { Connection, Listener, Transport } from "./transport.ts";

const PROTSEQ = "ncalrpc";

/**
 * RPC within one machine: a Unix socket (a named pipe on Windows); the endpoint is its path. Both ends are ours, so fragments are as
 * large as the packet header can say. The socket may be used by its owner only.
 */
export const localTransport: Transport = {
  protseq: PROTSEQ,
  fragmentBytes: 65_528,

  connect(endpoint: RpcEndpoint, signal: AbortSignal | undefined): Promise<Connection> {
    const connection = new SocketConnection(PROTSEQ, true);
    connection.remote = endpoint.endpoint;
    return connectSocket({ path: endpoint.endpoint }, connection, signal);
  },

  async listen(endpoint: RpcEndpoint, accept: (connection: Connection) => void): Promise<Listener> {
    const path = endpoint.endpoint === "" ? freePath() : endpoint.endpoint;
    const server = createServer({ pauseOnConnect: true });
    acceptSockets(server, () => localConnection(path), accept);
    listenPrivately(() => server.listen(path));
    await once(server, "listening");
    if (process.platform !== "win32") chmodSync(path, 0o600);
    return {
      endpoint: { protseq: PROTSEQ, endpoint: path },
      async close() {
        await closeServer(server);
        removePath(path);
      },
    };
  },
};

/** The socket's file is made at once; with this mask nobody else can use it between then and the change of its mode. */
function listenPrivately(listen: () => void): void {
  if (process.platform === "win32" || !isMainThread) {
    listen();
    return;
  }
  const mask = process.umask(0o177);
  try {
    listen();
  } finally {
    process.umask(mask);
  }
}

function localConnection(path: string): SocketConnection {
  const connection = new SocketConnection(PROTSEQ, true);
  connection.local = path;
  connection.remote = "local";
  return connection;
}

/** In a folder of the user's own: a name that was given up cannot be taken by somebody who waits for its clients. */
function freePath(): string {
  const name = `comity-${newGuid().slice(0, 13)}`;
  return process.platform === "win32" ? `\\\\.\\pipe\\${name}` : join(privateFolder(), name);
}

function removePath(path: string): void {
  try {
    if (process.platform !== "win32") unlinkSync(path);
  } catch {
    // Closing has removed it.
  }
}
