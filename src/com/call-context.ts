import type { Guid } from "../base/index.ts";

/** Who is calling and how; the channel fills it in (IServerSecurity and the call's part of CoGetCallContext). */
export interface CallContext {
  /** The logical thread of calls this one belongs to ([MS-DCOM] 2.2.13.3, `cid`). */
  readonly causality: Guid;
  /** True when the caller is on another machine. */
  readonly remote: boolean;
  /** True when the caller is another thread of this process. */
  readonly fromThread?: boolean;
  /** The authenticated caller; absent for an anonymous one. */
  readonly caller?: { readonly user: string; readonly domain: string; readonly sid?: string } | undefined;
  /** 1 (none) to 6 (privacy). */
  readonly authenticationLevel: number;
  /** 1 (anonymous) to 4 (delegate). */
  readonly impersonationLevel: number;
  /** Fires when the caller cancels or goes away. */
  readonly signal?: AbortSignal | undefined;
}

let current: CallContext | undefined;

/**
 * The context of the call being served (CoGetCallContext), undefined outside of one. Valid until the method's first `await`: take what is needed
 * before.
 */
export function getCallContext(): CallContext | undefined {
  return current;
}

/**
 * Begins the synchronous part of a call within its context (for channels and stubs): answers the context before, which {@link leaveCall} brings back.
 */
export function enterCall(context: CallContext): CallContext | undefined {
  const before = current;
  current = context;
  return before;
}

export function leaveCall(before: CallContext | undefined): void {
  current = before;
}
