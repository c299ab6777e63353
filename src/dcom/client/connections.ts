import { type Clock, ComError, HResult, type Limits, type Logger } from "../../base/index.ts";
import {
  Association,
  type RpcEndpoint,
  type SyntaxId,
  type Transport,
  formatEndpoint,
} from "../../rpc/index.ts";
import { type CallSecurity, unprotected } from "./security.ts";

export interface ConnectionOptions {
  readonly transports: readonly Transport[];
  readonly limits: Limits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds for one attempt to connect to one address. */
  readonly connectTimeout: number;
  /** Milliseconds for a call that names no timeout of its own; none by default. */
  readonly callTimeout?: number | undefined;
  /** Encodings offered, the preferred one first; default: NDR 2.0 and NDR64. */
  readonly transferSyntaxes?: readonly SyntaxId[];
  /** Milliseconds an unused connection stays open for the next reference to the same process. */
  readonly linger: number;
}

/** A connection with its users counted. */
export interface Line {
  readonly association: Association;
  readonly security: CallSecurity;
  /** False once the connection is gone. A plain field, because every call looks at it. */
  open: boolean;
  users: number;
}

interface Slot {
  line: Line | undefined;
  pending: Promise<Line> | undefined;
  /** When the next attempt may be made after failed ones, and how long to wait after it. */
  retryAt: number;
  backoff: number;
  failure: ComError | undefined;
  closing: Disposable | undefined;
}

const firstBackoff = 100;
const longestBackoff = 10_000;
/** Milliseconds an address has to answer before the next one is tried beside it. */
const patience = 1000;

/**
 * One connection per endpoint and security, shared by all references that lead there. After a failed attempt the next one waits, longer each time; calls made
 * meanwhile fail at once with the same error, so a dead server costs its clients nothing.
 */
export class Connections implements AsyncDisposable {
  readonly #options: ConnectionOptions;
  readonly #slots = new Map<string, Slot>();
  readonly #securityIds = new WeakMap<CallSecurity, number>();
  #nextSecurityId = 1;
  #disposed = false;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Connections open now. */
  get size(): number {
    let open = 0;
    for (const slot of this.#slots.values()) if (slot.line !== undefined) open++;
    return open;
  }

  /**
   * The connection to the first of `endpoints` that answers; the caller gives it back with {@link release}. The best is tried first; one that does not
   * answer within a second is overtaken by the next.
   */
  acquire(endpoints: readonly RpcEndpoint[], security: CallSecurity, signal?: AbortSignal): Promise<Line> {
    const [only] = endpoints;
    if (endpoints.length === 1 && only !== undefined) return this.#acquire(only, securityFor(only, security));
    return new Promise((resolve, reject) => {
      const failures: ComError[] = [];
      let started = 0;
      let settled = false;
      let overtake: Disposable | undefined;
      const fail = (error: ComError): void => {
        failures.push(error);
        if (started < endpoints.length && signal?.aborted !== true) start();
        else if (failures.length === started && !settled) reject(noneAnswered(endpoints, failures));
      };
      const win = (line: Line): void => {
        overtake?.[Symbol.dispose]();
        if (settled) this.release(line);
        else resolve(line);
        settled = true;
      };
      const start = (): void => {
        overtake?.[Symbol.dispose]();
        const endpoint = endpoints[started++];
        if (endpoint === undefined || settled) return;
        if (started < endpoints.length) overtake = this.#options.clock.after(patience, start);
        this.#acquire(endpoint, securityFor(endpoint, security)).then(win, (error: unknown) =>
          fail(ComError.from(error)),
        );
      };
      if (endpoints.length === 0) reject(noneAnswered(endpoints, failures));
      else start();
    });
  }

  release(line: Line): void {
    if (--line.users > 0) return;
    for (const [key, slot] of this.#slots) {
      if (slot.line !== line) continue;
      slot.closing = this.#options.clock.after(this.#options.linger, () => this.#close(key, slot));
      return;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    const ends: Promise<unknown>[] = [];
    for (const slot of this.#slots.values()) {
      slot.closing?.[Symbol.dispose]();
      if (slot.line === undefined) continue;
      slot.line.open = false;
      slot.line.association.close();
      ends.push(slot.line.association.closed);
    }
    this.#slots.clear();
    await Promise.all(ends);
  }

  async #acquire(endpoint: RpcEndpoint, security: CallSecurity): Promise<Line> {
    const key = `${formatEndpoint(endpoint)} ${this.#securityId(security)}`;
    for (;;) {
      const slot = this.#slot(key); // one that lost its connection meanwhile has been taken out
      if (slot.line?.open === true) {
        slot.closing?.[Symbol.dispose]();
        slot.closing = undefined;
        slot.line.users++;
        return slot.line;
      }
      slot.pending ??= this.#connect(key, slot, endpoint, security).finally(() => {
        slot.pending = undefined;
      });
      await slot.pending;
    }
  }

  async #connect(key: string, slot: Slot, endpoint: RpcEndpoint, security: CallSecurity): Promise<Line> {
    const { clock } = this.#options;
    try {
      if (this.#disposed) throw new ComError(HResult.CO_E_NOTINITIALIZED, "the runtime is closed");
      if (slot.failure !== undefined && clock.monotonic() < slot.retryAt) throw slot.failure;
      const association = await this.#associate(endpoint);
      if (this.#disposed) {
        association.close();
        throw new ComError(HResult.CO_E_NOTINITIALIZED, "the runtime was closed meanwhile");
      }
      const line: Line = { association, security, open: true, users: 0 };
      slot.line = line;
      slot.backoff = firstBackoff;
      slot.failure = undefined;
      void association.closed.then(() => this.#lost(key, slot, line));
      return line;
    } catch (error) {
      const failure = ComError.from(error, HResult.RPC_S_SERVER_UNAVAILABLE);
      if (failure !== slot.failure) {
        slot.failure = failure;
        slot.retryAt = clock.monotonic() + slot.backoff;
        slot.backoff = Math.min(longestBackoff, slot.backoff * 2);
      }
      throw failure;
    }
  }

  async #associate(endpoint: RpcEndpoint): Promise<Association> {
    const { transports, limits, clock, logger, connectTimeout, callTimeout, transferSyntaxes } =
      this.#options;
    return Association.connect(endpoint, {
      transports,
      limits,
      clock,
      logger,
      timeout: connectTimeout,
      insistOnFirst: true,
      ...(callTimeout === undefined ? {} : { callTimeout }),
      ...(transferSyntaxes === undefined ? {} : { transferSyntaxes }),
    });
  }

  #lost(key: string, slot: Slot, line: Line): void {
    line.open = false;
    if (slot.line !== line) return;
    slot.line = undefined;
    slot.closing?.[Symbol.dispose]();
    if (slot.failure === undefined && slot.pending === undefined) this.#slots.delete(key);
  }

  #close(key: string, slot: Slot): void {
    const { line } = slot;
    slot.closing = undefined;
    if (line === undefined || line.users > 0) return;
    line.open = false;
    slot.line = undefined;
    this.#slots.delete(key);
    line.association.close();
  }

  #slot(key: string): Slot {
    let slot = this.#slots.get(key);
    if (slot === undefined) {
      slot = {
        line: undefined,
        pending: undefined,
        retryAt: 0,
        backoff: firstBackoff,
        failure: undefined,
        closing: undefined,
      };
      this.#slots.set(key, slot);
      if (this.#slots.size > 4096) this.#forgetFailures();
    }
    return slot;
  }

  /** Addresses that failed are remembered only for their backoff; a stranger's bindings must not fill memory. */
  #forgetFailures(): void {
    const now = this.#options.clock.monotonic();
    for (const [key, slot] of this.#slots) {
      if (slot.line === undefined && slot.pending === undefined && slot.retryAt < now)
        this.#slots.delete(key);
    }
  }

  #securityId(security: CallSecurity): number {
    let id = this.#securityIds.get(security);
    if (id === undefined) this.#securityIds.set(security, (id = this.#nextSecurityId++));
    return id;
  }
}

/** A Unix socket that only its owner can open needs no further proof, nor does a thread of this process. */
function securityFor(endpoint: RpcEndpoint, security: CallSecurity): CallSecurity {
  return endpoint.protseq === "ncalrpc" || endpoint.protseq === "comity_port" ? unprotected : security;
}

function noneAnswered(endpoints: readonly RpcEndpoint[], failures: readonly ComError[]): ComError {
  const [first] = failures;
  const message =
    first === undefined
      ? "the bindings name no address that can be used from here"
      : `none of ${endpoints.length} addresses answered: ${endpoints.map(formatEndpoint).join(", ")}`;
  return new ComError(first?.code ?? HResult.RPC_S_SERVER_UNAVAILABLE, message, {
    gate: "connection",
    cause: failures,
  });
}
