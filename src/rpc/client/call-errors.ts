import { ComError, HResult } from "../../base/index.ts";
import { errorOfFault } from "../fault-status.ts";
import { formatSyntax } from "../pdu/syntax.ts";
import { errorOfUnprovenFault } from "./logon-refusal.ts";
import type { PendingCall } from "./pending-call.ts";

/** Why a call ended that its caller's signal cancelled. */
export function cancelError(signal: AbortSignal): ComError {
  return ComError.from(
    signal.reason ?? new DOMException("aborted", "AbortError"),
    HResult.RPC_E_CALL_CANCELED,
  );
}

export function timeoutError(call: PendingCall): ComError {
  const where = placeOf(call);
  return told(call, new ComError(HResult.RPC_E_TIMEOUT, "the call was not answered in time", { where }));
}

/** What the caller of a failed call is told. Never throws: other calls fail with it, and must all hear of it. */
export function told(call: PendingCall, error: ComError): ComError {
  try {
    return call.decoder.failed?.(error) ?? error;
  } catch {
    return error;
  }
}

function placeOf(call: PendingCall): string {
  return formatSyntax(call.binding.syntax);
}

/** `unexecuted`: the server says that the method has not begun, so the call may be made again. */
export function errorOfCallFault(call: PendingCall, status: number, unexecuted: boolean): ComError {
  const { security } = call.binding;
  return security?.proven === false
    ? errorOfUnprovenFault(status, placeOf(call))
    : errorOfFault(status, placeOf(call), unexecuted);
}

export function refuseForeign(): never {
  throw new ComError(
    HResult.RPC_S_PROTOCOL_ERROR,
    "the server answers in EBCDIC or without IEEE floating point: that is not read here",
    { remote: true },
  );
}

export function refuseUnsigned(): never {
  throw new ComError(HResult.RPC_S_SEC_PKG_ERROR, "an answer without the signature that was agreed on", {
    gate: "message signature",
  });
}
