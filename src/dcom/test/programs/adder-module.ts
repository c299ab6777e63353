import { type DefinedModule, defineModule } from "../../../com/index.ts";
import { adderClass } from "../adder.ts";

// An in-process class, for surrogates.
export const moduleClsid = "6f9a2c11-52d0-4f0e-9a44-0c9d3b1e7a99";
const module: DefinedModule = defineModule({ classes: [adderClass(moduleClsid)] });
export default module;
