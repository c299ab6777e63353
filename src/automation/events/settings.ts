import { type SinkSettings, defaultSinkSettings } from "../../com/index.ts";

/** What a class says of its events: `static readonly events = { … } satisfies EventSettings`. All of it is optional. */
export interface EventSettings extends SinkSettings {
  /** Most sinks of one source interface. The next one is refused with CONNECT_E_ADVISELIMIT; it stops a client from filling memory. Default 1024. */
  readonly maxSinks?: number;
  /**
   * Sinks of the object's own apartment are not kept alive by their connection: it ends with the sink. A sink elsewhere is always held, because on the wire
   * every reference keeps its object; its own side can connect it weakly (`advise(…, { weak: true })`).
   */
  readonly weak?: boolean;
}

const defaults: Required<EventSettings> = { ...defaultSinkSettings, maxSinks: 1024, weak: false };

/** The settings of an object's class. */
export function eventSettingsOf(object: object): Required<EventSettings> {
  const constructor: unknown = object.constructor;
  if (typeof constructor !== "function" || !("events" in constructor)) return defaults;
  const { events } = constructor;
  return typeof events === "object" && events !== null ? { ...defaults, ...events } : defaults;
}
