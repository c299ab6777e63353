import type { MessagePort } from "node:worker_threads";
import type { Guid } from "../../base/index.ts";
import type { ActivationRequest, ApartmentModel } from "../../com/index.ts";
import type { ActivatedInterface, Oid, Oxid } from "../../dcom/index.ts";
import type { Awaitable } from "../../ndr/index.ts";
import type { Bell, PortLink } from "../../rpc/index.ts";
import type { PostedOptions } from "./posted-options.ts";

/*
 * What the threads of one process tell each other through the hub in the thread that began. Plain data, and ports that move.
 */

/** A thread with objects. */
export interface ThreadInfo {
  readonly oxid: Oxid;
  readonly ipidRemUnknown: Guid;
  readonly bell: Bell;
}

/** Where a class must live that cannot live with its caller. */
export type PlaceName = "main" | "host" | "multi";

/** What of an activation crosses threads. */
export interface ThreadActivation extends Pick<
  ActivationRequest,
  "clsid" | "iids" | "context" | "classObject" | "module" | "threadingModel"
> {
  /** The chain of calls it belongs to: a single-threaded apartment that waits for it lets it in. */
  readonly causality: Guid | undefined;
  /** The thread was chosen by the class's ThreadingModel. */
  readonly placed: boolean;
}

export interface ThreadActivated {
  readonly interfaces: readonly ActivatedInterface[];
}

/** What the hub does for the threads. */
export interface ThreadHub {
  /** The thread of an exporter; undefined when it has ended. */
  find(oxid: Oxid): Promise<ThreadInfo | undefined>;
  /** A port to another thread, which is told. Rejects with RPC_E_DISCONNECTED when it has ended. */
  introduce(oxid: Oxid): Promise<PortLink>;
  /** The objects of an exporter that threads of this process hold; undefined when that is not certain. */
  heldBy(oxid: Oxid): Promise<readonly Oid[] | undefined>;
  /** An object of a thread was passed on to another process. */
  leftProcess(oxid: Oxid, oid: Oid): void;
  /** Creates an object where it must live. */
  activateIn(place: PlaceName, request: ThreadActivation): Promise<ThreadActivated>;
  /** Keeps the reference of a global interface table entry; answers its cookie. */
  putGlobal(owner: Oxid, objref: Uint8Array): Promise<number>;
  global(cookie: number): Promise<Uint8Array | undefined>;
  removeGlobal(cookie: number): Promise<boolean>;
}

/** What a thread does for the hub. */
export interface ThreadServices {
  /** Somebody wants to call this thread. */
  accept(link: PortLink): void;
  activate(request: ThreadActivation): Promise<ThreadActivated>;
  /** An entry of the global interface table that this thread made is taken away. */
  revokeGlobal(cookie: number): void;
  /** A reference to an object of this thread was given to another process. */
  leftProcess(oid: Oid): void;
  /** The objects of an exporter that this thread holds; undefined when it cannot say. */
  held(oxid: Oxid): Awaitable<readonly Oid[] | undefined>;
  /** Another thread has ended without a word: gives up what only it held. */
  ended(oxid: Oxid): Promise<void>;
}

/**
 * A place among the threads of a process, for one thread: posted to it (as `workerData`, or by `postMessage`) with `port` in the transfer list, and given to
 * `Runtime.open` there.
 */
export interface ThreadInvitation {
  readonly home: string;
  /** What a person calls the thread. */
  readonly name: string;
  readonly exporters: SharedArrayBuffer;
  /** The bell of the thread that has the hub. */
  readonly bell: Bell;
  /** The way to the hub. */
  readonly port: MessagePort;
}

/** How a thread of an apartment is to be opened; goes with the worker. */
export interface ThreadStart {
  readonly invitation: ThreadInvitation;
  readonly model: ApartmentModel;
  readonly options: PostedOptions;
}
