import { HResult } from "../base/index.ts";

/** RPC_E_SERVER_DIED_DNE: the process ended before the call ran. */
const RPC_E_SERVER_DIED_DNE = 0x80010012;
/** The exporter, or the object, is not known any more. */
const OR_INVALID_OXID = 0x80070776;
const OR_INVALID_OID = 0x80070777;

const gone: ReadonlySet<number> = new Set([
  HResult.RPC_E_DISCONNECTED,
  HResult.RPC_E_SERVER_DIED,
  RPC_E_SERVER_DIED_DNE,
  HResult.RPC_S_SERVER_UNAVAILABLE,
  HResult.CO_E_OBJNOTCONNECTED,
  OR_INVALID_OXID,
  OR_INVALID_OID,
]);

/** True when a failure means that the object will never answer again: its process ended, or it was disconnected. */
export function isGone(code: number): boolean {
  return gone.has(code);
}
