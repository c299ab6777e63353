import { ComError, HResult, failed } from "../../base/index.ts";
import {
  type ActivationRequest,
  type ActivationResult,
  type Apartment,
  type ApartmentPlacer,
  type Runtime,
  type SharedReferences,
  SingleApartment,
  currentApartment,
} from "../../com/index.ts";
import {
  type ActivatedInterface,
  type DcomRemoting,
  type Neighbours,
  type Oid,
  type Oxid,
  type ResolvedOxid,
  TowerId,
  causalityGuid,
  comVersion,
  currentCausality,
  limited,
} from "../../dcom/index.ts";
import { PortTransport } from "../../rpc/index.ts";
import {
  type ThreadActivated,
  type ThreadActivation,
  type ThreadHub,
  type ThreadInfo,
  type ThreadServices,
} from "./contract.ts";
import type { ExporterTable } from "./exporter-table.ts";
import { placeOf } from "./place.ts";
import { releaseUnheld } from "./unheld.ts";

/** One thread's part in its process: its way to the other threads' objects, and what it does for them. */
export class ThreadSide implements ThreadServices, Neighbours, ApartmentPlacer, SharedReferences {
  readonly transport: PortTransport;
  readonly exporters: ExporterTable;
  readonly hub: ThreadHub;
  readonly inWorker: boolean;
  readonly #revokes = new Map<number, () => void>();
  /** Runs when the runtime of the thread closes, and when it has closed. */
  onClose: (() => Promise<void>) | undefined;
  onClosed: (() => void) | undefined;
  #opened: { readonly runtime: Runtime; readonly remoting: DcomRemoting } | undefined;
  #asking = false;
  #askAgain = false;
  #counting: NodeJS.Timeout | undefined;

  /** `inWorker`: false in the thread where the program began. */
  constructor(hub: ThreadHub, exporters: ExporterTable, inWorker: boolean) {
    this.hub = hub;
    this.inWorker = inWorker;
    this.exporters = exporters;
    this.transport = new PortTransport((thread) => hub.introduce(BigInt(`0x${thread}`)));
  }

  /** The runtime of this thread has joined the machine; from now on others find it. */
  opened(runtime: Runtime, remoting: DcomRemoting): void {
    this.#opened = { runtime, remoting };
    this.exporters.add(remoting.side.exporter.oxid);
  }

  get runtime(): Runtime {
    return this.#parts.runtime;
  }

  get remoting(): DcomRemoting {
    return this.#parts.remoting;
  }

  get info(): ThreadInfo {
    const { exporter } = this.#parts.remoting.side;
    return { oxid: exporter.oxid, ipidRemUnknown: exporter.ipidRemUnknown, bell: this.transport.bell };
  }

  get #parts(): { readonly runtime: Runtime; readonly remoting: DcomRemoting } {
    if (this.#opened !== undefined) return this.#opened;
    throw new ComError(HResult.CO_E_NOTINITIALIZED, "the thread has not joined its machine yet");
  }

  /** Closes the thread's runtime, when there is one. */
  async end(): Promise<void> {
    await this.#opened?.runtime.close().catch(() => undefined); // whoever it was opened for is gone
  }

  /** Tells how many objects there are, for those who choose a thread or wait until nothing is needed. */
  startCounting(): void {
    this.#counting = setInterval(() => this.#count(), countEvery);
    this.#counting.unref();
  }

  #count(): void {
    const { exporter } = this.remoting.side;
    this.exporters.setObjects(exporter.oxid, exporter.table.size - ownObjects);
  }

  left(): void {
    clearInterval(this.#counting);
    if (this.#opened !== undefined) this.exporters.remove(this.#opened.remoting.side.exporter.oxid);
  }

  // For the importer.

  get objects(): number {
    return this.exporters.total - this.exporters.objects(this.remoting.side.exporter.oxid);
  }

  has(oxid: Oxid): boolean {
    return this.exporters.has(oxid);
  }

  leftProcess(oxid: Oxid, oid: Oid): void;
  leftProcess(oid: Oid): void;
  leftProcess(of: bigint, oid?: Oid): void {
    if (oid === undefined) this.remoting.side.exporter.table.leftProcess(of);
    else this.hub.leftProcess(of, oid);
  }

  resolve(oxid: Oxid): Promise<ResolvedOxid> | undefined {
    return this.exporters.has(oxid) ? this.#find(oxid) : undefined;
  }

  async #find(oxid: Oxid): Promise<ResolvedOxid> {
    const found = await this.hub.find(oxid);
    if (found === undefined) throw new ComError(OR_INVALID_OXID, "the thread of the object has ended");
    return {
      bindings: { strings: [{ tower: TowerId.thread, address: `[${oxid.toString(16)}]` }], security: [] },
      ipidRemUnknown: found.ipidRemUnknown,
      authenticationHint: 1,
      version: comVersion,
    };
  }

  // For activation.

  place(
    request: ActivationRequest,
    model: string | undefined,
  ): Promise<readonly ActivationResult[]> | undefined {
    const place = placeOf(model, currentApartment().kind, this.inWorker);
    return place === undefined
      ? undefined
      : this.activateIn((asked) => this.hub.activateIn(place, { ...asked, placed: true }), request);
  }

  /** True when this thread is a single-threaded apartment. */
  get isSingle(): boolean {
    return currentApartment().kind === "single";
  }

  closed(): void {
    this.onClosed?.();
  }

  /** Ends what the thread made for itself. */
  async close(): Promise<void> {
    await this.onClose?.();
  }

  /** Has another thread create an object, and answers pointers of this one. */
  async activateIn(
    ask: (request: ThreadActivation) => Promise<ThreadActivated>,
    { clsid, iids, context, classObject, module, threadingModel, options }: ActivationRequest,
  ): Promise<readonly ActivationResult[]> {
    const cause = currentCausality();
    const causality = cause === undefined ? undefined : causalityGuid(cause);
    const described = module === undefined ? {} : { module, threadingModel };
    const asked = { clsid, iids, context, classObject, ...described };
    const made = this.#unmarshal(ask({ ...asked, causality, placed: false }));
    const { clock } = this.runtime;
    return limited(made, options, clock, "activation in another apartment").catch((error: unknown) => {
      made.then(dispose, () => undefined); // whoever does not wait for it does not want it
      throw error;
    });
  }

  async #unmarshal(activated: Promise<ThreadActivated>): Promise<readonly ActivationResult[]> {
    const { interfaces } = await activated;
    return interfaces.map(({ iid, hresult, objref }) => {
      if (failed(hresult) || objref === undefined) return { iid, hresult };
      return { iid, hresult, pointer: this.remoting.marshaler.unmarshal(iid, objref, undefined) };
    });
  }

  // For the global interface table.

  async put(objref: Uint8Array, revoke: () => void): Promise<number> {
    const cookie = await this.hub.putGlobal(this.remoting.side.exporter.oxid, objref);
    this.#revokes.set(cookie, revoke);
    return cookie;
  }

  get(cookie: number): Promise<Uint8Array | undefined> {
    return this.hub.global(cookie);
  }

  remove(cookie: number): Promise<boolean> {
    return this.hub.removeGlobal(cookie);
  }

  revokeGlobal(cookie: number): void {
    const revoke = this.#revokes.get(cookie);
    this.#revokes.delete(cookie);
    revoke?.();
  }

  // For the hub.

  accept(link: Parameters<PortTransport["accept"]>[0]): void {
    this.transport.accept(link);
  }

  async activate(request: ThreadActivation): Promise<ThreadActivated> {
    const { causality, ...rest } = request;
    const make = (): Promise<ThreadActivated> => this.#activate(rest);
    const apartment: Apartment = currentApartment();
    const made = await apartment.enter(causality, make);
    this.#count(); // whoever chooses the next thread counts this object
    return made;
  }

  async #activate(request: Omit<ThreadActivation, "causality">): Promise<ThreadActivated> {
    const results = await this.runtime.activateFor({ ...request, server: {} });
    const interfaces: ActivatedInterface[] = [];
    for (const result of results) interfaces.push(await this.#marshal(result));
    return { interfaces };
  }

  async #marshal({ iid, hresult, pointer }: ActivationResult): Promise<ActivatedInterface> {
    if (pointer === undefined) return { iid, hresult };
    try {
      return {
        iid,
        hresult,
        objref: await this.remoting.marshaler.marshalWhenReady(iid, pointer, { destination: "inproc" }),
      };
    } catch (error) {
      return { iid, hresult: ComError.from(error).code };
    } finally {
      pointer[Symbol.dispose]();
    }
  }

  held(oxid: Oxid): readonly Oid[] | undefined {
    this.transport.pump(); // what was posted to this thread may bring references
    const apartment = currentApartment();
    if (apartment instanceof SingleApartment && apartment.queued > 0) return undefined; // calls that nobody has read yet
    return this.remoting.side.importer.heldOf(oxid);
  }

  ended(oxid: Oxid): Promise<void> {
    this.transport.ended(oxid.toString(16));
    const { exporter } = this.remoting.side;
    exporter.table.whenUncertain = () => this.#releaseUnheld();
    this.#releaseUnheld();
    return Promise.resolve();
  }

  /** One round at a time, and one more when something changed meanwhile. */
  #releaseUnheld(): void {
    this.#askAgain = this.#asking;
    if (this.#asking) return;
    this.#asking = true;
    releaseUnheld(this.remoting.side.exporter, this.hub)
      .catch(() => undefined) // the hub has ended, and this thread will
      .finally(() => {
        this.#asking = false;
        if (this.#askAgain) this.#releaseUnheld();
      });
  }
}

function dispose(results: readonly ActivationResult[]): void {
  for (const { pointer } of results) pointer?.[Symbol.dispose]();
}

/** What an exporter exports for itself: its IRemUnknown. */
const ownObjects = 1;

/** How often a thread says how many objects it has, milliseconds. */
const countEvery = 200;

const OR_INVALID_OXID = 0x80070776;
