import type { Duplex } from "node:stream";
import { ComError, HResult, type Logger, silentLogger } from "../../../base/index.ts";
import { encodeFrame, FrameReader } from "./frames.ts";
import { Fields } from "./fields.ts";

/** Answers one request or hears one notice of the other side. */
export type LinkHandler = (params: Fields) => unknown;

export interface LinkOptions {
  /** By name of the message. */
  readonly handlers: Readonly<Record<string, LinkHandler>>;
  readonly logger?: Logger;
  /** Runs once when the other side is gone; outstanding requests have been rejected by then. */
  readonly onClose?: (error: ComError | undefined) => void;
}

export interface LinkRequestOptions {
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; without it the request waits as long as the link lives. */
  readonly timeout?: number | undefined;
}

interface Waiting {
  readonly method: string;
  resolve(value: Fields): void;
  reject(error: unknown): void;
}

/**
 * One connection between a process and the machine's service control manager: requests, answers and notices in both directions.
 * A lost connection is how each side learns that the other one died.
 */
export class LocalLink {
  readonly #socket: Duplex;
  readonly #handlers: Readonly<Record<string, LinkHandler>>;
  readonly #logger: Logger;
  readonly #onClose: ((error: ComError | undefined) => void) | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #frames = new FrameReader();
  #next = 1;
  #closed = false;

  constructor(socket: Duplex, options: LinkOptions) {
    this.#socket = socket;
    this.#handlers = options.handlers;
    this.#logger = options.logger ?? silentLogger;
    this.#onClose = options.onClose;
    socket.on("data", (chunk: Buffer) => this.#receive(chunk));
    socket.on("error", (error) => this.#end(ComError.from(error, HResult.RPC_E_CONNECTION_TERMINATED)));
    socket.on("end", () => this.#end(undefined));
    socket.on("close", () => this.#end(undefined));
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Asks and waits for the answer. Rejects with the other side's ComError, or RPC_E_CONNECTION_TERMINATED when it goes away. */
  async request(method: string, params: object, options: LinkRequestOptions = {}): Promise<Fields> {
    if (this.#closed) throw gone(method);
    options.signal?.throwIfAborted();
    const id = this.#next++;
    const answer = new Promise<Fields>((resolve, reject) =>
      this.#waiting.set(id, { method, resolve, reject }),
    );
    const stop = this.#watch(id, method, options);
    try {
      this.#send({ id, method, params });
      return await answer;
    } finally {
      stop();
      this.#waiting.delete(id);
    }
  }

  /** Tells, without an answer. A closed link swallows it: the other side forgets us anyway. */
  notify(method: string, params: object): void {
    if (!this.#closed) this.#send({ method, params });
  }

  /** Ends the connection; what is outstanding is rejected. */
  close(): void {
    this.#socket.end();
    this.#end(undefined);
  }

  #watch(id: number, method: string, options: LinkRequestOptions): () => void {
    const { signal, timeout } = options;
    const abort = (): void =>
      this.#waiting.get(id)?.reject(ComError.from(signal?.reason, HResult.RPC_E_CALL_CANCELED));
    signal?.addEventListener("abort", abort, { once: true });
    const timer =
      timeout === undefined
        ? undefined
        : setTimeout(() => {
            const message = `no answer to ${method} within ${timeout} ms`;
            this.#waiting
              .get(id)
              ?.reject(new ComError(HResult.RPC_E_TIMEOUT, message, { where: "local link" }));
          }, timeout);
    return () => {
      signal?.removeEventListener("abort", abort);
      clearTimeout(timer);
    };
  }

  #send(message: object): void {
    this.#socket.write(encodeFrame(message));
  }

  #receive(chunk: Buffer): void {
    try {
      for (const message of this.#frames.push(chunk)) this.#dispatch(message);
    } catch (error) {
      const reason = ComError.from(error);
      this.#logger.warn({ code: reason.code }, `local link closed: ${reason.message}`);
      this.#socket.destroy();
      this.#end(reason);
    }
  }

  #dispatch(message: {
    id?: unknown;
    method?: unknown;
    params?: unknown;
    result?: unknown;
    error?: unknown;
  }): void {
    const { id, method } = message;
    if (typeof method === "string") {
      void this.#handle(typeof id === "number" ? id : undefined, method, message.params);
      return;
    }
    const waiting = typeof id === "number" ? this.#waiting.get(id) : undefined;
    if (waiting === undefined) return; // timed out or cancelled meanwhile
    if (message.error !== undefined) waiting.reject(decodeError(message.error));
    else waiting.resolve(new Fields(message.result, waiting.method));
  }

  async #handle(id: number | undefined, method: string, params: unknown): Promise<void> {
    try {
      const handler = Object.hasOwn(this.#handlers, method) ? this.#handlers[method] : undefined;
      if (handler === undefined)
        throw new ComError(HResult.RPC_E_INVALIDMETHOD, `there is no local message ${method}`);
      const result = await handler(new Fields(params, method));
      if (id !== undefined && !this.#closed) this.#send({ id, result: result ?? {} });
    } catch (error) {
      const reason = ComError.from(error);
      if (id === undefined)
        this.#logger.warn({ method, code: reason.code }, `local notice failed: ${reason.message}`);
      else if (!this.#closed) this.#send({ id, error: encodeError(reason) });
    }
  }

  #end(error: ComError | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const [id, waiting] of this.#waiting) {
      this.#waiting.delete(id);
      waiting.reject(error ?? gone(waiting.method));
    }
    this.#onClose?.(error);
  }
}

function gone(method: string): ComError {
  return new ComError(HResult.RPC_E_CONNECTION_TERMINATED, `the other end of the local link is gone`, {
    where: `local link: ${method}`,
  });
}

/** A failure as the link carries it. */
function encodeError(error: ComError): object {
  return {
    code: error.code,
    description: error.info.description ?? error.message,
    source: error.info.source,
    gate: error.gate,
    where: error.where,
  };
}

/** The failure of {@link encodeError}. */
function decodeError(value: unknown): ComError {
  const fields = new Fields(value, "error");
  const text = (name: string): string | undefined => {
    const field = fields.raw(name);
    return typeof field === "string" ? field : undefined;
  };
  const code = fields.raw("code");
  return new ComError(typeof code === "number" ? code : HResult.E_FAIL, text("description"), {
    source: text("source"),
    gate: text("gate"),
    where: text("where"),
    remote: true,
  });
}
