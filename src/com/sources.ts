import type { InterfaceDescriptor } from "../ndr/index.ts";

/*
 * Which events an object has: the source interfaces its class declared. What hands out connection points to them is a provider of the automation layer.
 */

const declared = new WeakMap<object, InterfaceDescriptor[]>();

/**
 * Declares the source (event) interfaces of an implementation class or of one object; the first one is the default. `defineClass` declares those of its
 * coclass; classes may as well carry `static sources = [IFooEvents]`.
 */
export function declareSources(target: object, ...sources: readonly InterfaceDescriptor[]): void {
  const before = declared.get(target) ?? [];
  const more = sources.filter((one) => !before.some(({ iid }) => iid === one.iid));
  if (more.length > 0) declared.set(target, [...before, ...more]);
}

/** The source interfaces of an implementation object, its own before those of its class and that class's bases. */
export function sourcesOf(object: object): readonly InterfaceDescriptor[] {
  const found = new Map<string, InterfaceDescriptor>();
  const take = (list: readonly InterfaceDescriptor[] | undefined): void => {
    for (const one of list ?? []) if (!found.has(one.iid)) found.set(one.iid, one);
  };
  take(declared.get(object));
  const constructor: unknown = object.constructor;
  if (typeof constructor !== "function") return [...found.values()];
  for (let at: object | null = constructor; at !== null; at = Object.getPrototypeOf(at)) {
    take(declared.get(at));
    take(staticSources(at));
  }
  return [...found.values()];
}

function staticSources(constructor: object): readonly InterfaceDescriptor[] {
  if (!Object.hasOwn(constructor, "sources")) return [];
  const list = (constructor as { sources?: unknown }).sources;
  return Array.isArray(list) ? (list as readonly InterfaceDescriptor[]) : [];
}
