import type { MessagePort } from "node:worker_threads";
import type { Endpoint } from "comlink";

type Listener = (event: { readonly data: unknown }) => void;

/** A port of Node.js as comlink wants it: what its own adapter for Node.js does, which has no types of its own. */
export function endpointOf(port: MessagePort): Endpoint {
  const listeners = new WeakMap<object, (data: unknown) => void>();
  return {
    postMessage: (message: unknown, transfer?: readonly unknown[]) =>
      port.postMessage(message, (transfer ?? []) as []),
    addEventListener(_type, listener) {
      const on = (data: unknown): void =>
        "handleEvent" in listener
          ? listener.handleEvent({ data })
          : (listener as never as Listener)({ data });
      listeners.set(listener, on);
      port.on("message", on);
    },
    removeEventListener(_type, listener) {
      const on = listeners.get(listener);
      if (on !== undefined) port.off("message", on);
      listeners.delete(listener);
    },
    start: () => port.start(),
  };
}
