import { ComError, type Guid, HResult } from "../base/index.ts";
import { type BIND_OPTS2, IBindCtx, IEnumString, type IRunningObjectTable } from "../com/gen/objidl.ts";
import { IOleContainer } from "../com/gen/oleidl.ts";
import {
  ClassContext,
  type CreateOptions,
  IUnknown,
  type Implements,
  type ServerInfo,
  identityOf,
  isSameObject,
  pointerTo,
  remoteObjectOf,
} from "../com/index.ts";
import { StringEnumerator } from "./enumerators.ts";
import { needed } from "./moniker.ts";
import type { Naming } from "./naming.ts";

/** What a binding is done with (BIND_OPTS, BIND_OPTS2, BIND_OPTS3). */
export interface BindOptions {
  /** BIND_FLAGS: 1 MAYBOTHERUSER, 2 JUSTTESTEXISTENCE. Default 0. */
  readonly flags: number;
  /** STGM_*: how storage is opened. Default: read and write. */
  readonly mode: number;
  /** Milliseconds the caller would like it to take at most; 0: as long as it takes. */
  readonly deadline: number;
  /** SLR_*: for links that are looked for. */
  readonly trackFlags: number;
  /** CLSCTX_*: where servers may run. */
  readonly context: number;
  readonly locale: number;
  /** Where objects are made (COSERVERINFO). Default: this machine. */
  readonly server: ServerInfo;
}

const STGM_READWRITE = 2;

export const defaultBindOptions: BindOptions = {
  flags: 0,
  mode: STGM_READWRITE,
  deadline: 0,
  trackFlags: 0,
  context: ClassContext.INPROC_SERVER | ClassContext.LOCAL_SERVER | ClassContext.REMOTE_SERVER,
  locale: 0x409,
  server: {},
};

/** Sizes of the three forms of options: the first stops before the tracking flags. */
const sizes = { first: 16, smallest: 16, largest: 48 } as const;

/** Holds what a binding is done with and what it found on the way (CreateBindCtx). Bound objects are kept until it is released. */
export class BindContext implements Implements<IBindCtx> {
  static readonly interfaces: readonly object[] = [IBindCtx];
  readonly #naming: Naming;
  readonly #bound: IUnknown[] = [];
  readonly #parameters = new Map<string, IUnknown>();
  options: BindOptions;

  constructor(naming: Naming, options: Partial<BindOptions> = {}) {
    this.#naming = naming;
    this.options = { ...defaultBindOptions, ...options };
  }

  RegisterObjectBound(punk: IUnknown | null): void {
    if (punk === null) return;
    this.#room(this.#bound.length);
    this.#bound.push(this.#naming.again(punk));
  }

  RevokeObjectBound(punk: IUnknown | null): void {
    const object = needed(punk, "an object");
    const at = this.#bound.findIndex((one) => isSameObject(one, object));
    const [found] = at < 0 ? [] : this.#bound.splice(at, 1);
    if (found === undefined) throw new ComError(HResult.MK_E_NOTBOUND, "the object was not bound");
    found[Symbol.dispose]();
  }

  ReleaseBoundObjects(): void {
    for (const one of this.#bound.splice(0)) one[Symbol.dispose]();
  }

  SetBindOptions(pbindopts: BIND_OPTS2): void {
    const { cbStruct } = pbindopts;
    if (cbStruct < sizes.smallest || cbStruct > sizes.largest)
      throw new ComError(HResult.E_INVALIDARG, `bind options of ${cbStruct} bytes`);
    const { grfFlags: flags, grfMode: mode, dwTickCountDeadline: deadline } = pbindopts;
    this.options = { ...this.options, flags, mode, deadline };
    if (cbStruct > sizes.first) this.options = { ...this.options, ...extended(pbindopts) };
  }

  GetBindOptions(pbindopts: BIND_OPTS2): BIND_OPTS2 {
    const { flags, mode, deadline, trackFlags, context, locale, server } = this.options;
    const asked = pbindopts.cbStruct;
    const { machine } = server;
    return {
      cbStruct: asked < sizes.smallest || asked > sizes.largest ? sizes.largest : asked,
      grfFlags: flags,
      grfMode: mode,
      dwTickCountDeadline: deadline,
      dwTrackFlags: trackFlags,
      dwClassContext: context,
      locale,
      pServerInfo:
        machine === undefined ? null : { dwReserved1: 0, pwszName: machine, pAuthInfo: null, dwReserved2: 0 },
    };
  }

  GetRunningObjectTable(): IRunningObjectTable {
    return this.#naming.runningObjectTable();
  }

  RegisterObjectParam(pszKey: string, punk: IUnknown | null): void {
    const object = needed(punk, "an object");
    const before = this.#parameters.get(pszKey);
    if (before === undefined) this.#room(this.#parameters.size);
    this.#parameters.set(pszKey, this.#naming.again(object));
    before?.[Symbol.dispose]();
  }

  GetObjectParam(pszKey: string): IUnknown {
    const found = this.#parameters.get(pszKey);
    if (found === undefined) throw new ComError(HResult.E_FAIL, `no object is registered as "${pszKey}"`);
    return this.#naming.again(found);
  }

  EnumObjectParam(): IEnumString {
    return this.#naming.runtime.pointerTo(
      new StringEnumerator(Array.from(this.#parameters.keys())),
      IEnumString,
    );
  }

  RevokeObjectParam(pszKey: string): void {
    const found = this.#parameters.get(pszKey);
    if (found === undefined) throw new ComError(HResult.E_FAIL, `no object is registered as "${pszKey}"`);
    this.#parameters.delete(pszKey);
    found[Symbol.dispose]();
  }

  finalRelease(): void {
    this.ReleaseBoundObjects();
    for (const one of this.#parameters.values()) one[Symbol.dispose]();
    this.#parameters.clear();
  }

  #room(count: number): void {
    const { maxBound } = this.#naming.limits;
    if (count >= maxBound)
      throw new ComError(HResult.E_OUTOFMEMORY, `a bind context holds ${maxBound} objects`);
  }
}

function extended(options: BIND_OPTS2): Partial<BindOptions> {
  const { dwTrackFlags: trackFlags, dwClassContext: context, locale, pServerInfo } = options;
  const machine = pServerInfo?.pwszName ?? undefined;
  return { trackFlags, context, locale, server: machine === undefined ? {} : { machine } };
}

/** The options of any bind context; those of one of this process with the credentials that never leave it. */
export async function bindOptions(context: IBindCtx): Promise<BindOptions> {
  if (remoteObjectOf(context) === undefined) {
    const { object } = identityOf(context);
    if (object instanceof BindContext) return object.options;
  }
  const blank: BIND_OPTS2 = {
    cbStruct: sizes.largest,
    grfFlags: 0,
    grfMode: 0,
    dwTickCountDeadline: 0,
    dwTrackFlags: 0,
    dwClassContext: 0,
    locale: 0,
    pServerInfo: null,
  };
  const got = await context.GetBindOptions(blank);
  const { grfFlags: flags, grfMode: mode, dwTickCountDeadline: deadline } = got;
  return { ...defaultBindOptions, flags, mode, deadline, ...extended(got) };
}

/** What an activation on behalf of a binding is asked with. */
export function createOptions({ context, server }: BindOptions): CreateOptions {
  return server.machine === undefined
    ? { context, ...server }
    : { context: context & ClassContext.REMOTE_SERVER || ClassContext.REMOTE_SERVER, ...server };
}

/** How much time an item may take: INDEFINITE, MODERATE or IMMEDIATE (BINDSPEED), by the deadline. */
export async function bindSpeed(context: IBindCtx): Promise<number> {
  const { deadline } = await bindOptions(context);
  if (deadline === 0) return 1;
  return deadline < 2500 ? 3 : 2;
}

/** An interface of what was bound; the bind context keeps it too. */
export async function bound(
  naming: Naming,
  context: IBindCtx,
  object: IUnknown,
  iid: Guid,
): Promise<IUnknown> {
  const result = await naming.query(object, iid);
  try {
    await context.RegisterObjectBound(result);
  } catch (error) {
    result[Symbol.dispose]();
    throw error;
  }
  return result;
}

/** Keeps a container running until the bind context lets go of what was bound (IOleContainer::LockContainer). */
export async function lockContainer(
  context: IBindCtx,
  container: IOleContainer,
  naming: Naming,
): Promise<void> {
  await container.LockContainer(1);
  const lock = new ContainerLock(naming.again(container));
  using held = pointerTo(lock, IUnknown, naming.runtime);
  await context.RegisterObjectBound(held);
}

/** Bound in a bind context beside what its container answered. */
class ContainerLock {
  static readonly interfaces: readonly object[] = [];
  readonly #container: IOleContainer;

  constructor(container: IOleContainer) {
    this.#container = container;
  }

  async finalRelease(): Promise<void> {
    try {
      await this.#container.LockContainer(0);
    } finally {
      this.#container[Symbol.dispose]();
    }
  }
}
