import type { Guid } from "../../base/index.ts";
import { IExternalConnection } from "../../com/gen/objidl.ts";
import { EXTCONN } from "../../com/gen/objidlbase.ts";
import { Identity, type ObjectIdentity, type ProxyStubs } from "../../com/index.ts";
import type { Oid } from "../resolver-contract.ts";
import { InterfaceEntry } from "./interface-entry.ts";
import type { IpidTable } from "./ipid-table.ts";

/**
 * One exported object (the OID entry of [MS-DCOM] 3.1.1.1): its interfaces that are in use outside. It holds one reference on the object as long as
 * anybody outside holds a strong one.
 */
export class StubManager {
  readonly oid: Oid;
  readonly identity: ObjectIdentity;
  /** True when no client pings for the object (SORF_NOPING): it is never rundown. */
  noPing = false;
  /** True once a reference was given to another process. */
  leftProcess = false;
  /** Some of its references may belong to a thread that has ended. */
  uncertain = false;
  /** When a reference was last given out or called, in ticks of the exporter's clock. */
  lastUse = 0;
  readonly #ipids: IpidTable;
  readonly #stubs: ProxyStubs | undefined;
  readonly #entries = new Map<Guid, InterfaceEntry>();
  #holdsObject = false;

  constructor(oid: Oid, identity: ObjectIdentity, ipids: IpidTable, stubs: ProxyStubs | undefined) {
    this.#stubs = stubs;
    this.oid = oid;
    this.identity = identity;
    this.#ipids = ipids;
  }

  get entries(): Iterable<InterfaceEntry> {
    return this.#entries.values();
  }

  get empty(): boolean {
    return this.#entries.size === 0;
  }

  /** References outside, tables included. */
  get references(): number {
    let sum = 0;
    for (const entry of this.#entries.values()) sum += entry.strong;
    return sum;
  }

  /** The entry of an interface, made when the object has it; undefined is E_NOINTERFACE. Call {@link settle} after changing its counts. */
  entry(iid: Guid): InterfaceEntry | undefined {
    const before = this.#entries.get(iid);
    if (before !== undefined) return before;
    const stub = this.identity.queryInterface(iid);
    if (stub === undefined) return undefined;
    const entry = new InterfaceEntry(iid, this.#stubs?.stub(this.identity, stub) ?? stub, this);
    this.#ipids.add(entry);
    this.#entries.set(iid, entry);
    return entry;
  }

  /** After counts went up: the object is held. */
  hold(): void {
    if (this.#holdsObject) return;
    this.identity.addRef();
    this.identity.heldOutside(true);
    this.#holdsObject = true;
    tellConnection(this.identity, true);
  }

  /** After counts went down: drops interfaces nobody uses, and the object when nobody holds it strongly. Answers whether the manager is empty. */
  settle(entry: InterfaceEntry): boolean {
    if (entry.unused) {
      this.#remove(entry);
    }
    this.#letGo();
    return this.empty;
  }

  /** Takes away what clients hold; with `tables`, everything. Answers whether the manager is empty. */
  releaseAll(tables: boolean): boolean {
    for (const entry of this.#entries.values()) {
      entry.releaseAll(tables);
      if (entry.unused) {
        this.#remove(entry);
      }
    }
    this.#letGo();
    return this.empty;
  }

  #remove(entry: InterfaceEntry): void {
    this.#ipids.remove(entry);
    this.#entries.delete(entry.iid);
    entry.stub.disconnect?.();
  }

  #letGo(): void {
    if (!this.#holdsObject || this.references > 0) return;
    this.#holdsObject = false;
    tellConnection(this.identity, false);
    this.identity.heldOutside(false);
    this.identity.release();
  }
}

/** Tells an object with IExternalConnection that strong references from outside began, or are over. */
export function tellConnection(identity: ObjectIdentity, begins: boolean, closes = true): void {
  if (!(identity instanceof Identity)) return;
  const told = identity.peek(IExternalConnection.iid)?.target as IExternalConnection | undefined;
  if (told === undefined) return;
  const { EXTCONN_STRONG } = EXTCONN;
  if (begins) void told.AddConnection(EXTCONN_STRONG, 0);
  else void told.ReleaseConnection(EXTCONN_STRONG, 0, closes ? 1 : 0);
}
