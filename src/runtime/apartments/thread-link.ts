import { type MessagePort, type Transferable, receiveMessageOnPort } from "node:worker_threads";
import { ComError, HResult } from "../../base/index.ts";
import { type Bell, ring } from "../../rpc/index.ts";

/** Answers a request of the other thread. What it answers is posted: plain data, or {@link Moved}. */
export type ThreadHandler = (params: never) => unknown;

/** An answer with something that moves to the other thread. */
export class Moved {
  readonly value: unknown;
  readonly list: readonly Transferable[];

  constructor(value: unknown, list: readonly Transferable[]) {
    this.value = value;
    this.list = list;
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: unknown;
  readonly result?: unknown;
  readonly error?: Failure;
}

/** A ComError as it is posted. */
interface Failure {
  readonly code: number;
  readonly description: string | undefined;
  readonly gate: string | undefined;
  readonly where: string | undefined;
}

interface Waiting {
  resolve(value: unknown): void;
  reject(error: ComError): void;
}

/** Questions, answers and notices between a thread and the one that introduces threads to one another. Calls to objects do not go this way. */
export class ThreadLink {
  readonly #port: MessagePort;
  readonly #handlers: Readonly<Record<string, ThreadHandler>>;
  readonly #waiting = new Map<number, Waiting>();
  #next = 1;
  #closed = false;

  /** The bell of the other thread, once it is known: it may be waiting without its event loop. */
  bell: Bell | undefined;

  constructor(port: MessagePort, handlers: Readonly<Record<string, ThreadHandler>>, closed: () => void) {
    this.#port = port;
    this.#handlers = handlers;
    port.on("message", (message: Message) => this.#receive(message));
    port.on("close", () => {
      this.#closed = true;
      for (const waiting of this.#waiting.values()) waiting.reject(gone());
      this.#waiting.clear();
      closed();
    });
  }

  /** True once the other thread has ended, or this one closed the link. */
  get closed(): boolean {
    return this.#closed;
  }

  /** Rejects with the other thread's ComError, or RPC_E_DISCONNECTED when it ends. */
  request(method: string, params: unknown, list: readonly Transferable[] = []): Promise<unknown> {
    if (this.#closed) return Promise.reject(gone());
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      this.#post({ id, method, params }, list); // throws for what cannot be posted
      this.#waiting.set(id, { resolve, reject });
    });
  }

  /** Deals with what has arrived by now, without the event loop; answers whether there was something. */
  pump(): boolean {
    let some = false;
    for (let found = receiveMessageOnPort(this.#port); found; found = receiveMessageOnPort(this.#port)) {
      some = true;
      this.#receive(found.message as Message);
    }
    return some;
  }

  notify(method: string, params: unknown, list: readonly Transferable[] = []): void {
    if (!this.#closed) this.#post({ method, params }, list);
  }

  close(): void {
    this.#port.close();
  }

  #receive(message: Message): void {
    const { id, method, params } = message;
    if (method !== undefined) {
      this.#answer(id, method, params);
      return;
    }
    const waiting = this.#waiting.get(id as number);
    this.#waiting.delete(id as number);
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(decode(message.error));
  }

  #post(message: Message, list: readonly Transferable[]): void {
    this.#port.postMessage(message, list);
    if (this.bell !== undefined) ring(this.bell);
  }

  /** What can be answered at once, is: the other thread may wait for it without its event loop. */
  #answer(id: number | undefined, method: string, params: unknown): void {
    try {
      const handler = this.#handlers[method];
      if (handler === undefined) throw new ComError(HResult.RPC_E_INVALIDMETHOD, `threads know no ${method}`);
      const result = (handler as (given: unknown) => unknown)(params);
      if (result instanceof Promise) {
        result.then(
          (value) => this.#succeeded(id, value),
          (error: unknown) => this.#failed(id, error),
        );
      } else this.#succeeded(id, result);
    } catch (error) {
      this.#failed(id, error);
    }
  }

  #succeeded(id: number | undefined, result: unknown): void {
    if (id === undefined || this.#closed) return;
    try {
      if (result instanceof Moved) this.#post({ id, result: result.value }, result.list);
      else this.#post({ id, result }, []);
    } catch (error) {
      this.#failed(id, error); // what cannot be posted
    }
  }

  #failed(id: number | undefined, error: unknown): void {
    if (id === undefined || this.#closed) return;
    this.#post({ id, error: encode(ComError.from(error)) }, []);
  }
}

function gone(): ComError {
  return new ComError(HResult.RPC_E_DISCONNECTED, "the thread has ended");
}

function encode(error: ComError): Failure {
  return {
    code: error.code,
    description: error.info.description ?? error.message,
    gate: error.gate,
    where: error.where,
  };
}

function decode({ code, description, gate, where }: Failure): ComError {
  return new ComError(code, description, { gate, where, remote: true });
}
