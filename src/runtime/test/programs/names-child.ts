import { IUnknown } from "../../../com/index.ts";
import { createItemMoniker, getRunningObjectTable } from "../../../naming/index.ts";
import { openRuntime } from "../../index.ts";

// A program to be killed: names an object on its machine and stays.
const [home = ""] = process.argv.slice(2);
const com = await openRuntime({ home });
const table = getRunningObjectTable(com);
await table.Register(1, com.pointerTo({}, IUnknown), createItemMoniker(com, "!", "doomed"));
console.log("named");
setInterval(() => undefined, 1000);
