import { AuthnLevel } from "../../auth/index.ts";
import { ComError, HResult } from "../../base/index.ts";
import type { rpc_if_id_vector_t } from "../gen/dcetypes.ts";
import { mgmt } from "../gen/mgmt.ts";
import type { RpcServer } from "../server/rpc-server.ts";
import { serveInterface } from "./serve-interface.ts";

const UNKNOWN_AUTHN_SERVICE = 0x6d3;

/**
 * Serves the management interface that every RPC server has ([C706] appendix Q): anybody may ask, nobody may stop the server. `principal`
 * names the account the server proves itself as, by authentication service.
 */
export function registerManagement(
  server: RpcServer,
  principal: (service: number) => string | undefined = () => undefined,
): Disposable {
  const dispatcher = serveInterface(mgmt, new Management(server, principal), {
    minimumLevel: AuthnLevel.none,
  });
  return server.register({ uuid: mgmt.iid, version: mgmt.version }, dispatcher);
}

class Management implements mgmt {
  readonly #server: RpcServer;
  readonly #principal: (service: number) => string | undefined;

  constructor(server: RpcServer, principal: (service: number) => string | undefined) {
    this.#server = server;
    this.#principal = principal;
  }

  rpc__mgmt_inq_if_ids(): { if_id_vector: rpc_if_id_vector_t; status: number } {
    const if_id = this.#server.interfaces.map(({ uuid, version }) => ({
      uuid,
      vers_major: version[0],
      vers_minor: version[1],
    }));
    return { if_id_vector: { count: if_id.length, if_id }, status: 0 };
  }

  /** Calls received, calls made, packets received, packets sent; as many as were asked for. */
  rpc__mgmt_inq_stats(count: number): { count: number; statistics: Uint32Array; status: number } {
    const { callsServed } = this.#server;
    const all = Uint32Array.of(callsServed, 0, callsServed, callsServed).subarray(0, count);
    return { count: all.length, statistics: all, status: 0 };
  }

  rpc__mgmt_is_server_listening(): { status: number; returnValue: number } {
    return { status: 0, returnValue: 1 };
  }

  rpc__mgmt_stop_server_listening(): number {
    throw new ComError(HResult.E_ACCESSDENIED, "an RPC server is not stopped from afar", {
      gate: "management",
    });
  }

  rpc__mgmt_inq_princ_name(service: number, size: number): { princ_name: string; status: number } {
    const name = this.#principal(service);
    if (name === undefined || name.length >= size) return { princ_name: "", status: UNKNOWN_AUTHN_SERVICE };
    return { princ_name: name, status: 0 };
  }
}
