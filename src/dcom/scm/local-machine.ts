import { ComError, HResult, type Logger, silentLogger } from "../../base/index.ts";
import { asSelf } from "../../com/index.ts";
import type {
  ExporterCalls,
  ExporterRegistration,
  ExporterSession,
  MachineResolver,
  Oxid,
} from "../resolver-contract.ts";
import type { TraceEvent, TraceRequest } from "../observe/event-trace.ts";
import { connectScm } from "./connect.ts";
import type { MachineNetwork, ScmClient } from "./local/client.ts";
import type { LinkRequestOptions } from "./local/link.ts";
import type { LocalActivated, LocalActivation } from "./local/messages.ts";
import type { ListedRunning } from "./local/running-messages.ts";
import type { MachineSnapshot } from "./snapshot.ts";

export interface LocalMachineOptions {
  readonly home: string;
  readonly logger?: Logger;
  /**
   * Opens an SCM inside this process when none runs for the home; closed with this object. Without it a machine without SCM is an error.
   */
  readonly hold?: () => Promise<AsyncDisposable>;
}

/** How often a question is asked again. */
const askAgain = 5;

/**
 * This process's way to the SCM of its machine, whichever process holds it: connects when first needed, and to the next one when it dies.
 */
export class LocalMachine implements MachineResolver, AsyncDisposable {
  readonly #options: LocalMachineOptions;
  #client: Promise<ScmClient> | undefined;
  #held: AsyncDisposable | undefined;
  #disposed = false;

  constructor(options: LocalMachineOptions) {
    this.#options = options;
  }

  /** True while this process holds the machine's SCM inside itself. */
  get holds(): boolean {
    return this.#held !== undefined;
  }

  async join(registration: ExporterRegistration, exporter: ExporterCalls): Promise<ExporterSession> {
    return this.#ask((client) => client.join(registration, exporter));
  }

  /**
   * A class object or an instance from a server of this machine; the SCM launches what is needed. An SCM that dies with the answer is asked again: then the server
   * may have made an object that nobody holds, which it releases as any other.
   */
  async activate(request: LocalActivation, options?: LinkRequestOptions): Promise<LocalActivated> {
    return this.#ask((client) => client.activate(request, options));
  }

  /** Where the machine listens for others, and what they call it. */
  async network(options?: LinkRequestOptions): Promise<MachineNetwork> {
    return this.#ask((client) => client.network(options));
  }

  /** The machine at this moment. */
  async snapshot(options?: LinkRequestOptions): Promise<MachineSnapshot> {
    return this.#ask((client) => client.snapshot(options));
  }

  /** The last events of a process of the machine; `keep` turns its trace on or off. */
  trace(oxid: Oxid, request: TraceRequest, options?: LinkRequestOptions): Promise<TraceEvent[]> {
    return this.#ask((client) => client.trace(oxid, request, options));
  }

  /** When the object that runs under a name changed last (a FILETIME number); undefined when none does. */
  async runningChanged(key: Uint8Array): Promise<bigint | undefined> {
    return this.#ask((client) => client.runningChanged(key));
  }

  /** A reference to the object that runs under a name; undefined when none does. */
  async runningObject(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#ask((client) => client.runningObject(key));
  }

  /** A reference to the moniker of a line of the Running Object Table. */
  async runningMoniker(id: number): Promise<Uint8Array | undefined> {
    return this.#ask((client) => client.runningMoniker(id));
  }

  /** The Running Object Table. */
  async runningList(): Promise<readonly ListedRunning[]> {
    return this.#ask((client) => client.runningList());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const client = await this.#client?.catch(() => undefined);
    await client?.[Symbol.asyncDispose]();
    await this.#held?.[Symbol.asyncDispose]();
    this.#held = undefined;
  }

  /** Asks what may be asked twice: an SCM that ends under a question is followed by the next one, which can answer it. */
  async #ask<T>(question: (client: ScmClient) => Promise<T>): Promise<T> {
    for (let left = askAgain; ; left--) {
      const client = await this.#connected();
      try {
        return await question(client);
      } catch (error) {
        if (left === 0 || client.connected || this.#disposed) throw error;
      }
    }
  }

  async #connected(): Promise<ScmClient> {
    if (this.#disposed) throw new ComError(HResult.CO_E_NOTINITIALIZED, "the runtime is closed");
    const connecting = (this.#client ??= this.#connect());
    const client = await connecting;
    if (client.connected) return client;
    if (this.#client === connecting) this.#client = undefined; // somebody may be connecting again already
    return this.#connected();
  }

  async #connect(): Promise<ScmClient> {
    const { home, logger = silentLogger, hold } = this.#options;
    try {
      return await asSelf(() => connectScm(home, { logger, ...(hold && { hold: () => this.#hold(hold) }) }));
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }

  async #hold(open: () => Promise<AsyncDisposable>): Promise<void> {
    const before = this.#held;
    this.#held = undefined;
    await before?.[Symbol.asyncDispose](); // ours, but nobody reaches it any more
    this.#held = await open();
  }
}
