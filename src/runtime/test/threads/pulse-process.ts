import { type EventStream, type EventOf, events } from "../../../automation/index.ts";
import { openRuntime } from "../../index.ts";
import { IPulse, IPulseEvents, pulseClass } from "./pulse.ts";

/* A process that has a pulse ("source"), or listens to one ("listen"), and tells its parent; it is killed in the end. */

const [home = "", mode = "", objref = ""] = process.argv.slice(2);
const com = await openRuntime({ home });
if (mode === "source") {
  const pulse = await com.createInstance(pulseClass, IPulse, { context: 1 });
  const bytes = await com.marshaler.marshalWhenReady(IPulse.iid, pulse, { destination: "local" });
  process.send?.(Buffer.from(bytes).toString("hex"));
} else {
  const pulse = com.marshaler.unmarshalInterface(IPulse.iid, Buffer.from(objref, "hex"));
  const stream: EventStream<EventOf<IPulseEvents>> = events(pulse, IPulseEvents);
  await stream.ready();
  process.send?.("ready");
}
setInterval(() => undefined, 1000);
