import { ClassContext, type Implementation, type Runtime, defineClass } from "../com/index.ts";
import { MonikerClass } from "./clsids.ts";
import { Moniker } from "./moniker.ts";
import { namingOf } from "./naming.ts";

const definitions = Object.entries(MonikerClass).map(([name, clsid]) =>
  defineClass({ clsid, name: `${name} moniker` }, Moniker as unknown as Implementation, {
    create: ({ runtime }) => namingOf(runtime).blank(clsid) as Moniker,
  }),
);

/** Offers the system's monikers as classes within the process: to those who create one by its CLSID and have it load itself. */
export async function registerMonikerClasses(runtime: Runtime): Promise<void> {
  const context = ClassContext.INPROC_SERVER;
  for (const definition of definitions) await runtime.registerClassObject(definition, { context });
}
