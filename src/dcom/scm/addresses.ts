import { readFileSync, writeFileSync } from "node:fs";
import { hostname, networkInterfaces } from "node:os";
import { join } from "node:path";
import { type StringBinding, TowerId } from "../dual-string-array.ts";

/** The port of a machine's resolver that bindings need not name. */
export const standardPort = 135;

/**
 * What other machines call this one: the addresses it listens on, or for an address that means "all of them" the host's name and every
 * address it has. Ports other than 135 stand in brackets.
 */
export function resolverStrings(addresses: readonly string[], port: number): StringBinding[] {
  const hosts = [...new Set(addresses.flatMap(namesOf))];
  return hosts.map((host) => ({
    tower: TowerId.tcp,
    address: port === standardPort ? host : `${host}[${port}]`,
  }));
}

/** The hosts that reach a listening address. */
function namesOf(address: string): string[] {
  if (address !== "0.0.0.0" && address !== "::") return [address];
  const families = address === "::" ? ["IPv4", "IPv6"] : ["IPv4"];
  const own = Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter(({ family, internal, scopeid }) => families.includes(family) && !internal && !scopeid)
    .map((info) => info.address);
  return [hostname(), ...own, "127.0.0.1"];
}

/** The port that the home's last SCM found free. */
export function rememberedPort(home: string): number | undefined {
  try {
    const port = Number(readFileSync(join(home, "scm.port"), "utf8"));
    return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : undefined;
  } catch {
    return undefined; // the first SCM of its home
  }
}

/** Keeps a free port for the next SCM of the home: the references of its processes name it. */
export function rememberPort(home: string, port: number): void {
  writeFileSync(join(home, "scm.port"), String(port), { mode: 0o600 });
}
