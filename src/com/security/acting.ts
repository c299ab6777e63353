import { AsyncLocalStorage } from "node:async_hooks";
import { ComError, hresultFromWin32 } from "../../base/index.ts";
import type { CallContext } from "../call-context.ts";
import { type Caller, machineOwner } from "./access-check.ts";

/*
 * As whom code acts in what Comity itself checks. A process of Node.js has one user, and its threads have no tokens; but a call and all that is done for it is
 * one chain of async steps, so that a call can have what a thread has on Windows. Nothing of this is made before somebody impersonates.
 */

/** The client as whom a call acts, and how far the client lets it go. */
export interface ImpersonatedClient {
  readonly caller: Caller;
  /** 1 (anonymous) to 4 (delegate). */
  readonly level: number;
}

/** What one call being served has in the place of a thread's token. */
interface Acting {
  client: ImpersonatedClient | undefined;
}

const identify = 2;
const ERROR_BAD_IMPERSONATION_LEVEL: number = hresultFromWin32(1346);

let storage: AsyncLocalStorage<Acting | undefined> | undefined;
const calls = new WeakMap<CallContext, Acting>();

/** The client that the running chain impersonates; undefined when it acts as itself. For checks of a program's own: `grantedRights`. */
export function impersonatedClient(): ImpersonatedClient | undefined {
  return storage?.getStore()?.client;
}

/**
 * As whom the running chain acts: the client that it impersonates, else the machine's owner. Throws ERROR_BAD_IMPERSONATION_LEVEL when the client lets itself
 * be identified, but not acted for.
 */
export function actingCaller(): Caller {
  const client = impersonatedClient();
  if (client === undefined) return machineOwner;
  if (client.level !== identify) return client.caller;
  const who = client.caller.account ?? "the client";
  throw new ComError(
    ERROR_BAD_IMPERSONATION_LEVEL,
    `${who} lets itself be identified, not impersonated: as it nothing can be opened`,
    { gate: "impersonation level" },
  );
}

/** Acts for the client of a call from now on, in the running chain and in what it begins (CoImpersonateClient). */
export function beginActing(context: CallContext): void {
  actingOf(context).client = clientOf(context);
}

/** Acts as the process again: to be called when the call is over, too. */
export function endActing(context: CallContext): void {
  if (storage === undefined) return;
  const acting = calls.get(context);
  if (acting !== undefined) acting.client = undefined;
}

/** Whether a call acts for its client. */
export function isActing(context: CallContext): boolean {
  return calls.get(context)?.client !== undefined;
}

/** Makes what a call has in the place of a token, and has the running chain carry it. */
function actingOf(context: CallContext): Acting {
  let acting = calls.get(context);
  if (acting === undefined) calls.set(context, (acting = { client: undefined }));
  storage ??= new AsyncLocalStorage();
  if (storage.getStore() !== acting) storage.enterWith(acting);
  return acting;
}

function clientOf({ caller, remote, impersonationLevel: level }: CallContext): ImpersonatedClient {
  if (!remote) return { caller: machineOwner, level: Math.max(level, identify + 1) };
  if (caller === undefined || level < identify)
    return { caller: { account: undefined, local: false }, level: 1 };
  const { user, domain, sid } = caller;
  const account = domain === "" ? user : `${domain}\\${user}`;
  return { caller: { account, local: false, ...(sid === undefined ? {} : { sid }) }, level };
}

/** What {@link enterSelf} puts aside. */
export type ActingBefore = object | undefined;

/** A call begins: it acts as the process, whoever was impersonated when its connection was made. Answers what {@link leaveSelf} brings back. */
export function enterSelf(): ActingBefore {
  const before = storage?.getStore();
  if (before !== undefined) storage?.enterWith(undefined);
  return before;
}

/** The synchronous part of a call is over. */
export function leaveSelf(before: ActingBefore): void {
  if (storage !== undefined && storage.getStore() !== before) storage.enterWith(before as Acting | undefined);
}

/** Runs what outlives the chain that needs it first (a connection, say) as the process. */
export function asSelf<T>(run: () => T): T {
  return storage === undefined ? run() : storage.run(undefined, run);
}
