import { ComError, HResult, filetimeOf, splitFiletime, joinFiletime } from "../base/index.ts";
import { IExternalConnection, type IEnumMoniker, IMoniker, IRunningObjectTable } from "../com/gen/objidl.ts";
import type { FILETIME } from "../com/gen/wtypesbase.ts";
import {
  IUnknown,
  type Implements,
  type RunningName,
  type RunningObjects,
  type RunningRegistration,
  identityOf,
  isPointer,
  remoteObjectOf,
  withStatus,
} from "../com/index.ts";
import { LocalRunningObjects } from "./local-running-objects.ts";
import { implementationOf, needed, optional, status } from "./moniker.ts";
import type { Naming } from "./naming.ts";

/** ROTFLAGS_*. */
const keepsAlive = 1;
const allowAnyClient = 2;

/** What asking for comparison data fails with when there is none, or too much. */
const cannotBeThere: ReadonlySet<number> = new Set([
  HResult.E_NOTIMPL,
  HResult.E_NOINTERFACE,
  HResult.E_OUTOFMEMORY,
]);

/** MKRREDUCE_ALL. */
const reduceAll = 0;

interface Line {
  readonly registration: RunningRegistration;
  /** Gives back what the line holds. */
  readonly release: () => void;
}

/**
 * The Running Object Table as this runtime's objects see it (GetRunningObjectTable): the table itself is the machine's, shared by its processes; without a way
 * out of the process it is this runtime's own. Cookies are good for the runtime that registered.
 */
export class RunningObjectTable implements Implements<IRunningObjectTable> {
  static readonly interfaces: readonly object[] = [IRunningObjectTable];
  readonly #naming: Naming;
  readonly #lines = new Map<number, Line>();
  #local: LocalRunningObjects | undefined;
  #nextCookie = 1;

  constructor(naming: Naming) {
    this.#naming = naming;
  }

  async Register(
    grfFlags: number,
    punkObject: IUnknown | null,
    pmkObjectName: IMoniker | null,
  ): Promise<number> {
    if ((grfFlags & ~(keepsAlive | allowAnyClient)) !== 0)
      throw new ComError(HResult.E_INVALIDARG, `flags ${grfFlags} of a running object`);
    const object = needed(punkObject, "an object");
    using moniker = await this.#reduced(needed(pmkObjectName, "a moniker"));
    const name = await this.#describe(moniker);
    const cookie = this.#nextCookie++;
    const kept = this.#naming.again(moniker);
    const held = holdObject(this.#naming, object, (grfFlags & keepsAlive) !== 0);
    const release = (): void => {
      kept[Symbol.dispose]();
      held.release();
    };
    try {
      const registration = await this.#table.register({
        ...name,
        anyClient: (grfFlags & allowAnyClient) !== 0,
        object: held.object,
        moniker: () => kept,
      });
      this.#lines.set(cookie, { registration, release });
      held.whenGone(() => this.#gone(cookie));
      return registration.duplicate ? withStatus(HResult.MK_S_MONIKERALREADYREGISTERED, cookie) : cookie;
    } catch (error) {
      release();
      throw error;
    }
  }

  async Revoke(dwRegister: number): Promise<void> {
    const line = this.#line(dwRegister);
    this.#lines.delete(dwRegister);
    line.release();
    await line.registration.revoke();
  }

  async IsRunning(pmkObjectName: IMoniker | null): Promise<void> {
    return status(await this.isRunning(needed(pmkObjectName, "a moniker")));
  }

  async GetObject(pmkObjectName: IMoniker | null): Promise<IUnknown> {
    const found = await this.find(needed(pmkObjectName, "a moniker"));
    if (found !== undefined) return found;
    throw new ComError(HResult.MK_E_UNAVAILABLE, "no object runs under that name");
  }

  async NoteChangeTime(dwRegister: number, pfiletime: FILETIME): Promise<void> {
    await this.#line(dwRegister).registration.note(joinFiletime(pfiletime));
  }

  async GetTimeOfLastChange(pmkObjectName: IMoniker | null): Promise<FILETIME> {
    const time = await this.changed(needed(pmkObjectName, "a moniker"));
    if (time !== undefined) return splitFiletime(time);
    throw new ComError(HResult.MK_E_UNAVAILABLE, "no object runs under that name");
  }

  async EnumRunning(): Promise<IEnumMoniker> {
    const list: IMoniker[] = [];
    try {
      for (const one of await this.#table.all()) {
        const moniker = await this.#monikerOf(one);
        if (moniker !== undefined) list.push(moniker);
      }
    } catch (error) {
      for (const one of list) one[Symbol.dispose]();
      throw error;
    }
    return this.#naming.enumerator(list);
  }

  async isRunning(moniker: IMoniker): Promise<boolean> {
    using reduced = await this.#reduced(moniker);
    const key = await this.#keyOf(reduced);
    return key !== undefined && (await this.#table.isRunning(key));
  }

  /** The object under a name; the caller owns the pointer. */
  async find(moniker: IMoniker): Promise<IUnknown | undefined> {
    using reduced = await this.#reduced(moniker);
    const key = await this.#keyOf(reduced);
    return key === undefined ? undefined : this.#table.object(key);
  }

  async changed(moniker: IMoniker): Promise<bigint | undefined> {
    using reduced = await this.#reduced(moniker);
    const key = await this.#keyOf(reduced);
    return key === undefined ? undefined : this.#table.changed(key);
  }

  get #table(): RunningObjects {
    return this.#naming.runtime.running ?? (this.#local ??= new LocalRunningObjects(this.#naming));
  }

  #line(cookie: number): Line {
    const line = this.#lines.get(cookie);
    if (line !== undefined) return line;
    throw new ComError(HResult.E_INVALIDARG, `no running object has the cookie ${cookie}`);
  }

  /** An object that nothing kept alive has ended: its line goes with it. */
  #gone(cookie: number): void {
    const line = this.#lines.get(cookie);
    if (line === undefined) return;
    this.#lines.delete(cookie);
    line.release();
    line.registration.revoke().catch((error: unknown) => {
      this.#naming.runtime.logger.warn(
        { error },
        "a running object that ended could not be taken out of the table",
      );
    });
  }

  /** The caller owns the result. */
  async #reduced(moniker: IMoniker): Promise<IMoniker> {
    // Those of the system that could be reduced are composites; the others are what they are.
    const known = implementationOf(moniker);
    if (known !== undefined && !("parts" in known)) return this.#naming.again(moniker);
    using context = this.#naming.bindContext();
    const { ppmkReduced } = await moniker.Reduce(context, reduceAll, null);
    return ppmkReduced ?? this.#naming.again(moniker);
  }

  /** Undefined for a moniker that cannot be in the table: without comparison data or a name, or with too much of it. */
  async #keyOf(moniker: IMoniker): Promise<Uint8Array | undefined> {
    try {
      return await this.#naming.comparisonKey(moniker);
    } catch (error) {
      if (cannotBeThere.has(ComError.from(error).code)) return undefined;
      throw error;
    }
  }

  async #describe(moniker: IMoniker): Promise<{
    readonly key: Uint8Array;
    readonly name: string;
    readonly saved?: Uint8Array;
    readonly changed: bigint;
  }> {
    using context = this.#naming.bindContext();
    const key = await this.#naming.comparisonKey(moniker);
    const saved = await quietly(() => this.#naming.bytesOf(moniker));
    return {
      key,
      name: (await quietly(async () => moniker.GetDisplayName(context, null))) ?? "",
      ...(saved === undefined ? {} : { saved }),
      changed: await this.#timeOf(moniker),
    };
  }

  async #timeOf(moniker: IMoniker): Promise<bigint> {
    using context = this.#naming.bindContext();
    const time = await quietly(async () => moniker.GetTimeOfLastChange(context, null));
    return time === undefined ? filetimeOf(this.#naming.runtime.clock.now()) : joinFiletime(time);
  }

  /** From its saved form where that is enough, else from the process that registered it; undefined when neither can be had. */
  async #monikerOf(line: RunningName): Promise<IMoniker | undefined> {
    const { saved } = line;
    if (saved !== undefined) {
      const loaded = await quietly(() => this.#naming.fromBytes(saved));
      if (loaded !== undefined) return loaded;
    }
    const pointer = await line.moniker();
    if (pointer === undefined) return undefined;
    using held = pointer;
    return optional(() => held.QueryInterface(IMoniker));
  }
}

async function quietly<T>(ask: () => Promise<T | null>): Promise<T | undefined> {
  try {
    return (await ask()) ?? undefined;
  } catch {
    return undefined;
  }
}

/** What a line holds of its object. */
interface Held {
  readonly object: () => object | undefined;
  readonly release: () => void;
  readonly whenGone: (action: () => void) => void;
}

/** A strong line keeps its object alive. A weak one only follows it, and ends with it; of an object elsewhere it holds the pointer all the same. */
function holdObject(naming: Naming, object: IUnknown, strong: boolean): Held {
  const elsewhere = remoteObjectOf(object) !== undefined;
  if (strong || elsewhere) {
    const pointer = naming.again(object);
    const disconnect = elsewhere ? undefined : connect(pointer);
    const release = (): void => {
      disconnect?.();
      pointer[Symbol.dispose]();
    };
    return { object: () => pointer, release, whenGone: () => undefined };
  }
  const identity = identityOf(object);
  return {
    object: () => identity.object,
    release: () => undefined,
    whenGone: (action) => identity.atEnd(action),
  };
}

/** EXTCONN_STRONG. */
const strongConnection = 1;

/** Tells an object that counts its strong connections (IExternalConnection) of one more; answers what tells it that this one is over. */
function connect(object: IUnknown): (() => void) | undefined {
  const target = identityOf(object).peek(IExternalConnection.iid)?.target;
  if (target === undefined) return undefined;
  const counting = target as IExternalConnection;
  void counting.AddConnection(strongConnection, 0);
  return () => void counting.ReleaseConnection(strongConnection, 0, 1);
}

/** A new pointer to what a line names: of an implementation object, or of a pointer. */
export function pointerOf(naming: Naming, object: object): IUnknown {
  return isPointer(object) ? naming.again(object) : naming.runtime.pointerTo(object, IUnknown);
}
