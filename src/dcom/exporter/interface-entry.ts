import type { Guid } from "../../base/index.ts";
import type { InterfaceStub } from "../../com/index.ts";
import type { StubManager } from "./stub-manager.ts";

/** The most references one interface counts: what the wire's 32 bits can say. */
const maxReferences = 0xffff_ffff;

/** One interface of one exported object (the IPID entry of [MS-DCOM] 3.1.1.1): its stub and the references outside to it. */
export class InterfaceEntry {
  readonly iid: Guid;
  readonly stub: InterfaceStub;
  readonly manager: StubManager;
  /** The IPID in four words; set by the table. */
  ipid0 = 0;
  ipid1 = 0;
  ipid2 = 0;
  ipid3 = 0;
  publicRefs = 0;
  /** Table-marshaled references: strong ones keep the object, weak ones only the entry. */
  strongTables = 0;
  weakTables = 0;
  #privateRefs: Map<string, number> | undefined;
  #privateTotal = 0;

  constructor(iid: Guid, stub: InterfaceStub, manager: StubManager) {
    this.iid = iid;
    this.stub = stub;
    this.manager = manager;
  }

  /** Everything that keeps the object alive. */
  get strong(): number {
    return this.publicRefs + this.#privateTotal + this.strongTables;
  }

  get unused(): boolean {
    return this.strong === 0 && this.weakTables === 0;
  }

  addPublic(count: number): void {
    this.publicRefs = Math.min(maxReferences, this.publicRefs + count);
  }

  /** Never goes below zero: a client that gives back more than it has takes from nobody's negative account ([MS-DCOM] 3.1.1.5.6.1.3). */
  releasePublic(count: number): void {
    this.publicRefs = Math.max(0, this.publicRefs - count);
  }

  /** References only `client` may give back ([MS-DCOM] 3.1.1.5.6.1.2). */
  addPrivate(client: string, count: number): void {
    const refs = (this.#privateRefs ??= new Map());
    const before = refs.get(client) ?? 0;
    const after = Math.min(maxReferences, before + count);
    refs.set(client, after);
    this.#privateTotal += after - before;
  }

  releasePrivate(client: string, count: number): void {
    const before = this.#privateRefs?.get(client);
    if (before === undefined) return;
    const after = Math.max(0, before - count);
    if (after === 0) this.#privateRefs?.delete(client);
    else this.#privateRefs?.set(client, after);
    this.#privateTotal -= before - after;
  }

  /** Forgets what clients hold (rundown, disconnection); tables stay when `tables` is false. */
  releaseAll(tables: boolean): void {
    this.publicRefs = 0;
    this.#privateRefs = undefined;
    this.#privateTotal = 0;
    if (tables) this.strongTables = this.weakTables = 0;
  }
}
