import { ComError, HResult } from "../../base/index.ts";
import {
  type Identity,
  type IUnknown,
  identityOf,
  isGone,
  isPointer,
  pointerTo,
  remoteObjectOf,
} from "../../com/index.ts";
import type { CallOptions, Interface } from "../../ndr/index.ts";
import { dispatchPointerOf } from "../late/bound.ts";
import { type IConnectionPoint, IConnectionPointContainer } from "../gen/ocidl.ts";
import type { EventNames } from "./fire.ts";
import { assertSink, sinkPointer, weakSink } from "./sink.ts";
import { ConnectStatus } from "./status.ts";
import { watchConnection } from "./watched.ts";

export interface AdviseOptions extends Pick<CallOptions, "signal" | "timeout"> {
  /** The runtime the sink belongs to, when it is an object of this program that wants what a runtime provides (IDispatch of a class of its own, say). */
  readonly runtime?: NonNullable<Identity["host"]>;
  /**
   * Told when the connection is over although nobody ended it here: with CONNECT_E_NOCONNECTION when the source let the sink go, and with what a call gets when
   * the source has died (RPC_E_DISCONNECTED, RPC_E_SERVER_DIED, RPC_S_SERVER_UNAVAILABLE, …).
   */
  readonly onLost?: (error: ComError) => void;
  /** How often a source elsewhere is asked whether it is still there, for `onLost`; milliseconds, 0 for never. Default 30,000. */
  readonly probe?: number;
  /**
   * The connection does not keep the sink, an implementation object of this program: it ends with the sink's last reference. So it is over every distance, because
   * it is this side that knows the sink's references; a sink elsewhere is E_INVALIDARG, for on the wire every reference counts.
   */
  readonly weak?: boolean;
}

/** A sink: some of the methods of a source interface, or a whole class of them, or a pointer to one that is elsewhere. */
export type Sink<T> = { readonly [K in EventNames<T>]?: Handler<T[K]> } | IUnknown;

/** A handler takes an event's arguments and may answer what it answers, at once or later. */
type Handler<M> = M extends (...args: infer A) => infer R
  ? (...args: A extends readonly [...infer H, options?: CallOptions] ? H : A) => R | void
  : never;

/** A sink that is connected, until it is disposed. */
export interface Subscription extends AsyncDisposable {
  /** The number of the connection at its source. */
  readonly cookie: number;
  /** Disconnects the sink (Unadvise). More than once is no harm, nor that the source has ended. */
  unadvise(): Promise<void>;
}

/**
 * Connects a sink to the events of an object (AtlAdvise): `await using subscription = await advise(counter, ICounterEvents, { Changed(n) { … } })`. The
 * object keeps the sink until the subscription is disposed; the subscription keeps the object. `object` is an interface pointer, a late-bound object, or
 * an implementation object of this apartment. Throws E_INVALIDARG for a sink that is no object, CONNECT_E_NOCONNECTION when the object does not have these events, CONNECT_E_ADVISELIMIT, and
 * E_NOINTERFACE when it has no events at all.
 */
export async function advise<T>(
  object: object,
  source: Interface<T>,
  sink: Sink<T>,
  options: AdviseOptions = {},
): Promise<Subscription> {
  assertSink(sink);
  const { runtime, onLost, probe, weak, ...call } = options;
  const kept = weak === true ? weakSink(sink, source) : undefined;
  const owner = kept === undefined ? undefined : identityOf(sink);
  const point = await connectionPoint(object, source, call);
  try {
    const { pointer, made } = sinkPointer(kept ?? sink, source, runtime);
    try {
      const cookie = await point.Advise(pointer, call);
      const handed = remoteObjectOf(pointer) === undefined ? identityOf(pointer) : undefined;
      const watch = onLost && watchConnection(point, handed, probe, onLost);
      const forget = owner?.atEnd(() => void connected.unadvise().catch(() => undefined));
      const connected = subscription(point, cookie, () => {
        watch?.[Symbol.dispose]();
        forget?.();
      });
      // Its last reference may have gone while the source was asked.
      if (owner?.references === 0) await connected.unadvise().catch(() => undefined);
      return connected;
    } finally {
      if (made) pointer[Symbol.dispose]();
    }
  } catch (error) {
    point[Symbol.dispose]();
    throw error;
  }
}

/** Finds the connection point; the caller owns the pointer. */
async function connectionPoint(
  object: object,
  source: Interface<unknown>,
  call: CallOptions,
): Promise<IConnectionPoint> {
  using container = await askContainer(object, call);
  const point = await container.FindConnectionPoint(source.iid, call);
  if (point === null) throw new ComError(HResult.E_POINTER, "the object answers no connection point");
  return point;
}

/** The object's IConnectionPointContainer; the caller owns it. */
export async function askContainer(object: object, call: CallOptions): Promise<IConnectionPointContainer> {
  const pointer = pointerOf(object);
  return pointer === undefined
    ? pointerTo(object, IConnectionPointContainer)
    : pointer.QueryInterface(IConnectionPointContainer, call);
}

/** The pointer that stands for an object: itself, or the one a late-bound object holds. Undefined for an implementation object. */
export function pointerOf(object: object): IUnknown | undefined {
  return dispatchPointerOf(object) ?? (isPointer(object) ? object : undefined);
}

function subscription(point: IConnectionPoint, cookie: number, over: () => void): Subscription {
  let ending: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    over();
    try {
      await point.Unadvise(cookie);
    } catch (error) {
      // A source that is gone has let the sink go; so has one that cut it off.
      const { code } = ComError.from(error);
      if (!isGone(code) && code !== ConnectStatus.NOCONNECTION) throw error;
    } finally {
      point[Symbol.dispose]();
    }
  };
  const unadvise = (): Promise<void> => (ending ??= end());
  return { cookie, unadvise, [Symbol.asyncDispose]: unadvise };
}
