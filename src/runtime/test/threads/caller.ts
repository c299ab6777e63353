import { type Runtime, getInterfaceAndReleaseStream, getAgileReference } from "../../../com/index.ts";
import { IWork } from "./work.ts";

/** Runs in an apartment: calls the object of a stream, or of a cookie of the global interface table, and answers the thread it lives in. */
export default async function caller(com: Runtime, from: Uint8Array | number): Promise<number> {
  using work =
    typeof from === "number"
      ? await (await getAgileReference(com, from)).Resolve(IWork)
      : getInterfaceAndReleaseStream(com, from, IWork);
  return work.Thread();
}
