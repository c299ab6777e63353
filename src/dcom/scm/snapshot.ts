import type { Clock, Guid } from "../../base/index.ts";
import type { DualStringArray } from "../dual-string-array.ts";
import type { ExporterStatus, Oid, Oxid } from "../resolver-contract.ts";

/** A machine at one moment, for `comity ps` and the console. */
export interface MachineSnapshot {
  readonly home: string;
  /** The process that holds the SCM. */
  readonly pid: number;
  readonly resolver: DualStringArray;
  readonly pingPeriod: number;
  /** Servers being started. */
  readonly launching: number;
  readonly processes: readonly ProcessSnapshot[];
  readonly pings: PingSnapshot;
}

export interface ProcessSnapshot {
  readonly pid: number;
  readonly name: string;
  readonly oxid: Oxid;
  readonly endpoints: readonly string[];
  readonly launched: boolean;
  readonly surrogateFor: string | undefined;
  readonly classes: readonly ClassSnapshot[];
  /** Absent when the process did not answer. */
  readonly status: ExporterStatus | undefined;
  /** Of its objects, as far as they are held from outside. */
  readonly holders: readonly ObjectHolders[];
}

/** Who holds an object outside its process. */
export interface ObjectHolders {
  readonly oid: Oid;
  /** Processes of this machine. */
  readonly oxids: readonly Oxid[];
  /** Ping sets of other machines. */
  readonly sets: number;
}

export interface ClassSnapshot {
  readonly clsid: Guid;
  readonly name: string;
  readonly uses: string;
  readonly suspended: boolean;
}

export interface PingSnapshot {
  /** Ping sets other machines keep here. */
  readonly sets: number;
  /** Objects of this machine with references outside their process. */
  readonly objects: number;
  /** References to them in all sets together, those of this machine's own processes included. */
  readonly entries: number;
  /** Machines whose objects are pinged from here, and how many of them. */
  readonly pinging: readonly { readonly machine: string; readonly objects: number }[];
}

/** A process's answer, or undefined when it fails or takes longer. */
export function statusWithin<T>(
  answer: Promise<T>,
  milliseconds: number,
  clock: Clock,
): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = clock.after(milliseconds, () => resolve(undefined));
    answer.then(resolve, () => resolve(undefined)).finally(() => timer[Symbol.dispose]());
  });
}
