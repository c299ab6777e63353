import { HResult } from "./hresult.ts";
import { describeStatus, formatStatus } from "./status.ts";

const brand: unique symbol = Symbol.for("comity.ComError");

/** Rich error information that travels with a failure (IErrorInfo, [MS-OAUT] 3.4). */
export interface ErrorInfo {
  /** What happened, for a person. */
  readonly description?: string | undefined;
  /** The class or program that raised it, usually a ProgID. */
  readonly source?: string | undefined;
  readonly helpFile?: string | undefined;
  readonly helpContext?: number | undefined;
  /** The interface that defined the error. */
  readonly iid?: string | undefined;
}

export interface ComErrorOptions extends ErrorInfo {
  readonly cause?: unknown;
  /** The check that refused: connection, logon, launch permission, access permission, level too low, ... */
  readonly gate?: string | undefined;
  /** True when the other side sent the failure; false when it was found here. */
  readonly remote?: boolean | undefined;
  /** Where it happened: interface and method, key, file. */
  readonly where?: string | undefined;
  /** The [out] values that came with a failed HRESULT. */
  readonly outputs?: unknown;
}

/**
 * The one error class: a status code (HRESULT, Win32 error, NTSTATUS or RPC fault status), what it means, and where.
 * `instanceof` works across worker threads' realms and double installs.
 */
export class ComError extends Error {
  /** The HRESULT (or raw RPC fault status), as an unsigned 32-bit number. */
  readonly code: number;
  readonly info: ErrorInfo;
  readonly gate: string | undefined;
  readonly remote: boolean;
  readonly where: string | undefined;
  readonly outputs: unknown;

  constructor(code: number, message?: string, options: ComErrorOptions = {}) {
    const status = code >>> 0;
    const what = message ?? options.description ?? describeStatus(status);
    const gate = options.gate === undefined ? "" : ` [refused by: ${options.gate}]`;
    const where = options.where === undefined ? "" : ` (in ${options.where})`;
    super(
      `${formatStatus(status)}: ${what}${gate}${where}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.name = "ComError";
    this.code = status;
    this.info = {
      description: options.description ?? message,
      source: options.source,
      helpFile: options.helpFile,
      helpContext: options.helpContext,
      iid: options.iid,
    };
    this.gate = options.gate;
    this.remote = options.remote ?? false;
    this.where = options.where;
    this.outputs = options.outputs;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    // A subclass asks for its own kind, not for any branded error.
    if (this !== ComError) return Function.prototype[Symbol.hasInstance].call(this, value);
    return typeof value === "object" && value !== null && brand in value;
  }

  static {
    Object.defineProperty(this.prototype, brand, { value: true });
  }

  /** Any thrown value as a ComError: unchanged if it is one, else E_FAIL (or the platform error's HRESULT) with the cause kept. */
  static from(value: unknown, fallback: number = HResult.E_FAIL): ComError {
    if (value instanceof ComError) return value;
    if (value instanceof Error) {
      const code = platformCode(value);
      return new ComError(code ?? fallback, value.message, { cause: value });
    }
    return new ComError(fallback, String(value), { cause: value });
  }
}

/** Node's own error codes and what they are called here. */
const platformCodes: Readonly<Record<string, number>> = {
  ECONNREFUSED: 0x800706ba, // RPC_S_SERVER_UNAVAILABLE
  ECONNRESET: 0x800706be, // RPC_S_CALL_FAILED
  EPIPE: 0x800706be,
  ENOTFOUND: 0x800706ba,
  EHOSTUNREACH: 0x800706ba,
  ENETUNREACH: 0x800706ba,
  ETIMEDOUT: 0x800706ba,
  EACCES: 0x80070005,
  EPERM: 0x80070005,
  ENOENT: 0x80070002,
  EEXIST: 0x800700b7,
  ABORT_ERR: 0x80010002, // RPC_E_CALL_CANCELED
};

function platformCode(error: Error): number | undefined {
  if (error.name === "AbortError") return HResult.RPC_E_CALL_CANCELED;
  if (error.name === "TimeoutError") return HResult.RPC_E_TIMEOUT;
  const code = "code" in error ? error.code : undefined;
  return typeof code === "string" ? platformCodes[code] : undefined;
}
