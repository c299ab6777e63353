/** Where a server listens: a protocol sequence, a host where that has a meaning, and a port, path or name. */
export interface RpcEndpoint {
  /** "ncacn_ip_tcp", "ncalrpc", "memory", or the name of a transport of one's own. */
  readonly protseq: string;
  readonly host?: string;
  /** Port number, path of the socket, or name. */
  readonly endpoint: string;
}

/** `protseq:host[endpoint]`, as string bindings have it. */
export function formatEndpoint(endpoint: RpcEndpoint): string {
  return `${endpoint.protseq}:${endpoint.host ?? ""}[${endpoint.endpoint}]`;
}
