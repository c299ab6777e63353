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
  RunningLine,
  RunningLines,
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
/** How long a question waits for the next SCM, milliseconds. */
const mostWaiting = 15_000;

/**
 * A process's standing with its machine's SCM, over the SCM's life: when it dies, the link joins the next one with the same OXID and OIDs and registers the same
 * classes, so that references and clients live through it.
 */
export class MachineLink implements AsyncDisposable {
  readonly #options: MachineLinkOptions;
  readonly #classes = new Map<number, { readonly registration: ClassRegistration; cookie: number }>();
  readonly #running = new Map<number, RunningLine>();
  #session: ExporterSession;
  #nextClass = 1;
  #disposed = false;
  #retry: Disposable | undefined;
  /** When every process that lives has joined the SCM that we joined again. */
  #complete = 0;
  /** While no SCM is there: what waits for the next one. */
  readonly #waiting = new Set<() => void>();

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

  /**
   * Where an exporter of this machine is. While the SCM is being replaced, the next one is asked; what it does not know in its first seconds may be a
   * process that has yet to join it.
   */
  async resolve(oxid: Oxid): Promise<ResolvedOxid | undefined> {
    const { clock } = this.#options;
    for (;;) {
      const found = await this.#ask((session) => session.resolve(oxid));
      if (found !== undefined || this.#disposed || clock.monotonic() >= this.#complete) return found;
      await new Promise<void>((resolve) => clock.after(firstPause, resolve));
    }
  }

  /** Serves a class; the cookie stays good when the SCM is replaced. */
  async registerClass(registration: ClassRegistration): Promise<number> {
    const cookie = await this.#ask((session) => session.registerClass(registration));
    const entry = { registration, cookie };
    const id = this.#nextClass++;
    this.#classes.set(id, entry);
    return id;
  }

  async revokeClass(id: number): Promise<void> {
    const entry = this.#classes.get(id);
    if (entry === undefined) return;
    this.#classes.delete(id);
    const session = this.#session;
    try {
      await session.revokeClass(entry.cookie);
    } catch (error) {
      if (!(await isOver(session))) throw error; // an SCM that is gone serves no class; the next one is not told of it
    }
  }

  async resumeClasses(): Promise<void> {
    for (const [id, { registration, cookie }] of this.#classes) {
      this.#classes.set(id, { registration: { ...registration, suspended: false }, cookie });
    }
    await this.#ask((session) => session.resumeClasses());
  }

  /** A line of the Running Object Table; it stands in the next SCM's, too. Answers whether the name was there already. */
  async registerRunning(line: RunningLine): Promise<boolean> {
    const duplicate = await this.#ask((session) => runningOf(session).register(line));
    this.#running.set(line.line, line);
    return duplicate;
  }

  async noteRunning(line: number, changed: bigint): Promise<void> {
    const before = this.#running.get(line);
    if (before === undefined) return;
    this.#running.set(line, { ...before, changed });
    await this.#ask((session) => runningOf(session).note(line, changed));
  }

  async revokeRunning(line: number): Promise<void> {
    if (!this.#running.delete(line)) return;
    const session = this.#session;
    try {
      await runningOf(session).revoke(line);
    } catch (error) {
      if (!(await isOver(session))) throw error; // the next SCM is not told of it
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    this.#retry?.[Symbol.dispose]();
    this.#wake();
    await this.#session[Symbol.asyncDispose]();
  }

  /** Asks the SCM; when it goes away over the question, the next one is asked. Only for what may be asked twice. */
  async #ask<T>(question: (session: ExporterSession) => Promise<T>): Promise<T> {
    for (;;) {
      const session = this.#session;
      try {
        return await question(session);
      } catch (error) {
        if (this.#disposed || !(await isOver(session))) throw error;
        await this.#rejoined(session);
        if (this.#session === session) throw error; // there was no next one in time
      }
    }
  }

  /** Resolves when another session takes this one's place, or it is not worth waiting any more. */
  #rejoined(session: ExporterSession): Promise<void> {
    if (this.#session !== session) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(mostWaiting, () => done());
      const done = (): void => {
        timer[Symbol.dispose]();
        this.#waiting.delete(done);
        resolve();
      };
      this.#waiting.add(done);
    });
  }

  #wake(): void {
    for (const done of this.#waiting) done();
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
    const before = this.#session;
    this.#retry = clock.after(pause, () => {
      this.#join().catch((error: unknown) => {
        logger.debug({ error }, "no SCM answers yet");
        // Once it has joined, the end of that session leads here again.
        if (!this.#disposed && this.#session === before) this.#rejoin(Math.min(longestPause, pause * 2));
      });
    });
  }

  async #join(): Promise<void> {
    const { resolver, registration, exporter, rejoined, clock } = this.#options;
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
    this.#complete = clock.monotonic() + longestPause + firstPause;
    this.#watch(session);
    await this.#registerAgain(session);
    await this.#runAgain(session);
    rejoined(session);
    this.#wake();
  }

  async #runAgain(session: ExporterSession): Promise<void> {
    for (const line of Array.from(this.#running.values())) {
      if (!this.#running.has(line.line)) continue; // revoked meanwhile
      try {
        await session.running?.register(line);
        if (!this.#running.has(line.line)) await session.running?.revoke(line.line);
      } catch (error) {
        this.#options.logger.warn({ error }, "a running object could not be named to the next SCM");
      }
    }
  }

  async #registerAgain(session: ExporterSession): Promise<void> {
    const ids = Array.from(this.#classes.keys());
    for (const id of ids) {
      const before = this.#classes.get(id);
      if (before === undefined) continue; // revoked meanwhile
      try {
        const cookie = await session.registerClass(before.registration);
        const now = this.#classes.get(id);
        if (now === undefined) await session.revokeClass(cookie);
        else now.cookie = cookie;
      } catch (error) {
        this.#options.logger.warn({ error }, "a class could not be registered with the next SCM");
      }
    }
  }
}

function runningOf({ running }: ExporterSession): RunningLines {
  if (running !== undefined) return running;
  throw new ComError(HResult.E_NOTIMPL, "this machine has no Running Object Table");
}

/** Whether a session has ended; a request learns it a moment before the session tells. */
async function isOver(session: ExporterSession): Promise<boolean> {
  const soon = new Promise<boolean>((resolve) => setImmediate(resolve, false));
  return Promise.race([session.closed.then(() => true), soon]);
}
