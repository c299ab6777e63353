import {
  IDispatch,
  type LateObject,
  type LateOptions,
  dispatchPointerOf,
  lateBound,
} from "../automation/index.ts";
import { resolve } from "node:path";
import { ComError, HResult } from "../base/index.ts";
import type { ClassName, CreateOptions, Runtime, ServerInfo } from "../com/index.ts";
import { IPersistFile } from "../com/gen/objidl.ts";
import {
  type ActiveOptions,
  type ActiveRegistration,
  bindMoniker,
  getActiveObject,
  registerActiveObject as registerActive,
} from "../naming/index.ts";

export interface CreateObjectOptions extends CreateOptions, Pick<LateOptions, "lcid"> {}

/**
 * Creates an object and answers it as a script sees it (CreateObject): late bound, through IDispatch. The object, and everything reached through it,
 * is released at the end of its `using` block. Throws CO_E_CLASSSTRING, REGDB_E_CLASSNOTREG, E_NOINTERFACE when the class is not for scripts.
 *
 * ```ts
 * await using com = await Runtime.open();
 * await using excel = await createObject(com, "Excel.Application", { machine: "desk-4", credentials });
 * const book = await excel.Workbooks.Add();
 * await put(book.Worksheets(1).Range("A1").Value, 42);
 * ```
 */
export async function createObject<T = LateObject>(
  runtime: Runtime,
  name: ClassName,
  options: CreateObjectOptions = {},
): Promise<T> {
  const { lcid: _, ...create } = options;
  const pointer = await runtime.createInstance(name, IDispatch, create);
  return bind(runtime, pointer, titleOf(name), options);
}

/**
 * An object that is there already, or comes from a file (GetObject), as in Visual Basic:
 *
 * - `getObject(com, path)`: what the path or any other display name leads to (`new:ProgID`, `clsid:…`, `Program.Id:…`, `file!item`);
 * - `getObject(com, path, class)`: the file, loaded by an object of that class;
 * - `getObject(com, "", class)`: a new object;
 * - `getObject(com, undefined, class)`: the active object of a class on this machine, see {@link registerActiveObject}.
 *
 * Throws MK_E_SYNTAX for a name that leads nowhere, MK_E_UNAVAILABLE when no object of the class is active, E_NOINTERFACE for one that is not for scripts.
 */
export async function getObject<T = LateObject>(
  runtime: Runtime,
  path: string | undefined,
  name?: ClassName,
  options: CreateObjectOptions = {},
): Promise<T> {
  if (path === "" && name !== undefined) return createObject(runtime, name, options);
  if (path !== undefined) {
    const pointer =
      name === undefined
        ? await bindName(runtime, path, options)
        : await loadFile(runtime, path, name, options);
    return bind(runtime, pointer, path, options);
  }
  if (name === undefined) throw new ComError(HResult.E_INVALIDARG, "a name or a class is needed");
  using active = await getActiveObject(runtime, name);
  return bind(runtime, await active.QueryInterface(IDispatch), titleOf(name), options);
}

function bindName(runtime: Runtime, name: string, options: CreateObjectOptions): Promise<IDispatch> {
  const { context, machine, credentials, authenticationLevel, impersonationLevel } = options;
  const server: ServerInfo = {
    ...(machine === undefined ? {} : { machine }),
    ...(credentials === undefined ? {} : { credentials }),
    ...(authenticationLevel === undefined ? {} : { authenticationLevel }),
    ...(impersonationLevel === undefined ? {} : { impersonationLevel }),
  };
  return bindMoniker(runtime, name, IDispatch, { server, ...(context === undefined ? {} : { context }) });
}

/** The class says who loads the file, whatever the file is. */
async function loadFile(
  runtime: Runtime,
  path: string,
  name: ClassName,
  options: CreateObjectOptions,
): Promise<IDispatch> {
  const { lcid: _, ...create } = options;
  using object = await runtime.createInstance(name, IPersistFile, create);
  await object.Load(options.machine === undefined ? resolve(path) : path, readWrite);
  return await object.QueryInterface(IDispatch);
}

/** STGM_READWRITE. */
const readWrite = 2;

function bind(runtime: Runtime, pointer: IDispatch, name: string, options: CreateObjectOptions): LateObject {
  const { lcid, signal, timeout } = options;
  return lateBound(pointer, {
    name,
    runtime,
    ...(lcid === undefined ? {} : { lcid }),
    ...(signal === undefined ? {} : { signal }),
    ...(timeout === undefined ? {} : { timeout }),
  });
}

function titleOf(name: ClassName): string {
  return typeof name === "string" ? name : (name.progId ?? name.name);
}

/**
 * Makes an object the active one of its class on this machine (RegisterActiveObject), until it is revoked or this program ends. `object` is an implementation
 * object, a pointer or a late-bound object; the table takes a reference of its own unless the registration is weak.
 */
export function registerActiveObject(
  runtime: Runtime,
  name: ClassName,
  object: object,
  options?: ActiveOptions,
): Promise<ActiveRegistration> {
  return registerActive(runtime, name, dispatchPointerOf(object) ?? object, options);
}
