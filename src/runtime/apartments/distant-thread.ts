import { MessageChannel } from "node:worker_threads";
import { ComError, HResult, type Logger } from "../../base/index.ts";
import type { Leak } from "../../com/index.ts";
import type { Oid, Oxid } from "../../dcom/index.ts";
import type { Bell, PortLink } from "../../rpc/index.ts";
import type {
  PlaceName,
  ThreadActivated,
  ThreadActivation,
  ThreadHub,
  ThreadInfo,
  ThreadInvitation,
  ThreadServices,
} from "./contract.ts";
import type { ExporterTable } from "./exporter-table.ts";
import { Moved, ThreadLink } from "./thread-link.ts";

/** What another thread needs of the hub. */
export interface ThreadHost extends Omit<ThreadHub, "introduce"> {
  readonly home: string;
  readonly logger: Logger;
  readonly exporters: ExporterTable;
  /** Of the thread the hub lives in. */
  readonly bell: Bell;
  infoOf(oxid: Oxid): ThreadInfo | undefined;
  introduceTo(caller: ThreadInfo, oxid: Oxid): PortLink;
  leaked(leak: Leak): void;
  ended(thread: DistantThread): void;
}

/** Milliseconds a thread has to give back what it holds when it is to end. */
const patience = 5000;

/** Another thread of the process as the hub sees it. By itself: one that the program started and that was invited. */
export class DistantThread implements ThreadServices {
  readonly name: string;
  /** To be posted to the thread. */
  readonly invitation: ThreadInvitation;
  /** Resolves once it has joined the machine; rejects with what kept it from it. */
  readonly joined: Promise<void>;
  /** Resolves when it has ended, however. */
  readonly closed: Promise<void>;
  /** Activations under way. */
  making = 0;
  protected readonly host: ThreadHost;
  protected readonly link: ThreadLink;
  /** The end was asked for. */
  protected closing = false;
  #ended = false;
  #info: ThreadInfo | undefined;
  #joined!: () => void;
  #failed!: (reason: unknown) => void;
  #closed!: () => void;

  constructor(host: ThreadHost, name: string) {
    this.host = host;
    this.name = name;
    const { port1, port2 } = new MessageChannel();
    const { home, exporters, bell } = host;
    this.invitation = { home, name, exporters: exporters.memory, bell, port: port2 };
    this.joined = new Promise((resolve, reject) => {
      this.#joined = resolve;
      this.#failed = reject;
    });
    this.joined.catch(() => undefined);
    this.closed = new Promise((resolve) => (this.#closed = resolve));
    this.link = new ThreadLink(port1, this.#handlers(), () => this.linkClosed());
  }

  #handlers(): ConstructorParameters<typeof ThreadLink>[1] {
    const { host, name } = this;
    return {
      joined: (info: ThreadInfo) => {
        this.#info = info;
        this.link.bell = info.bell;
        this.#joined();
      },
      hello: () => true,
      failed: ({ code, description }: { code: number; description: string }) =>
        this.failed(new ComError(code, description)),
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
      leak: (leak: Leak) => host.leaked(leak),
      log: ({ level, fields, message }: { level: keyof Logger; fields: object; message: string }) =>
        host.logger[level]({ ...fields, thread: name }, message),
    };
  }

  get alive(): boolean {
    return !this.#ended && !this.closing;
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
    this.link.notify("accept", { port, bell }, [port]);
  }

  async activate(request: ThreadActivation): Promise<ThreadActivated> {
    return (await this.link.request("activate", request)) as ThreadActivated;
  }

  revokeGlobal(cookie: number): void {
    this.link.notify("revokeGlobal", cookie);
  }

  leftProcess(oid: Oid): void {
    this.link.notify("leftProcess", oid);
  }

  async held(oxid: Oxid): Promise<readonly Oid[] | undefined> {
    return (await this.link.request("held", oxid)) as readonly Oid[] | undefined;
  }

  async ended(oxid: Oxid): Promise<void> {
    await this.link.request("ended", oxid);
  }

  /** Deals with its questions without the event loop. */
  pump(): boolean {
    return this.link.pump();
  }

  /** Lets it give back what it holds, then lets it go. */
  async close(): Promise<void> {
    if (!this.closing) {
      this.closing = true;
      if (this.#info === undefined) this.link.close();
      else void this.link.request("close", undefined).catch(() => undefined);
    }
    const timer = setTimeout(() => void this.cut(), patience);
    await this.closed;
    clearTimeout(timer);
  }

  /** The thread does not answer, or need not be asked. */
  protected cut(): void | Promise<void> {
    this.link.close();
  }

  /** All there is to tell that an invited thread has ended. */
  protected linkClosed(): void {
    this.hasEnded("has left");
  }

  protected failed(error: unknown): void {
    this.#failed(ComError.from(error));
  }

  protected hasEnded(how: string): void {
    if (this.#ended) return;
    this.#ended = true;
    this.link.close();
    this.#failed(
      new ComError(HResult.RPC_E_SERVER_DIED, `the thread "${this.name}" ${how} before it had begun`),
    );
    this.host.ended(this);
    this.#closed();
  }
}
