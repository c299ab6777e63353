import { IUnknown } from "../../../com/index.ts";
import { type InterfaceDescriptor, allMethods } from "../../../ndr/index.ts";

interface Shown {
  snapshot(): object;
}

/** Gives a class of things in the making the methods that read them: each asks the thing as it stands at that moment. */
export function showSnapshot(made: { readonly prototype: Shown }, reading: InterfaceDescriptor): void {
  const roots = new Set(allMethods(IUnknown));
  for (const method of allMethods(reading)) {
    if (roots.has(method)) continue;
    Object.defineProperty(made.prototype, method.name, {
      configurable: true,
      value(this: Shown, ...args: unknown[]): unknown {
        const shown = this.snapshot() as Record<string, (...args: unknown[]) => unknown>;
        return shown[method.name]?.(...args);
      },
    });
  }
}
