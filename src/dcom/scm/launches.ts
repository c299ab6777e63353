import { type Clock, ComError, type Guid, HResult, type Logger } from "../../base/index.ts";
import { CrashLimit } from "./crash-limit.ts";
import {
  type Launch,
  type Launched,
  type LaunchExit,
  type LaunchSpec,
  startFailure,
  startTimeout,
} from "./launcher.ts";

export interface LaunchesOptions {
  readonly launch: Launch;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly launchTimeout: number;
  readonly crashLimit: number;
  readonly crashWindow: number;
  readonly maxLaunches: number;
  /** Most activations that wait for a start or for its turn; default 1024. */
  readonly maxWaiting?: number;
}

/** Most activations that wait for programs to start. Stops clients from piling up requests faster than programs can start. */
const defaultMaxWaiting = 1024;

/** Milliseconds between the end of a program's link and the news of its end. */
const untilKnown = 1000;

/** One program on its way to serve. */
interface Pending {
  readonly key: string;
  readonly name: string;
  readonly launched: Launched;
  /** Who waits, by the class that must be registered. */
  readonly waiting: Map<Guid, ((error: ComError | undefined) => void)[]>;
  readonly timer: Disposable;
  /** Classes it has registered: with one it is a server, whatever else fails. */
  readonly registered: Set<Guid>;
}

/**
 * The launches under way: activations that need the same program wait for one start of it; a program that fails at start again and again
 * is left alone for a while.
 */
export class Launches {
  readonly #options: LaunchesOptions;
  readonly #starts: CrashLimit;
  readonly #crashes: CrashLimit;
  readonly #byKey = new Map<string, Pending>();
  readonly #byToken = new Map<string, Pending>();
  /** The programs that live, and those that ended a moment ago. */
  readonly #living = new Map<string, Launched>();
  readonly #queue: { readonly start: () => void; readonly give: (error: ComError) => void }[] = [];
  #waiting = 0;

  constructor(options: LaunchesOptions) {
    this.#options = options;
    const { clock, crashLimit, crashWindow } = options;
    this.#starts = new CrashLimit(clock, crashLimit, crashWindow, "failed at start");
    this.#crashes = new CrashLimit(clock, crashLimit, crashWindow, "crashed while it served");
  }

  /** Programs being started now. */
  get size(): number {
    return this.#byToken.size;
  }

  /**
   * Starts the program of `key`, or joins a start under way, and resolves when it has registered `clsid`. Rejects with
   * CO_E_SERVER_EXEC_FAILURE when it ends before, stays silent for too long, or failed too often lately. `share: false` always starts
   * another program (a class of single use). Rejects with RPC_S_SERVER_TOO_BUSY when too many wait already.
   */
  async start(key: string, clsid: Guid, spec: LaunchSpec, share = true): Promise<void> {
    if (this.#waiting >= (this.#options.maxWaiting ?? defaultMaxWaiting)) {
      const message = `${this.#waiting} activations wait for programs to start: ${spec.name} must be asked for again later`;
      throw new ComError(HResult.RPC_S_SERVER_TOO_BUSY, message, { gate: "launch queue" });
    }
    this.#waiting++;
    try {
      await this.#start(key, clsid, spec, share);
    } finally {
      this.#waiting--;
    }
  }

  async #start(key: string, clsid: Guid, spec: LaunchSpec, share: boolean): Promise<void> {
    for (;;) {
      const pending = share ? this.#byKey.get(key) : undefined;
      if (pending !== undefined) return this.#wait(pending, clsid);
      this.#starts.check(key, spec.name);
      this.#crashes.check(key, spec.name);
      if (this.#byToken.size < this.#options.maxLaunches) break;
      await new Promise<void>((start, give) => this.#queue.push({ start, give }));
    }
    return this.#wait(this.#launch(key, spec), clsid);
  }

  /** A program with this token has registered a class that can be used; a `surrogate` serves every class that is waited for. */
  registered(token: string, clsid: Guid, surrogate = false): void {
    const pending = this.#byToken.get(token);
    if (pending === undefined) return;
    pending.registered.add(clsid);
    // Whoever comes from now on finds the class registered, or needs another program.
    if (this.#byKey.get(pending.key) === pending) this.#byKey.delete(pending.key);
    this.#starts.succeeded(pending.key);
    const served = surrogate ? [...pending.waiting.keys()] : [clsid];
    const waiting = served.flatMap((one) => pending.waiting.get(one) ?? []);
    for (const one of served) pending.waiting.delete(one);
    if (pending.waiting.size === 0) this.#finish(pending);
    for (const wake of waiting) wake(undefined);
  }

  /** How the program of a token crashed; undefined when it lives, ended in order, or is not one of ours. Takes a moment: the link ends before the program. */
  async crashOf(token: string | undefined): Promise<LaunchExit | undefined> {
    const launched = token === undefined ? undefined : this.#living.get(token);
    if (launched === undefined) return undefined;
    const exit = await new Promise<LaunchExit | undefined>((resolve) => {
      const timer = this.#options.clock.after(untilKnown, () => resolve(undefined));
      void launched.exited.then(resolve).finally(() => timer[Symbol.dispose]());
    });
    return exit !== undefined && crashed(exit) ? exit : undefined;
  }

  /** Fails everything that waits; programs under way are left to themselves. */
  close(): void {
    const closing = new ComError(HResult.CO_E_SERVER_STOPPING, "the service control manager is closing");
    for (const { give } of this.#queue.splice(0)) give(closing);
    for (const pending of this.#byToken.values()) this.#fail(pending, closing);
  }

  #launch(key: string, spec: LaunchSpec): Pending {
    const { launch, clock, launchTimeout, logger } = this.#options;
    const launched = launch(spec);
    logger.info({ pid: launched.pid, command: spec.command }, `launched the server of ${spec.name}`);
    const pending: Pending = {
      key,
      name: spec.name,
      launched,
      waiting: new Map(),
      timer: clock.after(launchTimeout, () => this.#timedOut(pending)),
      registered: new Set(),
    };
    this.#byKey.set(key, pending);
    this.#byToken.set(launched.token, pending);
    this.#living.set(launched.token, launched);
    void launched.exited.then((exit) => this.#ended(pending, exit));
    return pending;
  }

  #wait(pending: Pending, clsid: Guid): Promise<void> {
    return new Promise((resolve, reject) => {
      const list = pending.waiting.get(clsid) ?? [];
      list.push((error) => (error === undefined ? resolve() : reject(error)));
      pending.waiting.set(clsid, list);
    });
  }

  #timedOut(pending: Pending): void {
    const { launched, registered, name } = pending;
    const output = launched.output();
    if (registered.size === 0) launched.kill();
    this.#failed(pending, startTimeout(name, this.#options.launchTimeout, output, registered));
  }

  #ended(pending: Pending, exit: LaunchExit): void {
    const { token } = pending.launched;
    this.#options.clock.after(untilKnown, () => this.#living.delete(token));
    if (this.#byToken.get(token) === pending) return this.#failed(pending, startFailure(pending.name, exit));
    if (pending.registered.size > 0 && crashed(exit)) this.#crashed(pending, exit);
  }

  /** It served and died: whoever called it knows (RPC_E_SERVER_DIED), the next activation starts it again, within limits. */
  #crashed({ key, name, launched }: Pending, exit: LaunchExit): void {
    this.#crashes.failed(key);
    const { code, signal, output } = exit;
    const printed = output === "" ? "" : `; it printed:\n${output}`;
    this.#options.logger.error(
      { pid: launched.pid, code, signal },
      `the server of ${name} crashed with ${signal ?? `exit code ${code}`} while it served${printed}`,
    );
  }

  #failed(pending: Pending, error: ComError): void {
    this.#starts.failed(pending.key);
    this.#options.logger.error({ code: error.code }, error.message);
    this.#fail(pending, error);
  }

  #fail(pending: Pending, error: ComError): void {
    this.#finish(pending);
    for (const waiting of pending.waiting.values()) for (const wake of waiting) wake(error);
    pending.waiting.clear();
  }

  #finish(pending: Pending): void {
    pending.timer[Symbol.dispose]();
    this.#byToken.delete(pending.launched.token);
    if (this.#byKey.get(pending.key) === pending) this.#byKey.delete(pending.key);
    this.#queue.shift()?.start();
  }
}

/** A server told to stop ends by a signal as well; that is no crash. */
function crashed({ code, signal, error }: LaunchExit): boolean {
  if (error !== undefined) return false; // it never ran
  return signal === undefined ? code !== 0 : signal !== "SIGTERM" && signal !== "SIGINT";
}
