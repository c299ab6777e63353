import type { DualStringArray } from "../dual-string-array.ts";
import type { Oid } from "../resolver-contract.ts";
import type { MachineProcess } from "./processes.ts";
import type { PingSnapshot } from "./snapshot.ts";

/**
 * Who keeps which object alive ([MS-DCOM] 3.1.1.6 and 3.1.2.1): the ping sets other machines keep here, the references processes of this
 * machine hold to each other, and the pings this machine sends for what its processes hold elsewhere.
 */
export interface ObjectLife {
  /** Objects of a process have references outside; each must be held by somebody within three periods. */
  exported(owner: MachineProcess, oids: readonly Oid[]): void;
  withdrawn(owner: MachineProcess, oids: readonly Oid[]): void;
  /** A process of this machine holds references to objects of this machine. */
  heldHere(holder: MachineProcess, added: readonly Oid[], dropped: readonly Oid[]): void;
  /** A process of this machine holds references to objects of another machine: they are pinged from here. */
  heldElsewhere(
    holder: MachineProcess,
    resolver: DualStringArray,
    added: readonly Oid[],
    dropped: readonly Oid[],
  ): void;
  /** A process is gone, as owner and as holder. */
  leave(process: MachineProcess): void;
  /** A ping without changes; false when the set is unknown. */
  simplePing(set: bigint): boolean;
  /** A ping that changes a set, or with 0 starts one. */
  complexPing(ping: ComplexPing): ComplexPong;
  snapshot(): PingSnapshot;
  close(): void;
}

export interface ComplexPing {
  /** 0 for a new set. */
  readonly set: bigint;
  readonly sequence: number;
  readonly add: readonly Oid[];
  readonly remove: readonly Oid[];
}

export interface ComplexPong {
  readonly set: bigint;
  /** 0, or OR_INVALID_SET, OR_INVALID_OID (Win32 error codes). */
  readonly status: number;
}
