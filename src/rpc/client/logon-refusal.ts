import { ComError, HResult } from "../../base/index.ts";
import { FaultStatus, errorOfFault, nameOfFault } from "../fault-status.ts";

/** Windows answers a refused logon with the first, Samba with the second. */
const refusals: ReadonlySet<number> = new Set([
  FaultStatus.accessDenied,
  FaultStatus.protocolError,
  FaultStatus.secPkgError,
]);

/** A fault that answers a token: the server refused the logon. */
export function errorOfTokenFault(status: number, where: string): ComError {
  return refusals.has(status)
    ? refused("logon", "the server refused the logon", status, where)
    : errorOfFault(status, where);
}

/**
 * A fault for a call on a security context that ended with an auth3 and from which nothing has come yet. An auth3 has no answer of its
 * own, so what it led to shows here ([MS-RPCE] 3.3.1.5.2.3); access denied may then mean the logon or what the interface asks for.
 */
export function errorOfUnprovenFault(status: number, where: string): ComError {
  if (!refusals.has(status)) return errorOfFault(status, where);
  if (status !== FaultStatus.accessDenied) return errorOfTokenFault(status, where);
  const what = "the server refused the first call after the logon: wrong credentials, or no access";
  return refused("logon or access permission", what, status, where);
}

function refused(gate: string, what: string, status: number, where: string): ComError {
  const cause = errorOfFault(status, where);
  return new ComError(HResult.E_ACCESSDENIED, `${what} (${nameOfFault(status)})`, {
    remote: true,
    gate,
    where,
    cause,
  });
}
