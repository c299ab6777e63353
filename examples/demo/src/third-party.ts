// A third party: a server with calculators of its own, that may call other machines as the demo's user.
import { Runtime, defineClass, defineModule } from "comity";
import { CalculatorObject } from "@comity/example-calculator/implementation";
import { ICalculator, ICalculatorLab } from "@comity/example-calculator/contract";

const [clsid = "", user = "", password = ""] = process.argv.slice(2);
const com = await Runtime.open({ credentials: { user, password } });
const thirdParty = defineClass(
  { clsid, name: "Third party", interfaces: [ICalculator, ICalculatorLab] },
  CalculatorObject,
);
await com.registerClassObjects(defineModule({ classes: [thirdParty] }));
console.log("serving");
