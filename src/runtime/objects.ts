import {
  IDispatch,
  type LateObject,
  type LateOptions,
  dispatchPointerOf,
  lateBound,
} from "../automation/index.ts";
import { ComError, type Guid, HResult } from "../base/index.ts";
import { type ClassName, type CreateOptions, IUnknown, type Runtime, isPointer } from "../com/index.ts";

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
 * An object that is there already (GetObject). Without a path the active object of a class: see {@link registerActiveObject}; with an empty path a new
 * one, as in Visual Basic. Throws MK_E_UNAVAILABLE when no such object is active, MK_E_SYNTAX for a path: names of other kinds are monikers.
 */
export async function getObject<T = LateObject>(
  runtime: Runtime,
  path: string | undefined,
  name?: ClassName,
  options: CreateObjectOptions = {},
): Promise<T> {
  if (path === "" && name !== undefined) return createObject(runtime, name, options);
  if (path !== undefined || name === undefined)
    throw new ComError(
      MK_E_SYNTAX,
      `"${path ?? ""}" is not understood: only the active object of a class can be had`,
    );
  const pointer = await getActiveObject(runtime, name);
  try {
    return bind(runtime, await pointer.QueryInterface(IDispatch), titleOf(name), options);
  } finally {
    pointer[Symbol.dispose]();
  }
}

const MK_E_UNAVAILABLE = 0x800401e3;
const MK_E_SYNTAX = 0x800401e4;

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

/** The active objects of a runtime's process, by class. */
const active = new WeakMap<Runtime, Map<Guid, IUnknown[]>>();

/** An object that is active; disposing revokes it (RevokeActiveObject). */
export interface ActiveRegistration extends Disposable {
  revoke(): void;
}

/**
 * Makes an object the active one of its class (RegisterActiveObject), until it is revoked. Other parts of this program find it; other processes do
 * not yet. `object` is an implementation object, a pointer or a late-bound object; the table takes a reference of its own.
 */
export function registerActiveObject(runtime: Runtime, name: ClassName, object: object): ActiveRegistration {
  const clsid = runtime.clsidOf(name);
  const table = active.get(runtime) ?? new Map<Guid, IUnknown[]>();
  active.set(runtime, table);
  const list = table.get(clsid) ?? [];
  table.set(clsid, list);
  const pointer = pointerOf(runtime, object);
  list.push(pointer);
  const revoke = (): void => {
    const at = list.indexOf(pointer);
    if (at < 0) return;
    list.splice(at, 1);
    pointer[Symbol.dispose]();
  };
  return { revoke, [Symbol.dispose]: revoke };
}

/** The active object of a class, the latest one registered (GetActiveObject). The caller owns the pointer. Throws MK_E_UNAVAILABLE. */
export async function getActiveObject(runtime: Runtime, name: ClassName): Promise<IUnknown> {
  const found = active.get(runtime)?.get(runtime.clsidOf(name))?.at(-1);
  if (found === undefined)
    throw new ComError(MK_E_UNAVAILABLE, `no object of the class ${titleOf(name)} is active in this program`);
  return found.QueryInterface(IUnknown);
}

function pointerOf(runtime: Runtime, object: object): IUnknown {
  const late = dispatchPointerOf(object);
  if (late !== undefined) return unknownOf(late);
  return isPointer(object) ? unknownOf(object) : runtime.pointerTo(object, IUnknown);
}

/** A new handle: asking for IUnknown is answered at once, near and far. */
function unknownOf(pointer: IUnknown): IUnknown {
  const made = pointer.QueryInterface(IUnknown);
  if (made instanceof Promise)
    throw new ComError(HResult.E_UNEXPECTED, "a pointer that cannot be copied at once");
  return made;
}
