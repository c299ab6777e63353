// A client on a machine of its own that will be killed: it creates a calculator on another machine and holds on to it.
import { Runtime } from "comity";
import { Calculator } from "@comity/example-calculator/contract";

const [machine = "", user = "", password = ""] = process.argv.slice(2);
const com = await Runtime.open({ credentials: { user, password } });
const calc = await com.createInstance(Calculator, undefined, { machine });
await calc.put_Memory(1);
console.log("holding");
setInterval(() => calc, 1000);
