import { Worker } from "node:worker_threads";
import type { ApartmentModel } from "../../com/index.ts";
import type { ThreadStart } from "./contract.ts";
import { DistantThread, type ThreadHost } from "./distant-thread.ts";
import type { PostedOptions } from "./posted-options.ts";

/** A worker thread with an apartment as the thread that started it sees it. */
export class WorkerThread extends DistantThread {
  readonly model: ApartmentModel;
  readonly #worker: Worker;

  constructor(host: ThreadHost, model: ApartmentModel, name: string, options: PostedOptions) {
    super(host, name);
    this.model = model;
    const { invitation } = this;
    const start: ThreadStart = { invitation, model, options };
    const { COMITY_LAUNCH: _, ...environment } = process.env; // one launch is joined by one exporter
    this.#worker = new Worker(new URL("./worker.js", import.meta.url), {
      name,
      workerData: start,
      transferList: [invitation.port],
      env: environment,
    });
    this.#worker.on("error", (error: unknown) => {
      host.logger.error({ error, thread: name }, `the thread "${name}" failed`);
      this.failed(error);
    });
    this.#worker.once("exit", (code) => {
      if (!this.closing) host.logger.warn({ thread: name, code }, `the thread "${name}" has ended by itself`);
      this.hasEnded(`ended with ${code}`);
    });
  }

  /** Imports a module in the thread and calls its default export. */
  async run(module: string, args: readonly unknown[]): Promise<unknown> {
    return this.link.request("run", { module, args });
  }

  /** Ends it at once. */
  async terminate(): Promise<void> {
    await this.#worker.terminate();
    await this.closed;
  }

  protected override async cut(): Promise<void> {
    await this.#worker.terminate();
  }

  /** It ends with its exit. */
  protected override linkClosed(): void {
    return undefined;
  }
}
