import { ComError, GUID_NULL, type Guid, HResult, hex32 } from "../../base/index.ts";
import type { ContextHandle } from "../../ndr/index.ts";
import type { Association } from "../client/association.ts";
import type { RpcEndpoint } from "../endpoint.ts";
import { epm, type ept_entry_t } from "../gen/epmapper.ts";
import type { SyntaxId } from "../pdu/syntax.ts";
import { bindInterface } from "../raw/bind-interface.ts";
import type { EndpointEntry } from "./endpoint-map.ts";
import { EptStatus } from "./status.ts";
import { decodeTower, encodeTower, towerOf } from "./tower.ts";

const noHandle: ContextHandle = { attributes: 0, uuid: GUID_NULL };
const PAGE = 500;
const MOST_PAGES = 1000;

/** The endpoint mapper of a machine, over an association to it (port 135 as a rule). Owns nothing. */
export class EndpointMapperClient {
  readonly #association: Association;

  constructor(association: Association) {
    this.#association = association;
  }

  async #methods(): Promise<epm> {
    return bindInterface(epm, await this.#association.bind({ uuid: epm.iid, version: epm.version }));
  }

  /** The endpoints of an interface over `protseq` (ept_map). Rejects with EPT_S_NOT_REGISTERED when there is none. */
  async map(syntax: SyntaxId, protseq = "ncacn_ip_tcp", object: Guid = GUID_NULL): Promise<RpcEndpoint[]> {
    const octets = encodeTower(towerOf(syntax, protseq, protseq === "ncacn_ip_tcp" ? "0" : ""));
    const wanted = { tower_length: octets.length, tower_octet_string: octets };
    const methods = await this.#methods();
    const { towers, status } = await methods.ept_map(object, wanted, noHandle, 8);
    check(status);
    const endpoints: RpcEndpoint[] = [];
    for (const tower of towers) {
      const known = tower === null ? undefined : decodeTower(tower.tower_octet_string);
      if (known !== undefined)
        endpoints.push({ protseq: known.protseq, host: known.host, endpoint: known.endpoint });
    }
    return endpoints;
  }

  /** Every endpoint of the machine whose protocol towers of ours know (ept_lookup). */
  async lookup(): Promise<EndpointEntry[]> {
    const methods = await this.#methods();
    const found: EndpointEntry[] = [];
    let handle = noHandle;
    for (let page = 0; page < MOST_PAGES; page++) {
      const part = await methods.ept_lookup(0, null, null, 1, handle, PAGE);
      if (part.status === EptStatus.notRegistered) break;
      check(part.status);
      for (const entry of part.entries) {
        const tower = entry.tower === null ? undefined : decodeTower(entry.tower.tower_octet_string);
        if (tower !== undefined) found.push({ object: entry.object, tower, annotation: entry.annotation });
      }
      handle = part.entry_handle;
      if (handle.uuid === GUID_NULL) break;
    }
    return found;
  }

  /** Registers endpoints (ept_insert); they stay as long as the association does. Private connections only. */
  async insert(entries: readonly EndpointEntry[], replace = true): Promise<void> {
    const methods = await this.#methods();
    check(await methods.ept_insert(entries.length, entries.map(wireEntry), replace ? 1 : 0));
  }

  /** Takes endpoints out (ept_delete). */
  async delete(entries: readonly EndpointEntry[]): Promise<void> {
    const methods = await this.#methods();
    check(await methods.ept_delete(entries.length, entries.map(wireEntry)));
  }
}

function wireEntry(entry: EndpointEntry): ept_entry_t {
  const octets = encodeTower(entry.tower);
  const tower = { tower_length: octets.length, tower_octet_string: octets };
  return { object: entry.object, tower, annotation: entry.annotation.slice(0, 63) };
}

function check(status: number): void {
  if (status === EptStatus.ok) return;
  const code = status === EptStatus.notRegistered ? HResult.EPT_S_NOT_REGISTERED : HResult.E_FAIL;
  const what = status === EptStatus.cantPerformOperation ? "it does not perform this for us" : hex32(status);
  throw new ComError(code, code === HResult.E_FAIL ? `the endpoint mapper refused: ${what}` : undefined, {
    remote: true,
  });
}
