import { ComError, type Guid, HResult } from "../base/index.ts";
import type { IBindCtx, IMoniker, IRunningObjectTable, IStream } from "../com/gen/objidl.ts";
import { type ClassName, IUnknown, type Runtime, contractOf, isPointer, splitStatus } from "../com/index.ts";
import type { CallOptions, Interface } from "../ndr/index.ts";
import type { BindOptions } from "./bind-context.ts";
import { classOfFile } from "./class-of-file.ts";
import { ClassMoniker } from "./class-moniker.ts";
import { FileMoniker } from "./file-moniker.ts";
import { ItemMoniker } from "./item-moniker.ts";
import { implementationOf } from "./moniker.ts";
import { namingOf } from "./naming.ts";
import { NewMoniker } from "./new-moniker.ts";
import { ObjrefMoniker, PointerMoniker } from "./objref-moniker.ts";
import { parseName } from "./parse.ts";
import { UrlMoniker, combineUrls } from "./url-moniker.ts";

/*
 * The functions of the library that make and use monikers. Every pointer they answer is the caller's; those they are given stay the caller's.
 */

/** A moniker of a path (CreateFileMoniker). */
export function createFileMoniker(runtime: Runtime, path: string): IMoniker {
  const naming = namingOf(runtime);
  checkLength(path, naming.limits.maxDisplayName);
  return naming.pointer(new FileMoniker(naming, path));
}

/** A moniker of a thing in a container (CreateItemMoniker); the delimiter, usually `!`, only shows. */
export function createItemMoniker(runtime: Runtime, delimiter: string | null, item: string): IMoniker {
  const naming = namingOf(runtime);
  checkLength(item, naming.limits.maxDisplayName - (delimiter?.length ?? 0));
  return naming.pointer(new ItemMoniker(naming, delimiter, item));
}

/** A moniker that takes away the one on its left (CreateAntiMoniker). */
export function createAntiMoniker(runtime: Runtime): IMoniker {
  return namingOf(runtime).anti(1);
}

/** A moniker of an object at hand (CreatePointerMoniker): an implementation object or a pointer; it takes a reference of its own. */
export function createPointerMoniker(runtime: Runtime, object: object | null): IMoniker {
  const naming = namingOf(runtime);
  return naming.pointer(new PointerMoniker(naming, object === null ? undefined : unknownOf(runtime, object)));
}

/** A moniker of an object that can be found from elsewhere by its name (CreateObjrefMoniker). It takes a reference of its own; its display name takes none. */
export function createObjrefMoniker(runtime: Runtime, object: object): IMoniker {
  const naming = namingOf(runtime);
  return naming.pointer(new ObjrefMoniker(naming, unknownOf(runtime, object)));
}

/** A moniker of a class object (CreateClassMoniker). */
export function createClassMoniker(runtime: Runtime, name: ClassName): IMoniker {
  const naming = namingOf(runtime);
  return naming.pointer(new ClassMoniker(naming, runtime.clsidOf(name)));
}

/** A moniker of a new object of a class (`new:`). */
export function createNewMoniker(runtime: Runtime, name: ClassName): IMoniker {
  const naming = namingOf(runtime);
  return naming.pointer(new NewMoniker(naming, runtime.clsidOf(name)));
}

/**
 * A moniker of an address (CreateURLMonikerEx). `base` is the moniker of the address that a relative one is seen from; it stays the caller's. Throws MK_E_SYNTAX
 * for an address that is too long, E_INVALIDARG for a base of another class.
 */
export function createUrlMoniker(runtime: Runtime, url: string, base?: IMoniker): IMoniker {
  const naming = namingOf(runtime);
  checkLength(url, naming.limits.maxDisplayName);
  if (base === undefined) return naming.pointer(new UrlMoniker(naming, url));
  const from = implementationOf(base);
  if (from instanceof UrlMoniker) {
    const whole = combineUrls(from.GetDisplayName(), url);
    checkLength(whole, naming.limits.maxDisplayName);
    return naming.pointer(new UrlMoniker(naming, whole));
  }
  throw new ComError(HResult.E_INVALIDARG, "an address is seen from another address");
}

/** Two monikers one after the other (CreateGenericComposite); null when nothing is left of them. */
export function createGenericComposite(
  runtime: Runtime,
  first: IMoniker | null,
  rest: IMoniker | null,
): Promise<IMoniker | null> {
  return namingOf(runtime).compose(first, rest);
}

/** What bindings are done with (CreateBindCtx). Disposing it releases the objects that were bound with it. */
export function createBindCtx(runtime: Runtime, options: Partial<BindOptions> = {}): IBindCtx {
  return namingOf(runtime).bindContext(options);
}

/** The Running Object Table of the machine (GetRunningObjectTable). */
export function getRunningObjectTable(runtime: Runtime): IRunningObjectTable {
  return namingOf(runtime).runningObjectTable();
}

/** What the longest beginning is that two monikers share (MonikerCommonPrefixWith); `status` receives MK_S_ME, MK_S_HIM or MK_S_US. Throws MK_E_NOPREFIX. */
export async function monikerCommonPrefixWith(
  runtime: Runtime,
  a: IMoniker,
  b: IMoniker,
  options: Pick<CallOptions, "status"> = {},
): Promise<IMoniker | null> {
  return told(await namingOf(runtime).commonPrefix(a, b), options);
}

/** The moniker that leads from one to another (MonikerRelativePathTo); MK_S_HIM when it is the other itself. */
export async function monikerRelativePathTo(
  runtime: Runtime,
  from: IMoniker,
  to: IMoniker,
  options: Pick<CallOptions, "status"> = {},
): Promise<IMoniker | null> {
  return told(await namingOf(runtime).relativePath(from, to), options);
}

function told(result: IMoniker | null, { status }: Pick<CallOptions, "status">): IMoniker | null {
  const { code, value } = splitStatus(result);
  if (status !== undefined) status.code = code;
  return value as IMoniker | null;
}

export interface ParseOptions extends Partial<BindOptions> {
  /** The bind context to parse with; it stays the caller's. Default: one of its own, with these options. */
  readonly bindContext?: IBindCtx;
}

/**
 * The moniker of a display name (MkParseDisplayName): `clsid:`, `new:`, `objref:`, `queue:` and the like, `ProgID:…` and `@ProgID…`, paths of files and of
 * running objects, and what follows them (`!item`). Throws MK_E_SYNTAX; `outputs.eaten` of the error says how many characters were understood.
 */
export async function parseDisplayName(
  runtime: Runtime,
  name: string,
  options: ParseOptions = {},
): Promise<IMoniker> {
  const naming = namingOf(runtime);
  const { bindContext, ...rest } = options;
  if (bindContext !== undefined) return parseName(naming, bindContext, name);
  using context = naming.bindContext(rest);
  return await parseName(naming, context, name);
}

/** The object a moniker names, or of a display name (BindMoniker, CoGetObject). Throws what the way there brings. */
export async function bindMoniker<T extends IUnknown>(
  runtime: Runtime,
  moniker: IMoniker | string,
  iface: Interface<T>,
  options: ParseOptions = {},
): Promise<T> {
  const { bindContext, ...rest } = options;
  using context =
    bindContext === undefined ? createBindCtx(runtime, rest) : namingOf(runtime).again(bindContext);
  using parsed =
    typeof moniker === "string" ? await parseName(namingOf(runtime), context, moniker) : undefined;
  const named = parsed ?? (moniker as IMoniker);
  const bound = await named.BindToObject(context, null, iface.iid);
  if (bound === null) throw new ComError(HResult.E_POINTER, "the moniker was bound to no object");
  return bound as T;
}

/** Writes a moniker's class and its state (OleSaveToStream). Throws E_NOTIMPL for one that cannot be saved. */
export async function saveMoniker(runtime: Runtime, moniker: IMoniker, stream: IStream): Promise<void> {
  const bytes = await monikerBytes(runtime, moniker);
  await stream.Write(bytes, bytes.length);
}

/** Reads what {@link saveMoniker} wrote (OleLoadFromStream): a moniker of the system, or of a class that is registered. */
export function loadMoniker(runtime: Runtime, stream: IStream): Promise<IMoniker> {
  return namingOf(runtime).loadFrom(stream);
}

/** A moniker as bytes: its CLSID and its state. */
export function monikerBytes(runtime: Runtime, moniker: IMoniker): Promise<Uint8Array> {
  return namingOf(runtime).bytesOf(moniker);
}

/** The moniker of such bytes. */
export function monikerFromBytes(runtime: Runtime, bytes: Uint8Array): Promise<IMoniker> {
  return namingOf(runtime).fromBytes(bytes);
}

/** The class of a file (GetClassFile): from its storage, by patterns of the registry, by its extension. Throws MK_E_CANTOPENFILE, MK_E_INVALIDEXTENSION. */
export function getClassFile(runtime: Runtime, path: string): Promise<Guid> {
  return classOfFile(namingOf(runtime), path);
}

/** A pointer to an object, of the caller's own. */
export function unknownOf(runtime: Runtime, object: object): IUnknown {
  if (!isPointer(object)) return runtime.pointerTo(object, IUnknown);
  const made = object.QueryInterface(contractOf(IUnknown.iid));
  if (made instanceof Promise)
    throw new ComError(HResult.E_UNEXPECTED, "a pointer that cannot be copied at once");
  return made;
}

function checkLength(text: string, limit: number): void {
  if (text.length > limit)
    throw new ComError(HResult.MK_E_SYNTAX, `a name of ${text.length} characters, ${limit} are allowed`);
}
