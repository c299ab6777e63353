import { ComError, HResult } from "../../base/index.ts";
import { type Identity, isGone, remoteObjectOf } from "../../com/index.ts";
import type { IConnectionPoint } from "../gen/ocidl.ts";
import { ConnectStatus } from "./status.ts";

/** Milliseconds a source has to answer whether it is there. */
const patience = 10_000;
/** How often it is asked unless told otherwise, milliseconds. */
const usualInterval = 30_000;

/**
 * Tells when a connection is over that nobody ended here: the source let the sink go (it ended, cut the sink off, or died and its machine said so), or does not
 * answer any more when it is asked now and then. `lost` is called once at most; disposing ends the watch.
 */
export function watchConnection(
  point: IConnectionPoint,
  sink: Identity | undefined,
  interval: number = usualInterval,
  lost: (error: ComError) => void,
): Disposable {
  let over = false;
  const end = (error: ComError): void => {
    if (over) return;
    stop();
    lost(error);
  };
  const ask = async (): Promise<ComError | undefined> => {
    try {
      await point.GetConnectionInterface({ timeout: patience });
      return undefined;
    } catch (error) {
      const reason = ComError.from(error);
      return isGone(reason.code) || reason.code === HResult.RPC_E_TIMEOUT ? reason : undefined;
    }
  };
  const timer =
    interval > 0 && remoteObjectOf(point) !== undefined
      ? setInterval(() => {
          void ask().then((error) => error && end(error));
        }, interval)
      : undefined;
  timer?.unref();
  const stop = (): void => {
    over = true;
    clearInterval(timer);
    forget?.();
  };
  const forget = sink?.atEnd(() => {
    if (over) return;
    const cutOff = new ComError(ConnectStatus.NOCONNECTION, "the source has let the sink go");
    void ask().then((error) => end(error ?? cutOff));
  });
  return { [Symbol.dispose]: stop };
}
