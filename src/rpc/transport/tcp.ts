import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { ComError, HResult } from "../../base/index.ts";
import type { RpcEndpoint } from "../endpoint.ts";
import { closeServer } from "./close-server.ts";
import { SocketConnection, acceptSockets, connectSocket } from "./socket-connection.ts";
import type { Connection, Listener, Transport } from "./transport.ts";

const PROTSEQ = "ncacn_ip_tcp";

/** RPC over TCP ([MS-RPCE] 2.1.1.1). Windows and Samba offer fragments of 5840 bytes, and answer a larger offer with that; our own ends agree on more. */
export const tcpTransport: Transport = {
  protseq: PROTSEQ,
  fragmentBytes: 65_528,

  connect(endpoint: RpcEndpoint, signal: AbortSignal | undefined): Promise<Connection> {
    const host = endpoint.host === undefined || endpoint.host === "" ? "127.0.0.1" : endpoint.host;
    const target = { host, port: portOf(endpoint) };
    return connectSocket(target, new SocketConnection(PROTSEQ, false), signal);
  },

  async listen(endpoint: RpcEndpoint, accept: (connection: Connection) => void): Promise<Listener> {
    const server = createServer({ pauseOnConnect: true, allowHalfOpen: false });
    const host = endpoint.host ?? "127.0.0.1";
    acceptSockets(server, () => new SocketConnection(PROTSEQ, false), accept);
    server.listen({ host, port: portOf(endpoint), exclusive: true });
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    return {
      endpoint: { protseq: PROTSEQ, host, endpoint: String(port) },
      close: () => closeServer(server),
    };
  },
};

function portOf(endpoint: RpcEndpoint): number {
  const port = endpoint.endpoint === "" ? 0 : Number(endpoint.endpoint);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new ComError(HResult.RPC_S_INVALID_BINDING, `"${endpoint.endpoint.slice(0, 80)}" is not a TCP port`);
}
