export { type OpenOptions, type OpenedRuntime, openRuntime, openRuntimeAndRemoting } from "./open.ts";
export {
  type Machine,
  type MachineOptions,
  openMachine,
  serverMechanisms,
  surrogateCommand,
} from "./machine.ts";
export { Runtime, type ServerProgramOptions, runLocalServer } from "./runtime.ts";
