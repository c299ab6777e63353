import { ComError, type Guid, HResult, formatGuid } from "../base/index.ts";
import type { ClassName, IUnknown, Runtime } from "../com/index.ts";
import type { IMoniker } from "../com/gen/objidl.ts";
import { createItemMoniker, getRunningObjectTable, unknownOf } from "./functions.ts";
import { namingOf } from "./naming.ts";

/** An object that is active; disposing revokes it (RevokeActiveObject). */
export interface ActiveRegistration extends AsyncDisposable {
  revoke(): Promise<void>;
}

export interface ActiveOptions {
  /** True: being active does not keep the object alive (ACTIVEOBJECT_WEAK). Default false. */
  readonly weak?: boolean;
}

/**
 * Makes an object the active one of its class on this machine (RegisterActiveObject), until it is revoked or its process ends: a line of the Running Object
 * Table with the name `!{CLSID}`. `object` is an implementation object or a pointer; the table takes a reference of its own unless it is weak.
 */
export async function registerActiveObject(
  runtime: Runtime,
  name: ClassName,
  object: object,
  options: ActiveOptions = {},
): Promise<ActiveRegistration> {
  using table = getRunningObjectTable(runtime);
  using moniker = nameOf(runtime, runtime.clsidOf(name));
  using pointer = unknownOf(runtime, object);
  const cookie = await table.Register(options.weak === true ? 0 : 1, pointer, moniker);
  let standing = true;
  const revoke = async (): Promise<void> => {
    if (!standing) return;
    standing = false;
    using again = getRunningObjectTable(runtime);
    await again.Revoke(cookie);
  };
  return { revoke, [Symbol.asyncDispose]: revoke };
}

/** The active object of a class on this machine (GetActiveObject): the first one registered. The caller owns the pointer. Throws MK_E_UNAVAILABLE. */
export async function getActiveObject(runtime: Runtime, name: ClassName): Promise<IUnknown> {
  const clsid = runtime.clsidOf(name);
  using moniker = nameOf(runtime, clsid);
  const found = await namingOf(runtime).runningObject(moniker);
  if (found !== undefined) return found;
  throw new ComError(
    HResult.MK_E_UNAVAILABLE,
    `no object of the class ${shown(name, clsid)} is active on this machine`,
  );
}

function nameOf(runtime: Runtime, clsid: Guid): IMoniker {
  return createItemMoniker(runtime, "!", formatGuid(clsid));
}

function shown(name: ClassName, clsid: Guid): string {
  return typeof name === "string" ? name : (name.progId ?? formatGuid(clsid));
}
