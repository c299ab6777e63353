import { randomBytes } from "node:crypto";
import { ComError, HResult } from "../../base/index.ts";
import type { ExporterCalls, ExporterRegistration, Oid, Oxid } from "../resolver-contract.ts";

/** A process that has joined the machine. */
export interface MachineProcess {
  readonly oxid: Oxid;
  readonly oidPrefix: number;
  readonly registration: ExporterRegistration;
  readonly exporter: ExporterCalls;
  /** False once its session has ended. */
  alive: boolean;
  /** The AppID whose surrogate it is, when the SCM launched it as one. */
  surrogateFor: string | undefined;
}

/** The processes of the machine, by OXID, OID prefix and the token of their launch. */
export class ProcessTable {
  readonly #byOxid = new Map<Oxid, MachineProcess>();
  readonly #byPrefix = new Map<number, MachineProcess>();
  /** Prefixes given out since the SCM started: none is given twice. */
  readonly #prefixes = new Set<number>();
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get size(): number {
    return this.#byOxid.size;
  }

  all(): MachineProcess[] {
    return [...this.#byOxid.values()];
  }

  /**
   * Takes a process in. One that joins again after the SCM died keeps its OXID and prefix unless somebody else has them. Throws
   * RPC_S_SERVER_TOO_BUSY when there are too many.
   */
  add(registration: ExporterRegistration, exporter: ExporterCalls): MachineProcess {
    if (this.#byOxid.size >= this.#limit) {
      throw new ComError(HResult.RPC_S_SERVER_TOO_BUSY, `more than ${this.#limit} processes on this machine`);
    }
    const { resume } = registration;
    const kept =
      resume !== undefined && !this.#byOxid.has(resume.oxid) && !this.#byPrefix.has(resume.oidPrefix);
    const process: MachineProcess = {
      oxid: kept ? resume.oxid : this.#newOxid(),
      oidPrefix: kept ? resume.oidPrefix : this.#newPrefix(),
      registration,
      exporter,
      alive: true,
      surrogateFor: undefined,
    };
    this.#prefixes.add(process.oidPrefix);
    this.#byOxid.set(process.oxid, process);
    this.#byPrefix.set(process.oidPrefix, process);
    return process;
  }

  remove(process: MachineProcess): void {
    process.alive = false;
    if (this.#byOxid.get(process.oxid) !== process) return;
    this.#byOxid.delete(process.oxid);
    this.#byPrefix.delete(process.oidPrefix);
  }

  find(oxid: Oxid): MachineProcess | undefined {
    return this.#byOxid.get(oxid);
  }

  ownerOf(oid: Oid): MachineProcess | undefined {
    return this.#byPrefix.get(Number(oid >> 32n));
  }

  #newOxid(): Oxid {
    for (;;) {
      const oxid = randomBytes(8).readBigUInt64LE();
      if (oxid !== 0n && !this.#byOxid.has(oxid)) return oxid;
    }
  }

  #newPrefix(): number {
    for (;;) {
      const prefix = randomBytes(4).readUInt32LE();
      if (prefix !== 0 && !this.#prefixes.has(prefix)) return prefix;
    }
  }
}
