// A client that creates an object in a surrogate, tells its parent where it is, and waits to be killed; with an OBJREF as its argument it holds that one.
import { openRuntime } from "../../../runtime/index.ts";
import { IGreeter } from "./greeter.ts";

const [mode = "create"] = process.argv.slice(2);
const com = await openRuntime();
const local = 4;
const greeter =
  mode === "create"
    ? await com.createInstance("Comity.Test.Greeter.1", IGreeter, { context: local })
    : await com.marshaler.unmarshalInterface(IGreeter.iid, Buffer.from(mode, "hex")).QueryInterface(IGreeter);
await Promise.resolve(greeter.Add(1, 2));
const objref = await com.marshaler.marshalWhenReady(IGreeter.iid, greeter, { destination: "local" });
process.send?.(Buffer.from(objref).toString("hex"));
setInterval(() => undefined, 1000);
