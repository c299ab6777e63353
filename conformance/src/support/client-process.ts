import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import type { Answer, ClientOptions, Command } from "./client-messages.js";

const program = fileURLToPath(new URL("../subject/client.js", import.meta.url));

type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;

/** A client in a process of its own, which can be killed. Closing it kills it when it has not ended yet. */
export class ClientProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  readonly #waiting = new Map<number, { resolve(value: number): void; reject(error: Error): void }>();
  #next = 1;

  constructor() {
    this.#child = spawn(process.execPath, ["--enable-source-maps", program], {
      stdio: ["ignore", "inherit", "inherit", "ipc"],
      serialization: "advanced",
    });
    this.#exited = once(this.#child, "exit").then(() => this.#ended());
    this.#child.on("message", (answer) => this.#answered(answer as Answer));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async open(options: ClientOptions): Promise<this> {
    await this.#tell({ kind: "open", options });
    return this;
  }

  spawn(count: number): Promise<number> {
    return this.#tell({ kind: "spawn", count });
  }

  call(): Promise<number> {
    return this.#tell({ kind: "call" });
  }

  /** Gives everything back and ends. */
  async close(): Promise<void> {
    await this.#tell({ kind: "close" }).catch(() => undefined); // it may have ended before it answered
    await this.#exited;
  }

  /** kill -9: nothing is given back. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  #tell(command: WithoutId<Command>): Promise<number> {
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ ...command, id });
    });
  }

  #answered({ id, value, error }: Answer): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (value === undefined) waiting?.reject(new Error(`client ${this.pid}: ${error}`));
    else waiting?.resolve(value);
  }

  #ended(): void {
    for (const waiting of this.#waiting.values()) waiting.reject(new Error(`client ${this.pid} has ended`));
    this.#waiting.clear();
  }
}
