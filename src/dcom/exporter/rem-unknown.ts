import { ComError, type Guid, HResult, failed, guidToBytes } from "../../base/index.ts";
import { getCallContext, withStatus } from "../../com/index.ts";
import { IRemUnknown2, type REMINTERFACEREF, type REMQIRESULT } from "../gen/dcom.ts";
import type { Oxid } from "../resolver-contract.ts";
import type { InterfaceEntry } from "./interface-entry.ts";
import { ipidOf } from "./ipid-table.ts";
import type { ObjectTable } from "./object-table.ts";

/** What IRemUnknown needs of its exporter. */
export interface RemUnknownHost {
  readonly table: ObjectTable;
  readonly oxid: Oxid;
  /** The whole OBJREF of an entry, `count` references taken. */
  objrefOf(entry: InterfaceEntry): Uint8Array;
  /** True for the exporter's own interface, whose references are not counted. */
  isOwn(entry: InterfaceEntry): boolean;
  /** Clients may bind to this interface from now on. */
  serve(iid: Guid): void;
}

const nothing = {
  flags: 0,
  cPublicRefs: 0,
  oxid: 0n,
  oid: 0n,
  ipid: "00000000-0000-0000-0000-000000000000" as Guid,
};

/** The most references one call may ask for: Windows asks for five. */
const maxReferences = 0x10000;

/** The exporter's own object: reference counts of all its objects ([MS-DCOM] 3.1.1.5.6). */
export class RemUnknown {
  static readonly interfaces: readonly unknown[] = [IRemUnknown2];
  readonly #host: RemUnknownHost;

  constructor(host: RemUnknownHost) {
    this.#host = host;
  }

  /** [MS-DCOM] 3.1.1.5.6.1.1. Some interfaces missing: S_FALSE; all missing: E_NOINTERFACE, with the results. */
  RemQueryInterface(ripid: Guid, cRefs: number, _cIids: number, iids: readonly Guid[]): REMQIRESULT[] {
    const source = this.#source(ripid);
    const { oxid, table } = this.#host;
    const count = Math.min(Math.max(1, cRefs), maxReferences);
    const results = iids.map((iid): REMQIRESULT => {
      const entry = this.#query(source, iid);
      if (entry === undefined) return { hResult: HResult.E_NOINTERFACE, std: nothing };
      table.addPublic(entry, count, byThread());
      const { oid } = source.manager;
      return { hResult: 0, std: { flags: 0, cPublicRefs: count, oxid, oid, ipid: ipidOf(entry) } };
    });
    return overall(
      results,
      results.map((result) => result.hResult),
    );
  }

  /** [MS-DCOM] 3.1.1.5.6.1.2 */
  RemAddRef(_count: number, refs: readonly REMINTERFACEREF[]): number[] {
    const { table } = this.#host;
    const client = clientKey();
    return refs.map((ref) => {
      const entry = this.#entry(ref.ipid);
      if (entry === undefined) return HResult.CO_E_OBJNOTREG;
      if (this.#host.isOwn(entry)) return 0;
      table.addPublic(entry, Math.min(ref.cPublicRefs, maxReferences), byThread());
      table.addPrivate(entry, client, Math.min(ref.cPrivateRefs, maxReferences));
      return 0;
    });
  }

  /** [MS-DCOM] 3.1.1.5.6.1.3; unknown IPIDs are passed over. */
  RemRelease(_count: number, refs: readonly REMINTERFACEREF[]): void {
    const client = clientKey();
    for (const ref of refs) {
      const entry = this.#entry(ref.ipid);
      if (entry === undefined || this.#host.isOwn(entry)) continue;
      this.#host.table.release(entry, ref.cPublicRefs, ref.cPrivateRefs, client);
    }
  }

  /** As RemQueryInterface, with whole OBJREFs ([MS-DCOM] 3.1.1.5.7.1.1). */
  RemQueryInterface2(
    ripid: Guid,
    _cIids: number,
    iids: readonly Guid[],
  ): { phr: number[]; ppMIF: ({ ulCntData: number; abData: Uint8Array } | null)[] } {
    const source = this.#source(ripid);
    const phr: number[] = [];
    const ppMIF = iids.map((iid) => {
      const entry = this.#query(source, iid);
      phr.push(entry === undefined ? HResult.E_NOINTERFACE : 0);
      if (entry === undefined) return null;
      const abData = this.#host.objrefOf(entry);
      return { ulCntData: abData.length, abData };
    });
    return overall({ phr, ppMIF }, phr);
  }

  #source(ripid: Guid): InterfaceEntry {
    const entry = this.#entry(ripid);
    if (entry === undefined)
      throw new ComError(HResult.RPC_E_INVALID_OBJECT, "no object is exported under that IPID");
    entry.manager.lastUse = this.#host.table.tick;
    return entry;
  }

  #entry(ipid: Guid): InterfaceEntry | undefined {
    return this.#host.table.ipids.find(guidToBytes(ipid));
  }

  #query(source: InterfaceEntry, iid: Guid): InterfaceEntry | undefined {
    if (this.#host.isOwn(source)) return undefined;
    const entry = source.manager.entry(iid);
    if (entry !== undefined) this.#host.serve(iid);
    return entry;
  }
}

/** The status of several: S_OK when all are there, S_FALSE when some are, E_NOINTERFACE (with the results) when none is. */
function overall<T>(results: T, each: readonly number[]): T {
  const missing = each.filter(failed).length;
  if (missing === 0) return results;
  if (missing < each.length) return withStatus(HResult.S_FALSE, results);
  throw new ComError(HResult.E_NOINTERFACE, undefined, { outputs: results });
}

/** Whether another thread of this process asks. */
function byThread(): boolean {
  return getCallContext()?.fromThread === true;
}

/** Whose private references are meant. */
function clientKey(): string {
  const caller = getCallContext()?.caller;
  return caller === undefined ? "" : `${caller.domain}\\${caller.user}`.toLowerCase();
}
