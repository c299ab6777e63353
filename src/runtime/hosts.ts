import type { LocalMachine } from "../dcom/index.ts";

/** The addresses the machine's SCM listens on: where the objects of its processes are reached too. */
export async function machineHosts(machine: LocalMachine): Promise<readonly string[]> {
  const { resolver } = await machine.snapshot();
  const hosts = resolver.strings.map(({ address }) => address.replace(/\[\d+\]$/, ""));
  return hosts.length === 0 ? ["127.0.0.1"] : [...new Set(hosts)];
}
