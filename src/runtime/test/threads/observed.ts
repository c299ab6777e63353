import { calls } from "./options.ts";

/** Runs in an apartment: what its observer saw. */
export default function observed(): readonly string[] {
  return calls;
}
