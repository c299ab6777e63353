import { readdirSync } from "node:fs";
import { join } from "node:path";
import { ComError, type Guid, GUID_NULL, HResult, hresultFromWin32 } from "../base/index.ts";
import { type IBindCtx, IClassActivator, type IMoniker, IROTData, MKSYS } from "../com/gen/objidl.ts";
import { type IUnknown, type Implements, contractOf } from "../com/index.ts";
import type { Awaitable } from "../ndr/index.ts";
import { type BindOptions, bindOptions, createOptions } from "./bind-context.ts";
import { MonikerClass } from "./clsids.ts";
import { type Moniker, needed } from "./moniker.ts";
import type { Naming } from "./naming.ts";
import { TextMoniker } from "./text-moniker.ts";
import { upper, utf16z } from "./text.ts";

/**
 * Names a queue that calls are recorded for: `queue:Key=Value,…/`, on the left of `new:`. Parsed, shown and saved; the queues themselves are a later part.
 */
export class QueueMoniker extends TextMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = MonikerClass.queue;

  override get leadsOn(): boolean {
    return true;
  }

  GetDisplayName(): string {
    return `queue:${this.text}/`;
  }

  override BindToObject(): never {
    throw new ComError(
      HResult.E_NOTIMPL,
      "queued components are not there yet: the name can be read and kept, not bound",
    );
  }
}

/** A beginning of a name that says where, or with which rights, the object on its right is made. */
interface Prefix {
  /** What ends its own part of the name. */
  readonly end: string;
  readonly kind: number;
  /** What its own part must look like. */
  readonly form: RegExp;
  /** Throws where this process cannot make objects there. */
  readonly check: (text: string, options: BindOptions, naming: Naming) => void;
}

/** ERROR_CTX_WINSTATION_NOT_FOUND. */
const noSuchSession: number = hresultFromWin32(7022);

/** The partition that every machine has and every class is in. */
const basePartition = "41e90f3e-56c1-4633-81c3-6e8bac8bdd70";

/** Names that begin with these words, and what binding them asks for. */
export const prefixes: Readonly<Record<string, Prefix>> = {
  session: {
    end: "!",
    kind: MKSYS.MKSYS_SESSIONMONIKER,
    form: /^(?:\d{1,10}|console)$/i,
    check: checkSession,
  },
  elevation: {
    end: "!",
    kind: MKSYS.MKSYS_NONE,
    form: /^(?:administrator|highest)$/i,
    check: checkElevation,
  },
  partition: { end: "/", kind: MKSYS.MKSYS_NONE, form: /^\{[\da-f-]{36}\}$/i, check: checkPartition },
  soap: { end: "", kind: MKSYS.MKSYS_NONE, form: /./, check: refuseSoap },
};

/** The machine's one session: a home belongs to one person, and is number 1, at the console. */
function checkSession(text: string, { server }: BindOptions): void {
  if (server.machine === undefined && (Number(text) === 1 || /^console$/i.test(text))) return;
  const where = server.machine === undefined ? "this machine" : server.machine;
  throw new ComError(
    noSuchSession,
    `${where} has no session ${text} to choose: a machine's home is one session, number 1, the console's`,
    { gate: "session" },
  );
}

/** A process is not raised above its account: what has the rights already makes the object, nothing else does. */
function checkElevation(text: string, { server }: BindOptions, naming: Naming): void {
  const elsewhere = server.machine !== undefined;
  if (!elsewhere && (/^highest$/i.test(text) || naming.elevated())) return;
  const why = elsewhere
    ? "rights are not raised on another machine"
    : "this process has no administrator's rights";
  throw new ComError(
    HResult.CO_E_ELEVATION_DISABLED,
    `${why}, and a name does not raise them: start the program as an administrator`,
    { gate: "elevation" },
  );
}

function checkPartition(text: string): void {
  if (text.slice(1, -1).toLowerCase() === basePartition) return;
  throw new ComError(
    HResult.E_NOTIMPL,
    `classes are not divided into partitions: only the base partition {${basePartition.toUpperCase()}} is there`,
  );
}

function refuseSoap(): never {
  throw new ComError(HResult.E_NOTIMPL, "SOAP services are not spoken to");
}

/** Whether this process has an administrator's rights. */
export function isElevated(): boolean {
  if (process.geteuid !== undefined) return process.geteuid() === 0;
  try {
    // Only administrators with raised rights may look in here.
    readdirSync(join(process.env["SystemRoot"] ?? "C:\\Windows", "System32", "config"));
    return true;
  } catch {
    return false;
  }
}

/** `Session:1!…`, `Elevation:Administrator!…`, `partition:{GUID}/…`: bound to what makes objects there (IClassActivator), for the moniker on the right. */
export class PrefixMoniker extends TextMoniker {
  static override readonly interfaces: readonly object[] = [IROTData];
  readonly clsid: Guid = GUID_NULL;
  readonly #scheme: string;
  readonly #prefix: Prefix;

  constructor(naming: Naming, scheme: string, prefix: Prefix, text: string) {
    super(naming, text);
    this.#scheme = scheme;
    this.#prefix = prefix;
  }

  override get kind(): number {
    return this.#prefix.kind;
  }

  override GetClassID(): never {
    throw new ComError(HResult.E_NOTIMPL, `a name that begins with ${this.#scheme}: is not saved`);
  }

  override save(): void {
    this.GetClassID();
  }

  protected override comparisonData(): Uint8Array {
    return utf16z(upper(this.GetDisplayName()));
  }

  protected override equals(other: Moniker): boolean {
    return other instanceof PrefixMoniker && upper(other.GetDisplayName()) === upper(this.GetDisplayName());
  }

  override get leadsOn(): boolean {
    return true;
  }

  GetDisplayName(): string {
    return `${this.#scheme}:${this.text}${this.#prefix.end}`;
  }

  override async BindToObject(
    pbc: IBindCtx | null,
    pmkToLeft: IMoniker | null,
    riidResult: Guid,
  ): Promise<IUnknown | null> {
    const context = needed(pbc, "a bind context");
    // Several prefixes: each has its say.
    const left = await pmkToLeft?.BindToObject(context, null, IClassActivator.iid);
    left?.[Symbol.dispose]();
    const options = await bindOptions(context);
    this.#prefix.check(this.text, options, this.naming);
    using made = this.naming.runtime.pointerTo(new Activator(this.naming, options), IClassActivator);
    return await this.naming.query(made, riidResult);
  }

  override BindToStorage(): never {
    throw new ComError(HResult.MK_E_NOSTORAGE, `${this.GetDisplayName().slice(0, 200)} names no storage`);
  }
}

/** Makes class objects with the options of a binding. */
class Activator implements Implements<IClassActivator> {
  static readonly interfaces: readonly object[] = [IClassActivator];
  readonly #naming: Naming;
  readonly #options: BindOptions;

  constructor(naming: Naming, options: BindOptions) {
    this.#naming = naming;
    this.#options = options;
  }

  GetClassObject(rclsid: Guid, dwClassContext: number, locale: number, riid: Guid): Awaitable<IUnknown> {
    const { runtime } = this.#naming;
    const options = createOptions({ ...this.#options, context: dwClassContext, locale });
    return runtime.getClassObject(rclsid, contractOf(riid, runtime), options);
  }
}
