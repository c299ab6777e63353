export { type OpenOptions, type OpenedRuntime, openRuntime, openRuntimeAndRemoting } from "./open.ts";
export {
  type Machine,
  type MachineOptions,
  openMachine,
  serverMechanisms,
  surrogateCommand,
} from "./machine.ts";
export { Runtime, runLocalServer } from "./runtime.ts";
