import type { RpcEndpoint } from "../../rpc/index.ts";
import { type DualStringArray, TowerId } from "../dual-string-array.ts";

/** How addresses of string bindings are chosen. */
export interface AddressChoice {
  /** The host this machine was reached by (what the user typed): preferred when the bindings list it, tried last when they do not. */
  readonly host?: string | undefined;
  /** Only that host, with the ports the bindings name: for NAT and tunnels, where no listed address can be reached. */
  readonly pin?: boolean | undefined;
  /** The bindings come from this machine's own resolver: Unix sockets in them may be used. */
  readonly local?: boolean | undefined;
}

/** The port of a machine's resolver when its binding names none. */
export const resolverPort = "135";

/** The endpoints an exporter's (or with `defaultPort` a resolver's) bindings lead to, the best first. */
export function endpointsOf(
  bindings: DualStringArray,
  choice: AddressChoice,
  defaultPort?: string,
): RpcEndpoint[] {
  const local: RpcEndpoint[] = [];
  const known: RpcEndpoint[] = [];
  const others: RpcEndpoint[] = [];
  const substituted: RpcEndpoint[] = [];
  for (const { tower, address } of bindings.strings) {
    const { host, endpoint } = splitAddress(address);
    const port = endpoint ?? defaultPort;
    if (port === undefined) continue;
    if (tower === TowerId.thread) {
      if (choice.local === true) local.push({ protseq: "comity_port", endpoint: port });
    } else if (tower === TowerId.local) {
      if (choice.local === true) local.push({ protseq: "ncalrpc", endpoint: port });
    } else if (tower === TowerId.tcp) {
      const same = choice.host !== undefined && sameHost(host, choice.host);
      (same ? known : others).push({ protseq: "ncacn_ip_tcp", host, endpoint: port });
      if (choice.host !== undefined) {
        substituted.push({ protseq: "ncacn_ip_tcp", host: choice.host, endpoint: port });
      }
    }
  }
  if (choice.pin === true && choice.host !== undefined) return distinct(substituted);
  return distinct([...local, ...known, ...others, ...substituted]);
}

/** `host[endpoint]` in its parts; IPv6 addresses may stand without brackets of their own. */
export function splitAddress(address: string): {
  readonly host: string;
  readonly endpoint: string | undefined;
} {
  const open = address.lastIndexOf("[");
  if (open < 0 || !address.endsWith("]")) return { host: address, endpoint: undefined };
  const host = address.slice(0, open);
  const inner = address.slice(open + 1, -1);
  if (host === "" && /^[0-9a-f]*:[0-9a-f:.]*$/i.test(inner)) return { host: inner, endpoint: undefined };
  return { host: host.replace(/^\[(.*)\]$/, "$1"), endpoint: inner };
}

export function sameHost(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function distinct(endpoints: readonly RpcEndpoint[]): RpcEndpoint[] {
  const seen = new Set<string>();
  return endpoints.filter(({ protseq, host, endpoint }) => {
    const key = `${protseq}:${host?.toLowerCase() ?? ""}[${endpoint}]`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
