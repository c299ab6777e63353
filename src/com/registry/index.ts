export {
  type KeyInfo,
  Registry,
  type RegistryEditor,
  type RegistryOptions,
  type RegistryView,
} from "./registry.ts";
export { type RegistryData, RegistryType, type RegistryValue, bytesOf, dataOf } from "./value.ts";
export type { RegistryLimits } from "./limits.ts";
export { type RegFile, type RegOperation, type RegWarning, parseRegFile } from "./reg-parse.ts";
export { printRegFile, printValue } from "./reg-print.ts";
export { applyOperations } from "./reg-apply.ts";
export { KeyRights, type KeySecurity } from "./permissions.ts";
