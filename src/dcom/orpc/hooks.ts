import type { Guid } from "../../base/index.ts";
import { type OrpcExtent, noExtents } from "./extent.ts";

/** The call a hook is told about. */
export interface HookCall {
  readonly iid: Guid;
  readonly opnum: number;
  /** The causality identifier. */
  readonly causality: Guid;
}

/**
 * An interceptor on the channel (IChannelHook): it sees every ORPC call of the process, on both sides, and may send data of its own along, as an
 * extent with its id. All parts are optional. A hook must not throw; what it throws fails the call.
 */
export interface ChannelHook {
  readonly id: Guid;
  /** Client, before the request goes out: the data to send, or undefined for none (ClientGetSize, ClientFillBuffer). */
  clientFill?(call: HookCall): Uint8Array | undefined;
  /** Client, after the response: the data the server's hook sent, and the HRESULT (ClientNotify). */
  clientNotify?(call: HookCall, data: Uint8Array | undefined, hresult: number): void;
  /** Server, before the method runs: the data the client's hook sent (ServerNotify). */
  serverNotify?(call: HookCall, data: Uint8Array | undefined): void;
  /** Server, before the response goes out (ServerGetSize, ServerFillBuffer). */
  serverFill?(call: HookCall, hresult: number): Uint8Array | undefined;
}

export function clientExtents(hooks: readonly ChannelHook[], call: HookCall): readonly OrpcExtent[] {
  return collect(hooks, (hook) => hook.clientFill?.(call));
}

export function serverExtents(
  hooks: readonly ChannelHook[],
  call: HookCall,
  hresult: number,
): readonly OrpcExtent[] {
  return collect(hooks, (hook) => hook.serverFill?.(call, hresult));
}

function collect(
  hooks: readonly ChannelHook[],
  fill: (hook: ChannelHook) => Uint8Array | undefined,
): readonly OrpcExtent[] {
  let extents: OrpcExtent[] | undefined;
  for (const hook of hooks) {
    const data = fill(hook);
    if (data !== undefined) (extents ??= []).push({ id: hook.id, data });
  }
  return extents ?? noExtents;
}

export function dataFor(hook: ChannelHook, extents: readonly OrpcExtent[]): Uint8Array | undefined {
  return extents.find((extent) => extent.id === hook.id)?.data;
}
