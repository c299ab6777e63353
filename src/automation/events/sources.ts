import { ComError, type Logger } from "../../base/index.ts";
import { type ClassDefinition, type Identity, sourcesOf } from "../../com/index.ts";
import type { InterfaceDescriptor } from "../../ndr/index.ts";
import { EventSource } from "./event-source.ts";
import { eventSettingsOf } from "./settings.ts";
import { ConnectStatus } from "./status.ts";

/** The source interfaces of an object, the default one first: those of the class that made it, and those it declares itself. */
export function sourceInterfacesOf(identity: Identity): readonly InterfaceDescriptor[] {
  const own = sourcesOf(identity.object);
  const defined = (identity.definition as ClassDefinition | undefined)?.sources ?? [];
  return [...defined, ...own.filter((one) => !defined.some(({ iid }) => iid === one.iid))];
}

const sets = new WeakMap<Identity, Map<string, EventSource>>();

/** The sinks of a source interface of an object; undefined when the object does not have it. */
function eventSourceOf(identity: Identity, iid: string): EventSource | undefined {
  const made = sets.get(identity)?.get(iid);
  if (made !== undefined) return made;
  const source = sourceInterfacesOf(identity).find((one) => one.iid === iid);
  return source === undefined ? undefined : addSource(identity, source);
}

function addSource(identity: Identity, source: InterfaceDescriptor): EventSource {
  let set = sets.get(identity);
  if (set === undefined) {
    sets.set(identity, (set = new Map()));
    // An object without a last rite may come back, and has no sinks then.
    identity.atEnd(() => endOf(identity));
  }
  const { logger } = (identity.host ?? {}) as { readonly logger?: Logger };
  const made = new EventSource(source, identity, eventSettingsOf(identity.object), (fields, message) =>
    logger?.info({ ...fields, class: identity.object.constructor.name }, message),
  );
  set.set(source.iid, made);
  return made;
}

function endOf(identity: Identity): void {
  const set = sets.get(identity);
  sets.delete(identity);
  for (const source of set?.values() ?? []) source.end();
}

/** As {@link eventSourceOf}; throws CONNECT_E_NOCONNECTION. */
export function requireSource(identity: Identity, iid: string, name: string): EventSource {
  const found = eventSourceOf(identity, iid);
  if (found !== undefined) return found;
  throw new ComError(
    ConnectStatus.NOCONNECTION,
    `${identity.object.constructor.name} has no events of ${name}`,
  );
}
