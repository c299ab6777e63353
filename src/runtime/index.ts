export { Runtime, type ServerProgramOptions, runLocalServer } from "./runtime.ts";
export { type OpenOptions, type OpenedRuntime, openRuntime, openRuntimeAndRemoting } from "./open.ts";
export {
  type ApartmentOptions,
  type ThreadApartment,
  inviteThread,
  openApartment,
} from "./apartments/apartments.ts";
export type { ThreadInvitation } from "./apartments/contract.ts";
export { type Machine, type MachineOptions, openMachine, serverMechanisms } from "./machine.ts";
export { type CreateObjectOptions, createObject, getObject, registerActiveObject } from "./objects.ts";
