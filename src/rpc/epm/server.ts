import { AuthnLevel } from "../../auth/index.ts";
import { GUID_NULL, type Guid, newGuid } from "../../base/index.ts";
import type { ContextHandle } from "../../ndr/index.ts";
import type { rpc_if_id_t, twr_t } from "../gen/dcetypes.ts";
import { epm, type ept_entry_t } from "../gen/epmapper.ts";
import { WIDE_FIRST } from "../pdu/syntax.ts";
import { serveInterface } from "../raw/serve-interface.ts";
import type { RpcConnection } from "../server/dispatcher.ts";
import type { RpcServer } from "../server/rpc-server.ts";
import type { EndpointEntry, EndpointMap, EndpointQuery, VersionMatch } from "./endpoint-map.ts";
import { EptStatus } from "./status.ts";
import { type Tower, decodeTower, encodeTower } from "./tower.ts";

const noHandle: ContextHandle = { attributes: 0, uuid: GUID_NULL };
/** Unfinished lookups one connection may have. */
const MOST_LOOKUPS = 64;
const LOOKUPS: unique symbol = Symbol("lookups");
/** The endpoint map has no object of its own that could be asked for. */
const versionOptions: Readonly<Record<number, VersionMatch>> = {
  1: "all",
  2: "compatible",
  3: "exact",
  4: "majorOnly",
  5: "upTo",
};

/**
 * Serves the endpoint mapper ([C706] appendix O; [MS-RPCE] 2.2.1.2): anybody may look up; only private connections (ncalrpc) may insert and
 * delete, and what they inserted goes with them. Dispose to stop.
 */
export function registerEndpointMapper(server: RpcServer, map: EndpointMap): Disposable {
  const dispatcher = serveInterface(epm, (call) => new Mapper(map, call.connection), {
    minimumLevel: AuthnLevel.none,
    transferSyntaxes: WIDE_FIRST,
  });
  return server.register({ uuid: epm.iid, version: epm.version }, dispatcher);
}

/** The methods for one connection. */
class Mapper implements epm {
  readonly #map: EndpointMap;
  readonly #connection: RpcConnection;

  constructor(map: EndpointMap, connection: RpcConnection) {
    this.#map = map;
    this.#connection = connection;
  }

  ept_insert(_count: number, entries: readonly ept_entry_t[], replace: number): number {
    if (!this.#connection.isPrivate) return EptStatus.cantPerformOperation;
    const read = readEntries(entries);
    if (read === undefined) return EptStatus.invalidEntry;
    const inserted = this.#map.insert(read, replace !== 0);
    this.#connection.onClose(() => inserted[Symbol.dispose]());
    return EptStatus.ok;
  }

  ept_delete(_count: number, entries: readonly ept_entry_t[]): number {
    if (!this.#connection.isPrivate) return EptStatus.cantPerformOperation;
    const read = readEntries(entries);
    if (read === undefined) return EptStatus.invalidEntry;
    return this.#map.delete(read) ? EptStatus.ok : EptStatus.notRegistered;
  }

  ept_lookup(
    inquiry: number,
    object: Guid | null,
    interfaceId: rpc_if_id_t | null,
    versions: number,
    handle: ContextHandle,
    most: number,
  ): { entry_handle: ContextHandle; num_ents: number; entries: readonly ept_entry_t[]; status: number } {
    const find = (): Found[] | undefined => this.#lookup(inquiry, object, interfaceId, versions);
    const { next, part, status } = this.#page(handle, most, find);
    const entries = part.map((found) => found.entry);
    return { entry_handle: next, num_ents: entries.length, entries, status };
  }

  #lookup(
    inquiry: number,
    object: Guid | null,
    id: rpc_if_id_t | null,
    versions: number,
  ): Found[] | undefined {
    const match = versionOptions[versions];
    if (inquiry > 3 || ((inquiry & 1) !== 0 && (match === undefined || id === null))) return undefined;
    const query: EndpointQuery = {
      ...((inquiry & 2) === 0 ? {} : { object: object ?? GUID_NULL }),
      ...((inquiry & 1) === 0 || id === null
        ? {}
        : { syntax: { uuid: id.uuid, version: [id.vers_major, id.vers_minor] as const } }),
      ...(match === undefined ? {} : { versions: match }),
    };
    return this.#map.lookup(query).map((entry) => this.#found(entry));
  }

  ept_map(
    object: Guid | null,
    wanted: twr_t | null,
    handle: ContextHandle,
    most: number,
  ): { entry_handle: ContextHandle; num_towers: number; towers: readonly (twr_t | null)[]; status: number } {
    const find = (): Found[] | undefined => {
      const tower = wanted === null ? undefined : tryDecodeTower(wanted.tower_octet_string);
      if (tower === undefined) return wanted === null ? undefined : [];
      return this.#map.map(tower, object ?? GUID_NULL).map((entry) => this.#found(entry));
    };
    const { next, part, status } = this.#page(handle, most, find);
    const towers = part.map((found) => found.entry.tower);
    return { entry_handle: next, num_towers: towers.length, towers, status };
  }

  ept_map_auth_async(
    object: Guid | null,
    wanted: twr_t | null,
    handle: ContextHandle,
    most: number,
  ): ReturnType<Mapper["ept_map"]> {
    return this.ept_map(object, wanted, handle, most);
  }

  ept_lookup_handle_free(handle: ContextHandle): { entry_handle: ContextHandle; status: number } {
    const known = this.#lookups.delete(handle.uuid);
    return { entry_handle: noHandle, status: known ? EptStatus.ok : EptStatus.invalidContext };
  }

  ept_inq_object(): { ept_object: Guid; status: number } {
    return { ept_object: GUID_NULL, status: EptStatus.ok };
  }

  ept_mgmt_delete(): number {
    return EptStatus.cantPerformOperation;
  }

  get #lookups(): Map<string, readonly Found[]> {
    const { data } = this.#connection;
    let lookups = data.get(LOOKUPS) as Map<string, readonly Found[]> | undefined;
    if (lookups === undefined) data.set(LOOKUPS, (lookups = new Map()));
    return lookups;
  }

  /** The first part of what is found, or the next part of what a handle stands for. */
  #page(handle: ContextHandle, most: number, find: () => Found[] | undefined): Page {
    const fresh = handle.uuid === GUID_NULL;
    const all = fresh ? find() : this.#lookups.get(handle.uuid);
    if (!fresh) this.#lookups.delete(handle.uuid);
    if (all === undefined) {
      return { next: noHandle, part: [], status: fresh ? EptStatus.invalidEntry : EptStatus.invalidContext };
    }
    if (all.length === 0) return { next: noHandle, part: [], status: EptStatus.notRegistered };
    const left = all.slice(most);
    return {
      next: left.length === 0 ? noHandle : this.#remember(left),
      part: all.slice(0, most),
      status: EptStatus.ok,
    };
  }

  #remember(left: readonly Found[]): ContextHandle {
    const lookups = this.#lookups;
    const oldest = lookups.keys().next().value;
    if (lookups.size >= MOST_LOOKUPS && oldest !== undefined) lookups.delete(oldest);
    const uuid = newGuid();
    lookups.set(uuid, left);
    return { attributes: 0, uuid };
  }

  #found(entry: EndpointEntry): Found {
    const octets = encodeTower(withHost(entry.tower, this.#connection));
    const tower = { tower_length: octets.length, tower_octet_string: octets };
    return { entry: { object: entry.object, tower, annotation: entry.annotation } };
  }
}

interface Found {
  readonly entry: ept_entry_t & { readonly tower: twr_t };
}

interface Page {
  readonly next: ContextHandle;
  readonly part: readonly Found[];
  readonly status: number;
}

/** A server that listens on every address is found at the one the client came to. */
function withHost(tower: Tower, connection: RpcConnection): Tower {
  if (tower.host !== "" && tower.host !== "0.0.0.0") return tower;
  const host = /^(?:::ffff:)?(\d+\.\d+\.\d+\.\d+):\d+$/.exec(connection.local)?.[1];
  return host === undefined ? tower : { ...tower, host };
}

function readEntries(entries: readonly ept_entry_t[]): EndpointEntry[] | undefined {
  const read: EndpointEntry[] = [];
  for (const { object, tower, annotation } of entries) {
    const decoded = tower === null ? undefined : tryDecodeTower(tower.tower_octet_string);
    if (decoded === undefined) return undefined;
    read.push({ object, tower: decoded, annotation });
  }
  return read;
}

function tryDecodeTower(octets: Uint8Array): Tower | undefined {
  try {
    return decodeTower(octets);
  } catch {
    return undefined;
  }
}
