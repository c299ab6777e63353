import type { IncomingEntry } from "../remoting.ts";

/** CALLTYPE: what kind of call comes in. */
export const CallType = {
  /** A new one, while the apartment is idle. */
  TOPLEVEL: 1,
  /** A call-back of a chain that is inside, or that began here. */
  NESTED: 2,
  ASYNC: 3,
  /** A new one, while the apartment is busy with another. */
  TOPLEVEL_CALLPENDING: 4,
  ASYNC_CALLPENDING: 5,
} as const;

/** SERVERCALL: what becomes of it. */
export const ServerCall = { ISHANDLED: 0, REJECTED: 1, RETRYLATER: 2 } as const;

/** PENDINGTYPE: what kind of call is waited for. */
export const PendingType = { TOPLEVEL: 1, NESTED: 2 } as const;

/** PENDINGMSG: whether to go on waiting. */
export const PendingMessage = { CANCELCALL: 0, WAITNOPROCESS: 1, WAITDEFPROCESS: 2 } as const;

/** What is called (INTERFACEINFO): the implementation object, the interface, the opnum. */
export type InterfaceInfo = Omit<IncomingEntry, "caller">;

/**
 * Decides for a single-threaded apartment how it deals with calls while it is busy, and with others that are (IMessageFilter). What is left out is answered as
 * without a filter. Methods answer at once.
 */
export interface MessageFilter {
  /** Before a call enters or is queued: a {@link ServerCall}. `caller`: who calls, for people; `elapsed`: milliseconds since the oldest outgoing call began, 0 without one. */
  HandleInComingCall?(type: number, caller: string, elapsed: number, info: InterfaceInfo): number;
  /**
   * An outgoing call was rejected (`type` REJECTED or RETRYLATER) after `elapsed` milliseconds since it was first made: -1 gives up (RPC_E_CALL_REJECTED), 0 to 99 calls
   * again at once, 100 and more after so many milliseconds.
   */
  RetryRejectedCall?(callee: string, elapsed: number, type: number): number;
  /** Somebody's call has come while an outgoing call waits: {@link PendingMessage}; CANCELCALL fails the outgoing call with RPC_E_CALL_CANCELED. */
  MessagePending?(callee: string, elapsed: number, type: number): number;
}
