import type { Guid } from "../base/index.ts";
import type { ClassDefinition } from "./class.ts";
import { synchronizeClasses } from "./call/synchronize-container.ts";
import { globalInterfaceTableClass } from "./between-threads/global-interface-table.ts";
import { categoriesManager } from "./registry/categories.ts";

/** Classes every runtime has without registration: what on Windows comes with the system. The registry may name others in their place. */
const all: readonly ClassDefinition[] = [categoriesManager, globalInterfaceTableClass, ...synchronizeClasses];

const byClsid = new Map<Guid, ClassDefinition>(all.map((definition) => [definition.clsid, definition]));

/** The system's class with this CLSID. */
export function systemClass(clsid: Guid): ClassDefinition | undefined {
  return byClsid.get(clsid);
}
