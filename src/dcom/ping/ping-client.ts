import { type Clock, ComError, type Logger, hresultFromWin32 } from "../../base/index.ts";
import { type DualStringArray, bindingsKey } from "../dual-string-array.ts";
import type { Oid } from "../resolver-contract.ts";
import { NetChanges } from "./net-changes.ts";
import type { ComplexPingResult } from "./ping-table.ts";
import { ResolverStatus } from "./status.ts";

/** Carries pings to the resolver of a machine. */
export interface PingTransport {
  simplePing(resolver: DualStringArray, setId: bigint): Promise<number>;
  complexPing(
    resolver: DualStringArray,
    setId: bigint,
    sequence: number,
    added: readonly Oid[],
    dropped: readonly Oid[],
  ): Promise<ComplexPingResult>;
}

export interface PingClientOptions {
  readonly clock: Clock;
  /** Milliseconds between pings. */
  readonly period: number;
  readonly transport: PingTransport;
  readonly logger: Logger;
}

/** The most OIDs added or dropped in one ping: the counts on the wire have 16 bits, and a message stays small. */
const chunk = 16_384;

/**
 * The client side of distributed garbage collection: one ping set per machine whose objects are held here, whoever in this machine holds them
 * ([MS-DCOM] 3.2.6.1). The first ping of a set and every change is a ComplexPing with the difference; otherwise a SimplePing.
 */
export class PingClient implements Disposable {
  readonly #options: PingClientOptions;
  readonly #machines = new Map<string, PingedMachine>();

  constructor(options: PingClientOptions) {
    this.#options = options;
  }

  /** Machines pinged now. */
  get machines(): readonly { readonly key: string; readonly objects: number }[] {
    return Array.from(this.#machines, ([key, machine]) => ({ key, objects: machine.objects }));
  }

  /** Somebody here holds (or no longer holds) these objects; held twice, they must be dropped twice. */
  change(resolver: DualStringArray, added: readonly Oid[], dropped: readonly Oid[]): void {
    const key = bindingsKey(resolver);
    let machine = this.#machines.get(key);
    if (machine === undefined) {
      if (added.length === 0) return;
      machine = new PingedMachine(this.#options, resolver, () => this.#machines.delete(key));
      this.#machines.set(key, machine);
    }
    machine.change(added, dropped);
  }

  [Symbol.dispose](): void {
    for (const machine of this.#machines.values()) machine[Symbol.dispose]();
    this.#machines.clear();
  }
}

/** One machine pair. At most one ping is under way at a time, so sequence numbers never overtake each other. */
class PingedMachine implements Disposable {
  readonly #options: PingClientOptions;
  readonly #resolver: DualStringArray;
  readonly #idle: () => void;
  readonly #holders = new Map<Oid, number>();
  #changes = new NetChanges<Oid>();
  #setId = 0n;
  #sequence = 1;
  #timer: Disposable;
  #disposed = false;

  constructor(options: PingClientOptions, resolver: DualStringArray, idle: () => void) {
    this.#options = options;
    this.#resolver = resolver;
    this.#idle = idle;
    this.#timer = options.clock.after(options.period / 2, () => void this.#ping());
  }

  get objects(): number {
    return this.#holders.size;
  }

  change(added: readonly Oid[], dropped: readonly Oid[]): void {
    for (const oid of added) {
      const holders = this.#holders.get(oid) ?? 0;
      this.#holders.set(oid, holders + 1);
      if (holders === 0) this.#changes.add(oid);
    }
    for (const oid of dropped) {
      const holders = this.#holders.get(oid);
      if (holders === undefined) continue;
      if (holders > 1) {
        this.#holders.set(oid, holders - 1);
      } else {
        this.#holders.delete(oid);
        this.#changes.drop(oid);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#disposed = true;
    this.#timer[Symbol.dispose]();
  }

  async #ping(): Promise<void> {
    const { clock, period, logger } = this.#options;
    let pause = period;
    try {
      await this.#pingOnce();
    } catch (error) {
      // Try sooner than the next period: three missed ones and the objects are gone.
      pause = period / 4;
      logger.debug({ error, machine: bindingsKey(this.#resolver) }, "a ping failed");
    }
    if (this.#disposed) return;
    if (this.#holders.size === 0 && this.#changes.empty) {
      this[Symbol.dispose]();
      this.#idle(); // an empty set is left to expire
      return;
    }
    this.#timer = clock.after(pause, () => void this.#ping());
  }

  async #pingOnce(): Promise<void> {
    if (this.#setId !== 0n && this.#changes.empty) {
      const status = await this.#options.transport.simplePing(this.#resolver, this.#setId);
      if (status !== ResolverStatus.invalidSet) return;
      this.#startAnew(); // the server restarted, or did not hear from us for too long
    }
    await this.#report();
  }

  /** Sends the difference, in as many pings as it takes. */
  async #report(): Promise<void> {
    const { added, dropped } = this.#changes.take();
    if (this.#setId === 0n && added.length === 0) return;
    const rounds = Math.max(1, Math.ceil(Math.max(added.length, dropped.length) / chunk));
    for (let i = 0; i < rounds; i++) {
      const range = [i * chunk, (i + 1) * chunk] as const;
      try {
        await this.#complex(added.slice(...range), dropped.slice(...range));
      } catch (error) {
        this.#restore(added.slice(range[0]));
        this.#restore(dropped.slice(range[0]));
        throw error;
      }
    }
  }

  async #complex(added: readonly Oid[], dropped: readonly Oid[]): Promise<void> {
    const { transport } = this.#options;
    const { setId, status } = await transport.complexPing(
      this.#resolver,
      this.#setId,
      this.#sequence,
      added,
      dropped,
    );
    // OR_INVALID_OID is no failure: those objects are gone already, the rest was taken in.
    if (status !== ResolverStatus.ok && status !== ResolverStatus.invalidOid) {
      if (status === ResolverStatus.invalidSet) this.#startAnew();
      throw new ComError(hresultFromWin32(status), "the resolver did not take a ping");
    }
    this.#setId = setId;
    this.#sequence = (this.#sequence + 1) & 0xffff;
  }

  /** Whether a failed ping arrived is not known: what is held is added again, what is not is dropped again. */
  #restore(oids: readonly Oid[]): void {
    for (const oid of oids) this.#changes.force(oid, this.#holders.has(oid));
  }

  #startAnew(): void {
    this.#setId = 0n;
    this.#sequence = 1;
    this.#changes = new NetChanges();
    for (const oid of this.#holders.keys()) this.#changes.add(oid);
  }
}
