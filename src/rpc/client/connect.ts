import { ComError, HResult, defaultLimits, systemClock } from "../../base/index.ts";
import { type RpcEndpoint, formatEndpoint } from "../endpoint.ts";
import type { Connection, Transport } from "../transport/transport.ts";
import type { AssociationOptions } from "./options.ts";

/** Connects over the transport that the endpoint names, within the time given. */
export async function connectTo(
  endpoint: RpcEndpoint,
  options: AssociationOptions,
): Promise<{ connection: Connection; transport: Transport }> {
  const transport = options.transports.find((known) => known.protseq === endpoint.protseq);
  if (transport === undefined) {
    throw new ComError(
      HResult.RPC_S_PROTSEQ_NOT_SUPPORTED,
      `no transport for ${formatEndpoint(endpoint).slice(0, 200)}`,
    );
  }
  const limit = new AbortController();
  const timeout = options.timeout ?? options.limits?.handshakeTimeout ?? defaultLimits.handshakeTimeout;
  const timer = (options.clock ?? systemClock).after(timeout, () =>
    limit.abort(
      new ComError(HResult.RPC_E_TIMEOUT, `no connection to ${formatEndpoint(endpoint)} in ${timeout} ms`),
    ),
  );
  const signal =
    options.signal === undefined ? limit.signal : AbortSignal.any([limit.signal, options.signal]);
  try {
    return { connection: await transport.connect(endpoint, signal), transport };
  } catch (error) {
    throw connectError(error, endpoint);
  } finally {
    timer[Symbol.dispose]();
  }
}

function connectError(error: unknown, endpoint: RpcEndpoint): ComError {
  const known = ComError.from(error, HResult.RPC_S_SERVER_UNAVAILABLE);
  if (known === error) return known;
  const code = known.code === HResult.ERROR_FILE_NOT_FOUND ? HResult.RPC_S_SERVER_UNAVAILABLE : known.code;
  const what = error instanceof Error ? error.message : String(error);
  return new ComError(code, `no connection to ${formatEndpoint(endpoint)}: ${what}`, {
    cause: error,
    gate: "connection",
  });
}
