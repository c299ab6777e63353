import { availableParallelism } from "node:os";
import { MessageChannel } from "node:worker_threads";
import { ComError, HResult, type Logger } from "../../base/index.ts";
import { type ApartmentModel, type Leak, assertModel } from "../../com/index.ts";
import { type Oid, type Oxid, lastingCausality } from "../../dcom/index.ts";
import { type Bell, type PortLink, endBell, ring } from "../../rpc/index.ts";
import type {
  PlaceName,
  ThreadActivated,
  ThreadActivation,
  ThreadHub,
  ThreadInfo,
  ThreadInvitation,
  ThreadServices,
} from "./contract.ts";
import { DistantThread, type ThreadHost } from "./distant-thread.ts";
import { ExporterTable } from "./exporter-table.ts";
import { GlobalTable } from "./global-table.ts";
import type { PostedOptions } from "./posted-options.ts";
import { ThreadSide } from "./thread-side.ts";
import { WorkerThread } from "./worker-thread.ts";

export interface HubOptions {
  readonly home: string;
  readonly logger: Logger;
  /** Workers of the multithreaded apartment. Default: as many as there are processors. */
  readonly threads?: number | undefined;
  /** The options the threads get; throws when there are some that cannot be given to them. */
  readonly options: () => PostedOptions;
  /** A pointer of another thread was never released. */
  readonly leaked: (leak: Leak) => void;
}

/** A thread as the hub sees it: the one it lives in, or a worker. */
interface Member {
  readonly info: ThreadInfo;
  readonly services: ThreadServices;
}

/**
 * Knows all threads of a process that have objects, in the thread where the program began: starts workers, introduces threads to one another, chooses where an
 * object is made. Calls between threads do not pass through it.
 */
export class Hub implements ThreadHub, ThreadHost {
  readonly exporters: ExporterTable = new ExporterTable();
  readonly side: ThreadSide;
  readonly home: string;
  readonly logger: Logger;
  readonly leaked: (leak: Leak) => void;
  readonly #options: () => PostedOptions;
  readonly #threads: number;
  readonly #others = new Set<DistantThread>();
  /** Workers of the multithreaded apartment, those being started among them. */
  readonly #pool = new Set<Promise<WorkerThread>>();
  #host: Promise<WorkerThread> | undefined;
  readonly #global = new GlobalTable();
  #closed = false;

  constructor(options: HubOptions) {
    this.home = options.home;
    this.logger = options.logger;
    this.leaked = options.leaked;
    this.#options = options.options;
    this.#threads = Math.max(1, options.threads ?? availableParallelism());
    this.side = new ThreadSide(this, this.exporters, false);
    this.side.transport.alsoPump(() => this.#pump());
    this.side.onClose = () => this.close();
  }

  get bell(): Bell {
    return this.side.transport.bell;
  }

  /** Starts a thread of its own: a single-threaded apartment, or one more of the multithreaded apartment. */
  async open(model: ApartmentModel, name: string): Promise<WorkerThread> {
    this.#assertOpen();
    assertModel(model);
    const worker = this.#add(new WorkerThread(this, model, name, this.#options()));
    await worker.joined;
    return worker;
  }

  /** A place for a thread that the program starts itself. */
  invite(name: string): ThreadInvitation {
    this.#assertOpen();
    return this.#add(new DistantThread(this, name)).invitation;
  }

  #assertOpen(): void {
    if (this.#closed) throw new ComError(HResult.CO_E_NOTINITIALIZED, "the runtime is closed");
  }

  #add<T extends DistantThread>(thread: T): T {
    lastingCausality.wanted = true;
    this.#others.add(thread);
    return thread;
  }

  find(oxid: Oxid): Promise<ThreadInfo | undefined> {
    return Promise.resolve(this.infoOf(oxid));
  }

  leftProcess(oxid: Oxid, oid: Oid): void {
    this.#member(oxid)?.services.leftProcess(oid);
  }

  async heldBy(oxid: Oxid): Promise<readonly Oid[] | undefined> {
    const others = this.#members().filter(({ info }) => info.oxid !== oxid);
    const held = await Promise.all(
      others.map(async ({ services }) => {
        try {
          return await services.held(oxid);
        } catch (error) {
          // It has ended meanwhile; or it is not known.
          return ComError.from(error).code === HResult.RPC_E_DISCONNECTED ? [] : undefined;
        }
      }),
    );
    return held.includes(undefined) ? undefined : held.flatMap((one) => one ?? []);
  }

  infoOf(oxid: Oxid): ThreadInfo | undefined {
    return this.#member(oxid)?.info;
  }

  async introduce(oxid: Oxid): Promise<PortLink> {
    return this.introduceTo(this.side.info, oxid);
  }

  /** A port from one thread to another. */
  introduceTo(caller: ThreadInfo, oxid: Oxid): PortLink {
    const member = this.#member(oxid);
    if (member === undefined) throw new ComError(HResult.RPC_E_DISCONNECTED, "the thread has ended");
    const { port1, port2 } = new MessageChannel();
    member.services.accept({ port: port2, bell: caller.bell });
    return { port: port1, bell: member.info.bell };
  }

  async activateIn(place: PlaceName, request: ThreadActivation): Promise<ThreadActivated> {
    if (place === "main" && this.side.isSingle) return this.side.activate(request);
    const thread = place === "multi" ? await this.#leastLoaded() : await this.#hostThread();
    thread.making++;
    try {
      return await thread.activate(request);
    } finally {
      thread.making--;
    }
  }

  putGlobal(owner: Oxid, objref: Uint8Array): Promise<number> {
    return Promise.resolve(this.#global.put(owner, objref));
  }

  global(cookie: number): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.#global.get(cookie)?.objref);
  }

  removeGlobal(cookie: number): Promise<boolean> {
    const entry = this.#global.remove(cookie);
    if (entry !== undefined) this.#member(entry.owner)?.services.revokeGlobal(cookie);
    return Promise.resolve(entry !== undefined);
  }

  /** A thread has ended, with or without a word. */
  ended(thread: DistantThread): void {
    this.#others.delete(thread);
    const { oxid } = thread;
    if (oxid === undefined) return;
    this.exporters.remove(oxid);
    this.#global.forget(oxid);
    // Whoever waits for it without his event loop hears it by his bell.
    endBell(thread.info.bell);
    for (const member of this.#members()) ring(member.info.bell);
    if (this.#closed) return;
    for (const member of this.#members()) void member.services.ended(oxid).catch(() => undefined);
  }

  /** Ends every thread. */
  async close(): Promise<void> {
    this.#closed = true;
    this.side.left();
    await Promise.all(Array.from(this.#others, (thread) => thread.close()));
    endBell(this.bell); // for who comes with an invitation now
  }

  /** Threads that ask something while this one waits synchronously. */
  #pump(): boolean {
    let some = false;
    for (const thread of this.#others) if (thread.pump()) some = true;
    return some;
  }

  #members(): Member[] {
    const others = [...this.#others].filter(({ oxid }) => oxid !== undefined);
    return [
      { info: this.side.info, services: this.side },
      ...others.map((thread) => ({ info: thread.info, services: thread })),
    ];
  }

  #member(oxid: Oxid): Member | undefined {
    return this.#members().find(({ info }) => info.oxid === oxid);
  }

  /** The one of the multithreaded apartment with the fewest objects; a new one while there are not as many as there may be. */
  async #leastLoaded(): Promise<WorkerThread> {
    for (;;) {
      const running = await this.#running();
      this.#assertOpen();
      const idle = running.find((worker) => this.#load(worker) === 0);
      if (idle !== undefined) return idle;
      if (this.#pool.size < this.#threads) return this.#start();
      if (running.length === 0) continue; // others started as many as there may be, while this one waited
      return running.reduce((least, worker) => (this.#load(worker) < this.#load(least) ? worker : least));
    }
  }

  async #running(): Promise<WorkerThread[]> {
    const settled = await Promise.allSettled(this.#pool);
    return settled.flatMap((one) => (one.status === "fulfilled" && one.value.alive ? [one.value] : []));
  }

  #load(worker: WorkerThread): number {
    return worker.making + (worker.oxid === undefined ? 0 : this.exporters.objects(worker.oxid));
  }

  /** There is one: whoever comes while it is looked for, or started, waits for it. */
  #hostThread(): Promise<WorkerThread> {
    return (this.#host = this.#hostAfter(this.#host));
  }

  async #hostAfter(before: Promise<WorkerThread> | undefined): Promise<WorkerThread> {
    const host = await before?.catch(() => undefined);
    return host?.alive === true ? host : this.open("single", "host apartment");
  }

  /** One more thread of the multithreaded apartment. */
  #start(): Promise<WorkerThread> {
    const starting = this.open("multi", "multithreaded apartment");
    this.#pool.add(starting);
    const forget = (): void => void this.#pool.delete(starting);
    starting.then((worker) => worker.closed.then(forget), forget);
    return starting;
  }
}
