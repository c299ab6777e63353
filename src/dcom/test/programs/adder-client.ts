import { setTimeout as delay } from "node:timers/promises";
import { parseGuid } from "../../../base/index.ts";
import { IAdder } from "../adder.ts";
import { credentials, openProcess } from "./process.ts";

// A client to be killed: activates an adder on another machine, says so, and holds it.
const [home = "", machine = "", clsid = ""] = process.argv.slice(2);
const { runtime } = await openProcess(home);
const adder = await runtime.createInstance(parseGuid(clsid), IAdder, { machine, credentials });
console.log(`sum ${await adder.Add(2, 40)}`);
await delay(60_000);
