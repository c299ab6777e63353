import { existsSync } from "node:fs";
import { ComError, type Guid, HResult } from "../base/index.ts";
import { type IBindCtx, type IMoniker } from "../com/gen/objidl.ts";
import { IParseDisplayName } from "../com/gen/oleidl.ts";
import type { Awaitable } from "../ndr/index.ts";
import { ClassMoniker, parseClassName } from "./class-moniker.ts";
import { FileMoniker } from "./file-moniker.ts";
import { localPath } from "./file-path.ts";
import { ItemMoniker } from "./item-moniker.ts";
import { implementationOf, keyOf } from "./moniker.ts";
import type { Naming } from "./naming.ts";
import { parseSystemName } from "./system-names.ts";

/** A moniker, and how much of the text it stands for. */
interface Parsed {
  readonly moniker: IMoniker;
  readonly eaten: number;
}

/**
 * The moniker of a display name (MkParseDisplayName): the first part is `clsid:`, another name of the system, a ProgID, or a path; each moniker then reads what
 * follows it. Throws MK_E_SYNTAX saying how many characters were understood (`outputs.eaten`), E_INVALIDARG, or what the classes on the way throw.
 */
export async function parseName(naming: Naming, context: IBindCtx, name: string): Promise<IMoniker> {
  const { maxDisplayName } = naming.limits;
  if (name === "") throw new ComError(HResult.E_INVALIDARG, "an empty display name");
  if (name.length > maxDisplayName)
    throw new ComError(
      HResult.MK_E_SYNTAX,
      `a display name of ${name.length} characters, ${maxDisplayName} are allowed`,
    );
  reading.set(keyOf(context), { bound: true });
  try {
    return await readParts(naming, context, name);
  } finally {
    reading.delete(keyOf(context));
  }
}

async function readParts(naming: Naming, context: IBindCtx, name: string): Promise<IMoniker> {
  const { moniker: first, eaten } = await firstPart(naming, context, name).catch((error: unknown) => {
    throw told(error, name, 0);
  });
  let moniker = first;
  let at = eaten;
  while (at < name.length) {
    using left = moniker;
    const next = await rest(context, left, name, at);
    at += next.eaten;
    const whole = await naming.compose(left, next.moniker).finally(() => next.moniker[Symbol.dispose]());
    if (whole === null) throw syntax(name, at, "nothing is left of it");
    moniker = whole;
  }
  return moniker;
}

async function rest(context: IBindCtx, left: IMoniker, name: string, at: number): Promise<Parsed> {
  try {
    const { pchEaten, ppmkOut } = await left.ParseDisplayName(context, null, name.slice(at));
    if (ppmkOut !== null && pchEaten > 0)
      return { moniker: ppmkOut, eaten: Math.min(pchEaten, name.length - at) };
    ppmkOut?.[Symbol.dispose]();
  } catch (error) {
    throw told(error, name, at);
  }
  throw syntax(name, at, "the moniker on the left does not understand it");
}

/** A failure together with how far the name was understood. */
function told(error: unknown, name: string, eaten: number): ComError {
  const known = ComError.from(error);
  if (known.outputs !== undefined && known.code === HResult.MK_E_SYNTAX && eaten === 0) return known;
  if (known.code === HResult.MK_E_SYNTAX) return syntax(name, eaten, known.info.description ?? "", known);
  return new ComError(known.code, known.info.description, {
    cause: known,
    outputs: { eaten },
    gate: known.gate,
  });
}

function syntax(name: string, eaten: number, why: string, cause?: unknown): ComError {
  const shown = name.length > 100 ? `${name.slice(0, 100)}…` : name;
  return new ComError(
    HResult.MK_E_SYNTAX,
    `"${shown}" is not understood from character ${eaten} on: ${why}`,
    {
      outputs: { eaten },
      cause,
    },
  );
}

async function firstPart(naming: Naming, context: IBindCtx, name: string): Promise<Parsed> {
  const found = parseClassName(name);
  if (found !== undefined) {
    const moniker = naming.pointer(new ClassMoniker(naming, found.clsid, found.options));
    return { moniker, eaten: found.eaten };
  }
  const system = parseSystemName(naming, name);
  if (system !== undefined) return system;
  const clsid = classInFront(naming, name);
  if (clsid !== undefined) return parseByClass(naming, context, clsid, name);
  const file = await longestFile(naming, name);
  if (file !== undefined) return file;
  throw syntax(name, 0, "it begins with no ProgID, no file that exists, and no object that runs");
}

/** `@ProgID…` or `ProgID:…`; a ProgID has two characters at least, so that `C:` is a drive. */
function classInFront({ runtime }: Naming, name: string): Guid | undefined {
  const match = /^(?:@([^:\\/!]{2,256})|([^@:\\/!][^:\\/!]{1,255}):)/.exec(name);
  const progId = match?.[1] ?? match?.[2];
  return progId === undefined ? undefined : runtime.classes.clsidFromProgId(progId);
}

/** The class object parses the name, or an instance does. */
async function parseByClass(naming: Naming, context: IBindCtx, clsid: Guid, name: string): Promise<Parsed> {
  using parser = await parserOf(naming, clsid);
  const { pchEaten, ppmkOut } = await parser.ParseDisplayName(context, name);
  if (ppmkOut !== null && pchEaten > 0) return { moniker: ppmkOut, eaten: Math.min(pchEaten, name.length) };
  ppmkOut?.[Symbol.dispose]();
  throw syntax(name, 0, "its class does not understand it");
}

async function parserOf({ runtime }: Naming, clsid: Guid): Promise<IParseDisplayName> {
  try {
    return await runtime.getClassObject(clsid, IParseDisplayName);
  } catch (error) {
    if (ComError.from(error).code !== HResult.E_NOINTERFACE) throw error;
  }
  try {
    return await runtime.createInstance(clsid, IParseDisplayName);
  } catch (error) {
    if (ComError.from(error).code !== HResult.E_NOINTERFACE) throw error;
    throw new ComError(HResult.MK_E_SYNTAX, `the class {${clsid}} parses no names`, { cause: error });
  }
}

/** The longest beginning of a name that is an object that runs, or a file that exists; it ends at a separator. */
async function longestFile(naming: Naming, name: string): Promise<Parsed | undefined> {
  let left = naming.limits.maxPrefixes;
  for (let end = name.length; end > 0; end = lastSeparator(name, end - 1)) {
    if (left-- === 0)
      throw syntax(name, 0, `more than ${naming.limits.maxPrefixes} places where a path could end`);
    const file = new FileMoniker(naming, name.slice(0, end));
    const moniker = naming.pointer(file);
    if (await isThere(naming, file, moniker)) return { moniker, eaten: end };
  }
  return undefined;
}

/** Releases the moniker of what is not there. */
async function isThere(naming: Naming, file: FileMoniker, moniker: IMoniker): Promise<boolean> {
  let there = false;
  try {
    there = existsSync(localPath(file.path)) || (await naming.isRunning(moniker));
    return there;
  } finally {
    if (!there) moniker[Symbol.dispose]();
  }
}

/** Where the last separator before `end` stands; 0 when there is none. */
function lastSeparator(name: string, end: number): number {
  for (let at = end; at > 0; at--) if (":\\/!".includes(name.charAt(at))) return at;
  return 0;
}

/** Bind contexts with which a name is being read, and whether what was read of it can be bound. */
const reading = new WeakMap<object, { bound: boolean }>();

/**
 * What follows a moniker in a name: its object's IParseDisplayName reads it, of the class object or of the object itself. Where nobody has one, `!name` is an
 * item; another name of the system may follow one that is only a beginning (`queue:`, `session:`).
 */
export async function parseAfter(
  naming: Naming,
  moniker: IMoniker,
  context: IBindCtx,
  toLeft: IMoniker | null,
  name: string,
): Promise<{ pchEaten: number; ppmkOut: IMoniker | null }> {
  const following = implementationOf(moniker)?.leadsOn === true ? parseFollowing(naming, name) : undefined;
  if (following !== undefined) return answer(following);
  const state = reading.get(keyOf(context));
  const parser = state?.bound === false ? undefined : await parserAt(naming, moniker, context, toLeft);
  if (parser !== undefined) {
    using held = parser;
    return await held.ParseDisplayName(context, name);
  }
  // What follows something that cannot be bound cannot be bound either: it is not tried again for each item of the name.
  if (state !== undefined) state.bound = false;
  const item = /^!([^!]+)/.exec(name);
  if (item === null) throw new ComError(HResult.MK_E_SYNTAX, "nothing can follow the moniker on the left");
  return answer({
    moniker: naming.pointer(new ItemMoniker(naming, "!", item[1] ?? "")),
    eaten: item[0].length,
  });
}

function answer({ moniker, eaten }: Parsed): { pchEaten: number; ppmkOut: IMoniker } {
  return { pchEaten: eaten, ppmkOut: moniker };
}

function parseFollowing(naming: Naming, name: string): Parsed | undefined {
  const found = parseClassName(name);
  if (found === undefined) return parseSystemName(naming, name);
  return {
    moniker: naming.pointer(new ClassMoniker(naming, found.clsid, found.options)),
    eaten: found.eaten,
  };
}

/** IParseDisplayName of what a moniker names; undefined when it has none or cannot be bound. */
async function parserAt(
  naming: Naming,
  moniker: IMoniker,
  context: IBindCtx,
  toLeft: IMoniker | null,
): Promise<IParseDisplayName | undefined> {
  const file = implementationOf(moniker);
  if (file instanceof FileMoniker && toLeft === null) {
    const found = await quietly(async () => {
      const clsid = await file.classOf();
      return naming.runtime.getClassObject(clsid, IParseDisplayName);
    });
    if (found !== undefined) return found;
  }
  if (file instanceof ItemMoniker && toLeft === null) return undefined;
  return quietly(
    async () =>
      (await moniker.BindToObject(context, toLeft, IParseDisplayName.iid)) as IParseDisplayName | null,
  );
}

/** What cannot be had is not there: the name may still be a plain item. */
async function quietly<T>(ask: () => Awaitable<T | null>): Promise<T | undefined> {
  try {
    return (await ask()) ?? undefined;
  } catch {
    return undefined;
  }
}
