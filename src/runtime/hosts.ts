import type { LocalMachine, RemotingOptions } from "../dcom/index.ts";

/** Addresses that mean "all of them". */
const everywhere: ReadonlySet<string> = new Set(["0.0.0.0", "::"]);

/**
 * Where a process takes calls: a Unix socket for this machine, and for others the addresses its SCM listens on, each on a port of its own. Without
 * any the machine cannot be reached from outside, and loopback serves those who insist on TCP.
 */
export async function listenWhereTheMachineDoes(
  machine: LocalMachine,
): Promise<Pick<RemotingOptions, "listen" | "advertise">> {
  const { listening, resolver } = await machine.network();
  const hosts = listening.length === 0 ? ["127.0.0.1"] : listening;
  const listen = [
    { protseq: "ncalrpc", endpoint: "" },
    ...hosts.map((host) => ({ protseq: "ncacn_ip_tcp", host, endpoint: "0" })),
  ];
  if (!hosts.some((host) => everywhere.has(host))) return { listen };
  // Nobody can call 0.0.0.0: the names are those the resolver goes by.
  return { listen, advertise: resolver.strings.map(({ address }) => address.replace(/\[\d+\]$/, "")) };
}
