import { type Caller, machineOwner } from "./access-check.ts";

/** As whom the running code acts, as far as Comity's own checks go: the machine's owner. */
export function actingCaller(): Caller {
  return machineOwner;
}
