import { ComError, HResult } from "../base/index.ts";
import { SecStatus } from "./status.ts";

/** A token that is not what it should be. */
export function badToken(message: string, cause?: unknown): ComError {
  return new ComError(SecStatus.SEC_E_INVALID_TOKEN, message, cause === undefined ? {} : { cause });
}

/** Runs a decoder; whatever is wrong with the bytes comes out as SEC_E_INVALID_TOKEN that names the message. */
export function decoding<T>(what: string, decode: () => T): T {
  try {
    return decode();
  } catch (error) {
    if (!(error instanceof ComError)) throw error;
    const reason = error.info.description ?? error.message;
    throw badToken(`${what}: ${reason}`, error);
  }
}

/**
 * A refused logon. The message goes to whoever holds the error locally; the wire gets a status alone, and the same one
 * for an unknown user and a wrong password.
 */
export function logonRefused(message: string, code: number = HResult.ERROR_LOGON_FAILURE): ComError {
  return new ComError(code, message, { gate: "logon" });
}

/** A security agreement that falls short of what the level or the policy asks for. */
export function notNegotiated(message: string): ComError {
  return new ComError(SecStatus.SEC_E_QOP_NOT_SUPPORTED, message, { gate: "negotiation" });
}
