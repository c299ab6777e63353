import { advise } from "../../../automation/index.ts";
import { type Runtime, getInterfaceAndReleaseStream } from "../../../com/index.ts";
import { IPulse, IPulseEvents } from "./pulse.ts";

/** Runs in an apartment: connects a sink to a pulse, for as long as the thread lives. */
export default async function listener(com: Runtime, stream: Uint8Array): Promise<void> {
  const pulse = getInterfaceAndReleaseStream(com, stream, IPulse);
  await advise(pulse, IPulseEvents, { Beat: () => undefined });
}
