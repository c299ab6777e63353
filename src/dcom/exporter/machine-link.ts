import { type Clock, ComError, HResult, type Logger } from "../../base/index.ts";
import type { DualStringArray } from "../dual-string-array.ts";
import type {
  ClassRegistration,
  ExporterCalls,
  ExporterRegistration,
  ExporterSession,
  MachineResolver,
  Oid,
  Oxid,
  ResolvedOxid,
} from "../resolver-contract.ts";

export interface MachineLinkOptions {
  readonly resolver: MachineResolver;
  readonly registration: ExporterRegistration;
  readonly exporter: ExporterCalls;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Joined again after the SCM was gone: what it must be told anew. */
  readonly rejoined: (session: ExporterSession) => void;
}

const firstPause = 250;
const longestPause = 10_000;

/**
 * A process's standing with its machine's SCM, over the SCM's life: when it dies, the link joins the next one with the same OXID and OIDs and registers the same
 * classes, so that references and clients live through it.
 */
export class MachineLink implements AsyncDisposable {
  readonly #options: MachineLinkOptions;
  readonly #classes = new Map<number, { readonly registration: ClassRegistration; cookie: number }>();
  #session: ExporterSession;
  #nextClass = 1;
  #disposed = false;
  #retry: Disposable | undefined;

  private constructor(options: MachineLinkOptions, session: ExporterSession) {
    this.#options = options;
    this.#session = session;
    this.#watch(session);
  }

  static async join(options: MachineLinkOptions): Promise<MachineLink> {
    return new MachineLink(options, await options.resolver.join(options.registration, options.exporter));
  }

  get oxid(): Oxid {
    return this.#session.oxid;
  }

  get oidPrefix(): number {
    return this.#session.oidPrefix;
  }

  get resolverBindings(): DualStringArray {
    return this.#session.resolverBindings;
  }

  get pingPeriod(): number {
    return this.#session.pingPeriod;
  }

  exported(oids: readonly Oid[], within?: number): void {
    this.#session.exported(oids, within);
  }

  withdrawn(oids: readonly Oid[]): void {
    this.#session.withdrawn(oids);
  }

  references(resolver: DualStringArray, added: readonly Oid[], dropped: readonly Oid[]): void {
    this.#session.references(resolver, added, dropped);
  }

  resolve(oxid: Oxid): Promise<ResolvedOxid | undefined> {
    return this.#session.resolve(oxid);
  }

  /** Serves a class; the cookie stays good when the SCM is replaced. */
  async registerClass(registration: ClassRegistration): Promise<number> {
    const entry = { registration, cookie: await this.#session.registerClass(registration) };
    const id = this.#nextClass++;
    this.#classes.set(id, entry);
    return id;
  }

  async revokeClass(id: number): Promise<void> {
    const entry = this.#classes.get(id);
    if (entry === undefined) return;
    this.#classes.delete(id);
    await this.#session.revokeClass(entry.cookie);
  }

  async resumeClasses(): Promise<void> {
    for (const [id, { registration, cookie }] of this.#classes) {
      this.#classes.set(id, { registration: { ...registration, suspended: false }, cookie });
    }
    await this.#session.resumeClasses();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#retry?.[Symbol.dispose]();
    await this.#session[Symbol.asyncDispose]();
  }

  #watch(session: ExporterSession): void {
    void session.closed.then(() => this.#lost());
  }

  #lost(): void {
    if (this.#disposed) return;
    this.#options.logger.warn({}, "the SCM of this machine is gone; joining the next one");
    this.#rejoin(firstPause);
  }

  #rejoin(pause: number): void {
    const { clock, logger } = this.#options;
    this.#retry = clock.after(pause, () => {
      this.#join().catch((error: unknown) => {
        logger.debug({ error }, "no SCM answers yet");
        if (!this.#disposed) this.#rejoin(Math.min(longestPause, pause * 2));
      });
    });
  }

  async #join(): Promise<void> {
    const { resolver, registration, exporter, rejoined } = this.#options;
    const { oxid, oidPrefix } = this.#session;
    const session = await resolver.join({ ...registration, resume: { oxid, oidPrefix } }, exporter);
    if (this.#disposed) {
      await session[Symbol.asyncDispose]();
      return;
    }
    if (session.oxid !== oxid) {
      // References that carry the old one cannot be resolved any more; those in use go on over their connections.
      const error = new ComError(HResult.CO_E_OBJNOTREG, "the OXID of this process was given to another");
      this.#options.logger.warn({ error }, "the SCM knows this process by another OXID now");
    }
    this.#session = session;
    this.#watch(session);
    for (const entry of this.#classes.values())
      entry.cookie = await session.registerClass(entry.registration);
    rejoined(session);
  }
}
