import { ComError } from "../../../base/index.ts";
import { type Runtime, getInterfaceAndReleaseStream, synchronously } from "../../../com/index.ts";
import { IWork } from "./work.ts";

/** Runs in an apartment: waits synchronously for the object of a stream, for a minute; answers how that failed. */
export default async function waiter(com: Runtime, stream: Uint8Array): Promise<number> {
  using work = getInterfaceAndReleaseStream(com, stream, IWork);
  using now = await synchronously(work);
  try {
    now.Slow(60_000);
    return 0;
  } catch (error) {
    return ComError.from(error).code;
  }
}
