import type { Registry } from "../com/index.ts";

/** Where a machine listens: set by its administrator under HKLM\SOFTWARE\Comity. */
const key = "HKLM\\SOFTWARE\\Comity";

/** Addresses to listen on, `ListenAddresses` (separated by commas). Loopback only until an administrator says otherwise. */
export function listenAddresses(registry: Registry): readonly string[] {
  const text = registry.text(key, "ListenAddresses") ?? "";
  const list = text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  return list.length === 0 ? ["127.0.0.1"] : list;
}

/** The port of the SCM, `Port`; undefined when nothing is set. */
export function listenPort(registry: Registry): number | undefined {
  return registry.number(key, "Port");
}
