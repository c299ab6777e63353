import { MessageChannel, Worker } from "node:worker_threads";
import { ComError, HResult, type Logger } from "../../base/index.ts";
import type { ApartmentModel, Credentials } from "../../com/index.ts";
import type { Oid, Oxid } from "../../dcom/index.ts";
import type { Bell, PortLink } from "../../rpc/index.ts";
import type {
  PlaceName,
  ThreadActivated,
  ThreadActivation,
  ThreadHub,
  ThreadInfo,
  ThreadServices,
  ThreadStart,
} from "./contract.ts";
import type { ExporterTable } from "./exporter-table.ts";
import { Moved, ThreadLink } from "./thread-link.ts";

/** What a worker needs of the hub. */
export interface WorkerHost extends Omit<ThreadHub, "introduce"> {
  readonly home: string;
  readonly logger: Logger;
  readonly queuedCalls: number | undefined;
  readonly credentials: Credentials | undefined;
  readonly leaks: boolean;
  readonly exporters: ExporterTable;
  /** Of the thread the hub lives in. */
  readonly bell: Bell;
  infoOf(oxid: Oxid): ThreadInfo | undefined;
  introduceTo(caller: ThreadInfo, oxid: Oxid): PortLink;
  ended(worker: WorkerThread): void;
}

/** Milliseconds a worker has to give back what it holds when it is to end. */
const patience = 5000;

/** A worker thread as the thread that started it sees it. */
export class WorkerThread implements ThreadServices {
  readonly model: ApartmentModel;
  readonly name: string;
  /** Resolves once it has joined the machine; rejects with what kept it from it. */
  readonly joined: Promise<void>;
  /** Resolves when it has ended, however. */
  readonly closed: Promise<void>;
  /** Activations under way. */
  making = 0;
  /** The end was asked for. */
  #closing = false;
  #ended = false;
  readonly #worker: Worker;
  readonly #link: ThreadLink;
  #info: ThreadInfo | undefined;

  constructor(host: WorkerHost, model: ApartmentModel, name: string) {
    this.model = model;
    this.name = name;
    const { port1, port2 } = new MessageChannel();
    const { home, queuedCalls, credentials, leaks, exporters, bell } = host;
    const start: ThreadStart = {
      model,
      home,
      name,
      queuedCalls,
      credentials,
      leaks,
      exporters: exporters.memory,
      bell,
      hub: port2,
    };
    const { COMITY_LAUNCH: _, ...environment } = process.env; // one launch is joined by one exporter
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), {
      name,
      workerData: start,
      transferList: [port2],
      env: environment,
    });
    let joined = (): void => undefined;
    let failed: (reason: unknown) => void = () => undefined;
    this.joined = new Promise((resolve, reject) => {
      joined = resolve;
      failed = reject;
    });
    this.joined.catch(() => undefined);
    this.#link = new ThreadLink(
      port1,
      {
        joined: (info: ThreadInfo) => {
          this.#info = info;
          this.#link.bell = info.bell;
          joined();
        },
        find: (oxid: Oxid) => host.infoOf(oxid),
        leftProcess: ({ oxid, oid }: { oxid: Oxid; oid: Oid }) => host.leftProcess(oxid, oid),
        heldBy: (oxid: Oxid) => host.heldBy(oxid),
        introduce: (oxid: Oxid) => {
          const link = host.introduceTo(this.info, oxid);
          return new Moved(link, [link.port]);
        },
        activateIn: ({ place, request }: { place: PlaceName; request: ThreadActivation }) =>
          host.activateIn(place, request),
        putGlobal: (objref: Uint8Array) => host.putGlobal(this.info.oxid, objref),
        global: (cookie: number) => host.global(cookie),
        removeGlobal: (cookie: number) => host.removeGlobal(cookie),
        log: ({ level, fields, message }: { level: keyof Logger; fields: object; message: string }) =>
          host.logger[level]({ ...fields, thread: name }, message),
      },
      () => undefined,
    );
    this.#worker.on("error", (error: unknown) => {
      host.logger.error({ error, thread: name }, `the thread "${name}" failed`);
      failed(ComError.from(error));
    });
    this.closed = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        this.#ended = true;
        this.#link.close();
        failed(
          new ComError(
            HResult.RPC_E_SERVER_DIED,
            `the thread "${name}" ended with ${code} before it had begun`,
          ),
        );
        if (!this.#closing)
          host.logger.warn({ thread: name, code }, `the thread "${name}" has ended by itself`);
        host.ended(this);
        resolve();
      });
    });
  }

  get alive(): boolean {
    return !this.#ended && !this.#closing;
  }

  /** undefined until it has joined. */
  get oxid(): Oxid | undefined {
    return this.#info?.oxid;
  }

  get info(): ThreadInfo {
    if (this.#info !== undefined) return this.#info;
    throw new ComError(HResult.CO_E_NOTINITIALIZED, "the thread has not joined its machine yet");
  }

  accept({ port, bell }: PortLink): void {
    this.#link.notify("accept", { port, bell }, [port]);
  }

  async activate(request: ThreadActivation): Promise<ThreadActivated> {
    return (await this.#link.request("activate", request)) as ThreadActivated;
  }

  revokeGlobal(cookie: number): void {
    this.#link.notify("revokeGlobal", cookie);
  }

  leftProcess(oid: Oid): void {
    this.#link.notify("leftProcess", oid);
  }

  async held(oxid: Oxid): Promise<readonly Oid[] | undefined> {
    return (await this.#link.request("held", oxid)) as readonly Oid[] | undefined;
  }

  async ended(oxid: Oxid): Promise<void> {
    await this.#link.request("ended", oxid);
  }

  /** Imports a module in the thread and calls its default export. */
  async run(module: string, args: readonly unknown[]): Promise<unknown> {
    return this.#link.request("run", { module, args });
  }

  /** Deals with its questions without the event loop. */
  pump(): boolean {
    return this.#link.pump();
  }

  /** Lets it give back what it holds, then ends it. */
  async close(): Promise<void> {
    if (!this.#closing) {
      this.#closing = true;
      void this.#link.request("close", undefined).catch(() => undefined);
    }
    const timer = setTimeout(() => void this.#worker.terminate(), patience);
    await this.closed;
    clearTimeout(timer);
  }

  /** Ends it at once. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
    await this.closed;
  }
}
