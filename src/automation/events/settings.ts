import { type Clock, systemClock } from "../../base/index.ts";

/** What a class says of its events: `static readonly events = { … } satisfies EventSettings`. All of it is optional. */
export interface EventSettings {
  /** Most sinks of one source interface. The next one is refused with CONNECT_E_ADVISELIMIT; it stops a client from filling memory. Default 1024. */
  readonly maxSinks?: number;
  /** Most events that wait for one sink. It stops a slow or hung client from filling memory. Default 1000. */
  readonly maxPending?: number;
  /** What happens to a sink for which more wait: the oldest event is lost (the default), the new one is, or the sink is cut off. */
  readonly overflow?: "dropOldest" | "dropNewest" | "disconnect";
  /** Milliseconds a sink has for one event; afterwards the next one is sent. Default 30 000. */
  readonly timeout?: number;
  /** After so many events without an answer, one after the other, the sink is cut off. Default 3. */
  readonly maxTimeouts?: number;
  /**
   * Sinks of the object's own apartment are not kept alive by their connection: it ends with the sink. A sink elsewhere is always held, because only a
   * reference keeps it reachable.
   */
  readonly weak?: boolean;
  readonly clock?: Clock;
}

const defaults: Required<EventSettings> = {
  maxSinks: 1024,
  maxPending: 1000,
  overflow: "dropOldest",
  timeout: 30_000,
  maxTimeouts: 3,
  weak: false,
  clock: systemClock,
};

/** The settings of an object's class. */
export function eventSettingsOf(object: object): Required<EventSettings> {
  const constructor: unknown = object.constructor;
  if (typeof constructor !== "function" || !("events" in constructor)) return defaults;
  const { events } = constructor;
  return typeof events === "object" && events !== null ? { ...defaults, ...events } : defaults;
}
