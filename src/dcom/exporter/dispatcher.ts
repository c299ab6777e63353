import { ComError, type Guid, HResult } from "../../base/index.ts";
import { derivesFrom } from "../../ndr/index.ts";
import type { Dispatcher, ServerCall, SyntaxId } from "../../rpc/index.ts";
import { readOrpcHead } from "../orpc/orpc-this.ts";
import type { InterfaceEntry } from "./interface-entry.ts";
import { Invocation, type InvocationHost } from "./invocation.ts";
import type { ObjectTable } from "./object-table.ts";

/** What an access gate sees of a call before it runs. */
export interface AccessRequest {
  readonly call: ServerCall;
  readonly object: object;
  readonly iid: Guid;
}

/** Answers whether a caller may call objects of this process (access permission); a refusal is logged with its reason. */
export type AccessGate = (request: AccessRequest) => boolean;

export interface DispatcherHost extends InvocationHost {
  readonly table: ObjectTable;
  readonly accessGate: AccessGate | undefined;
  /** Encodings of calls that are taken, the preferred one first. */
  readonly transferSyntaxes: readonly SyntaxId[];
  /** Calls served, for `comity ps`. */
  calls: number;
}

/** Serves the ORPC calls of one interface, of all exported objects ([MS-DCOM] 3.1.1.5.4). */
export class OrpcDispatcher implements Dispatcher {
  readonly #host: DispatcherHost;
  readonly #iid: Guid;
  readonly transferSyntaxes: readonly SyntaxId[];

  constructor(
    host: DispatcherHost,
    iid: Guid,
    transferSyntaxes: readonly SyntaxId[] = host.transferSyntaxes,
  ) {
    this.#host = host;
    this.#iid = iid;
    this.transferSyntaxes = transferSyntaxes;
  }

  dispatch(call: ServerCall): void | Promise<void> {
    const host = this.#host;
    const invocation = new Invocation(host, call);
    readOrpcHead(call.reader, invocation, call.ndr64);
    const entry = this.#find(call.objectBytes, call.objectAt);
    if (host.accessGate !== undefined) this.#check(call, entry, host.accessGate);
    entry.manager.lastUse = host.table.tick;
    host.calls++;
    return invocation.start(entry);
  }

  #find(ipid: Uint8Array | undefined, at: number): InterfaceEntry {
    if (ipid === undefined || at < 0)
      throw new ComError(HResult.RPC_E_INVALID_OBJECT, "the call names no object");
    const { ipids } = this.#host.table;
    const entry = ipids.find(ipid, at);
    if (entry === undefined) {
      throw ipids.isOurs(ipid, at)
        ? new ComError(HResult.RPC_E_DISCONNECTED, "the object has no references of this kind any more")
        : new ComError(HResult.RPC_E_INVALID_IPID, "the reference belongs to another process");
    }
    if (entry.iid !== this.#iid && !derivesFrom(entry.stub.descriptor, this.#iid)) {
      throw new ComError(
        HResult.RPC_S_UNKNOWN_IF,
        "the call was bound to another interface than its reference is for",
      );
    }
    return entry;
  }

  #check(call: ServerCall, entry: InterfaceEntry, gate: AccessGate): void {
    if (gate({ call, object: entry.manager.identity.object, iid: entry.iid })) return;
    throw new ComError(HResult.E_ACCESSDENIED, "the caller may not call objects of this process", {
      gate: "access permission",
    });
  }
}
