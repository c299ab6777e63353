import { compileAll } from "./idl.js";

compileAll();
