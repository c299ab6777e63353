import { setTimeout as delay } from "node:timers/promises";
import { ComError, HResult, type Logger } from "../../base/index.ts";
import { localAddress } from "./local/address.ts";
import { ScmClient } from "./local/client.ts";
import { dial } from "./local/listen.ts";

export interface ConnectScmOptions {
  readonly logger?: Logger;
  /**
   * What to do when no SCM runs for the home: hold one inside this process, for as long as it lives. Rejecting with ERROR_ALREADY_EXISTS means
   * that another process was faster. Without it the connection fails.
   */
  readonly hold?: () => Promise<unknown>;
  readonly signal?: AbortSignal;
}

/** Times a newcomer looks for the SCM while another process may be just starting or ending one. */
const attempts = 10;

/**
 * Connects this process to the SCM of its machine. When none runs, this process holds one inside itself if it may: the first program of a home
 * needs no daemon, and when it ends another takes over. Rejects with RPC_S_SERVER_UNAVAILABLE.
 */
export async function connectScm(home: string, options: ConnectScmOptions = {}): Promise<ScmClient> {
  const path = localAddress(home);
  let last: unknown;
  for (let attempt = 0; attempt < attempts; attempt++) {
    options.signal?.throwIfAborted();
    try {
      return new ScmClient(await dial(path), options.logger);
    } catch (error) {
      last = error;
    }
    if (options.hold === undefined) break;
    try {
      await options.hold();
    } catch (error) {
      if (ComError.from(error).code !== HResult.ERROR_ALREADY_EXISTS) throw error;
      await delay(20);
    }
  }
  const message = `no service control manager runs for ${home}`;
  throw new ComError(HResult.RPC_S_SERVER_UNAVAILABLE, message, { gate: "connection", cause: last });
}
