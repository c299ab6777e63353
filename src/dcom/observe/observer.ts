import type { Guid } from "../../base/index.ts";
import { knownInterface } from "../../ndr/index.ts";
import type { OrpcExtent } from "../orpc/extent.ts";
import { placeOf } from "../client/known-method.ts";

/** One call on its way between apartments, as an observer sees it. */
export interface ObservedCall {
  readonly iid: Guid;
  readonly opnum: number;
  /** `Interface.Method`, as far as the program knows the contract. */
  readonly method: string;
  /** The logical thread of calls it belongs to, the same on every machine ([MS-DCOM] 1.3.5). */
  readonly causality: Guid;
  /** The object: its OXID and OID for a call that goes out, its OID for one that comes in. */
  readonly object: string;
}

/** An observed call that is being served. */
export interface IncomingCall extends ObservedCall {
  /** What the caller is answered, once `run` has returned or settled; a call that could not be answered makes `run` throw. */
  readonly hresult: number;
  /** What the caller's hooks sent along. */
  readonly extents: readonly OrpcExtent[];
  /** The authenticated caller; undefined for an anonymous one and for processes of this machine. */
  readonly caller: { readonly user: string; readonly domain: string } | undefined;
}

/**
 * Watches the calls of a process, out and in: for traces, spans, measures. It goes around the call, may set a context for it, and must hand on what `run`
 * answers or throws. In the same apartment there is no road and nothing to be seen.
 */
export interface CallObserver {
  outgoing?(call: ObservedCall, run: () => Promise<unknown>): Promise<unknown>;
  incoming?(call: IncomingCall, run: () => void | Promise<void>): void | Promise<void>;
}

/** The name of a method for observers. */
export function methodOf(iid: Guid, opnum: number): string {
  return placeOf(knownInterface(iid), iid, opnum);
}

export function observeOutgoing(
  observers: readonly CallObserver[],
  call: ObservedCall,
  run: () => Promise<unknown>,
): Promise<unknown> {
  return observers.reduce((inner, one) => (one.outgoing ? () => outgoing(one, call, inner) : inner), run)();
}

function outgoing(observer: CallObserver, call: ObservedCall, run: () => Promise<unknown>): Promise<unknown> {
  return observer.outgoing?.(call, run) ?? run();
}

export function observeIncoming(
  observers: readonly CallObserver[],
  call: IncomingCall,
  run: () => void | Promise<void>,
): void | Promise<void> {
  let around = run;
  for (const observer of observers) {
    const inner = around;
    if (observer.incoming !== undefined) around = () => observer.incoming?.(call, inner);
  }
  return around();
}
