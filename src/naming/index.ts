// Monikers: making them, reading names, binding.
export {
  type ParseOptions,
  bindMoniker,
  createAntiMoniker,
  createBindCtx,
  createClassMoniker,
  createFileMoniker,
  createGenericComposite,
  createItemMoniker,
  createNewMoniker,
  createObjrefMoniker,
  createPointerMoniker,
  createUrlMoniker,
  getClassFile,
  getRunningObjectTable,
  loadMoniker,
  monikerBytes,
  monikerCommonPrefixWith,
  monikerFromBytes,
  monikerRelativePathTo,
  parseDisplayName,
  saveMoniker,
} from "./functions.ts";
export { registerBindStatusCallback, revokeBindStatusCallback } from "./bind-status.ts";
export { type BindOptions, defaultBindOptions } from "./bind-context.ts";
// For monikers of one's own.
export { OwnMoniker } from "./own-moniker.ts";
export { MonikerClass } from "./clsids.ts";
export { type NamingLimits, defaultNamingLimits } from "./limits.ts";
// Active objects.
export {
  type ActiveOptions,
  type ActiveRegistration,
  getActiveObject,
  registerActiveObject,
} from "./active-objects.ts";
// For the layers above: what a runtime is put together from.
export { type FileServices, type Naming, namingOf } from "./naming.ts";
export { registerMonikerClasses } from "./classes.ts";
export { marshalMoniker, monikerUnmarshalers } from "./marshal.ts";
