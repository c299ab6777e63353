import { defineClass, defineModule } from "comity";
import { CalculatorObject } from "./calculator.js";
import { Calculator } from "./gen/calculator.js";

/** The in-process server: `comity register` puts it into the registry. */
const calculatorModule: ReturnType<typeof defineModule> = defineModule({
  classes: [defineClass(Calculator, CalculatorObject, { threading: "Both" })],
});

export default calculatorModule;
